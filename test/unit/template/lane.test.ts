import t from 'tap'
import { createEngine, engineSource } from '#template'
import { openLane } from '../../../pkg/template/lane.ts'
import { loadEngine } from '../../../pkg/template/source.ts'
import { type Answer, openThread, type Thread } from '../../../pkg/template/thread.ts'
import { problemOf, renderOne, sensitive, setTimer, startEngine } from './running.ts'

/** Threads that are told by hand what to answer. */
const stage = () => {
  const pending: { resolve: (answer: Answer) => void }[] = []
  const counts = { opened: 0, closed: 0 }
  let rest = () => {}
  const thread = (): Thread => ({
    ask: () => {
      const { promise, resolve } = Promise.withResolvers<Answer>()
      pending.push({ resolve })
      return promise
    },
    close: async () => {
      counts.closed++
    },
  })
  const lane = openLane({
    open: async ({ onIdle }) => {
      counts.opened++
      rest = onIdle
      return thread()
    },
    limitMs: 250,
    waiting: 2,
    idleMs: 1_000,
  })
  const asked = async (): Promise<{ resolve: (answer: Answer) => void }> => {
    for (;;) {
      const next = pending.shift()
      if (next) return next
      await new Promise(done => setImmediate(done))
    }
  }
  return { lane, counts, rest: () => rest(), asked }
}
const request = () => new ArrayBuffer(0)
const replies: Answer = { is: 'replies', replies: new ArrayBuffer(0), size: 1 }

t.test('no thread is started before the first request', async t => {
  const { lane, counts, asked } = stage()
  t.equal(counts.opened, 0)
  const answer = lane.ask(request())
  const first = await asked()
  first.resolve(replies)
  t.equal((await answer).is, 'replies')
  t.equal(counts.opened, 1)
})

t.test('more requests than may wait are turned away', async t => {
  const { lane, asked } = stage()
  const [one, two, three] = [lane.ask(request()), lane.ask(request()), lane.ask(request())]
  t.same(await three, { is: 'busy' })
  for (const answer of [one, two]) {
    const next = await asked()
    next.resolve(replies)
    t.equal((await answer).is, 'replies')
  }
})

t.test('a request that ends its thread costs the next one a start, not its answer', async t => {
  const { lane, counts, asked } = stage()
  const [bad, good] = [lane.ask(request()), lane.ask(request())]
  const first = await asked()
  first.resolve({ is: 'stopped', why: 'too-slow', at: 3 })
  t.same(await bad, { is: 'stopped', why: 'too-slow', at: 3 })
  const second = await asked()
  second.resolve(replies)
  t.equal((await good).is, 'replies')
  t.equal(counts.opened, 2)
})

t.test('a thread whose memory has grown is replaced, an idle one ends', async t => {
  const { lane, counts, rest, asked } = stage()
  const serve = async (size: number) => {
    const answer = lane.ask(request())
    const next = await asked()
    next.resolve({ ...replies, size })
    await answer
  }
  await serve(64 * 1024 * 1024)
  t.same(counts, { opened: 1, closed: 1 })
  await serve(1)
  t.same(counts, { opened: 2, closed: 1 })
  rest()
  await serve(1)
  t.same(counts, { opened: 3, closed: 2 })
})

t.test('a thread that calls itself idle while a request is on its way stays', async t => {
  const { lane, counts, rest, asked } = stage()
  const answer = lane.ask(request())
  const first = await asked()
  rest()
  first.resolve(replies)
  t.equal((await answer).is, 'replies')
  t.same(counts, { opened: 1, closed: 0 })
})

t.test('a request whose replies are too much leaves its thread as it is', async t => {
  const { lane, counts, asked } = stage()
  const [big, next] = [lane.ask(request()), lane.ask(request())]
  const first = await asked()
  first.resolve({ is: 'too-much', at: 2, size: 1 })
  t.same(await big, { is: 'too-much', at: 2, size: 1 })
  const second = await asked()
  second.resolve(replies)
  t.equal((await next).is, 'replies')
  t.same(counts, { opened: 1, closed: 0 })
})

t.test('a thread says that it is idle, and after the next request once more', async t => {
  let told = Promise.withResolvers<void>()
  const source = engineSource()
  const thread = await openThread({
    source: source.worker,
    module: await loadEngine(source.engine),
    setTimer,
    idleMs: 1,
    onIdle: () => told.resolve(),
    signal: new AbortController().signal,
  })
  // the thread itself holds no process
  const alive = setInterval(() => {}, 1_000)
  t.teardown(() => clearInterval(alive))
  await told.promise
  told = Promise.withResolvers<void>()
  t.equal((await thread?.ask(request(), 1_000))?.is, 'replies')
  await told.promise
  await thread?.close()
})

t.test('after the end nothing is served', async t => {
  const { lane } = stage()
  await lane.close()
  t.same(await lane.ask(request()), { is: 'absent' })
})

t.test('an engine whose file is missing says so, each time', async t => {
  const causes: unknown[] = []
  const nowhere = new URL('file:///nowhere/engine.wasm.br')
  const engine = createEngine({
    source: { worker: nowhere, engine: nowhere },
    setTimer,
    onAbsent: cause => causes.push(cause),
  })
  for (const _ of [1, 2]) {
    t.match(await problemOf(engine, sensitive({}), 'x'), { blame: 'engine', message: /cannot be started/ })
  }
  t.equal(causes.length, 2)
  await engine.close()
})

t.test('an engine whose worker is missing says so', async t => {
  let told = 0
  const engine = createEngine({
    source: { ...engineSource(), worker: new URL('file:///nowhere/worker.js') },
    setTimer,
    onAbsent: () => told++,
  })
  t.match(await problemOf(engine, sensitive({}), 'x'), { blame: 'engine', message: /cannot be started/ })
  t.equal(told, 1)
  await engine.close()
})

t.test('an engine that is closed while it works answers everybody', async t => {
  const engine = startEngine()
  await renderOne(engine, sensitive({}), 'x')
  const asked = Array.from({ length: 5 }, () => engine.render(sensitive({}), [{ name: 'k', text: 'x', gives: 'text' }]))
  await engine.close()
  t.equal((await Promise.all(asked)).length, 5)
})

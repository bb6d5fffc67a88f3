import fc from 'fast-check'
import t from 'tap'
import { type Groups, type Lane, Lanes } from '../../../pkg/reconcile/lanes.ts'
import { createQueue, type QueueOptions } from '../../../pkg/reconcile/queue.ts'

/** Time that passes only when told: timers fire in order, and what they start is awaited. */
const virtual = () => {
  let now = 0
  const timers = new Set<{ at: number; fire: () => void }>()
  const settle = (): Promise<void> => new Promise(setImmediate)
  return {
    now: () => now,
    timers,
    setTimer: (ms: number, fire: () => void) => {
      const timer = { at: now + ms, fire }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    settle,
    pass: async (ms: number) => {
      const until = now + ms
      await settle()
      for (;;) {
        const next = [...timers].sort((a, b) => a.at - b.at)[0]
        if (!next || next.at > until) break
        timers.delete(next)
        now = Math.max(now, next.at)
        next.fire()
        await settle()
      }
      now = until
    },
  }
}

const harness = (options: Partial<QueueOptions> = {}) => {
  const time = virtual()
  const ran: string[] = []
  const errors: unknown[] = []
  const queue = createQueue({
    work: async key => void ran.push(key),
    concurrency: 1,
    now: time.now,
    setTimer: time.setTimer,
    random: () => 0.5,
    onError: error => errors.push(error),
    ...options,
  })
  return { ...time, queue, ran, errors }
}

/** Work that lasts until it is let go. */
const held = () => {
  const started: string[] = []
  const open = new Map<string, () => void>()
  const signals: AbortSignal[] = []
  return {
    started,
    signals,
    work: (key: string, signal: AbortSignal) => {
      started.push(key)
      signals.push(signal)
      return new Promise<void>(resolve => open.set(key, resolve))
    },
    finish: (key: string) => open.get(key)?.(),
  }
}

t.test('fresh keys go before routine ones, and a key that becomes fresh moves up', async t => {
  const hold = held()
  const h = harness({ work: hold.work })
  for (const [key, lane] of [
    ['x', 'routine'],
    ['r1', 'routine'],
    ['r2', 'routine'],
    ['f', 'fresh'],
    ['r2', 'fresh'],
    ['f', 'routine'],
  ] as const)
    h.queue.add(key, lane)
  for (const key of ['x', 'f', 'r2', 'r1']) {
    hold.finish(key)
    await h.settle()
  }
  t.strictSame(hold.started, ['x', 'f', 'r2', 'r1'])
  await h.queue.idle()
})

t.test('a flood of fresh keys leaves every ninth place to the routine lane', async t => {
  const hold = held()
  const h = harness({ work: hold.work })
  h.queue.add('first', 'fresh')
  for (let i = 0; i < 30; i += 1) h.queue.add(`f${i}`, 'fresh')
  for (let i = 0; i < 3; i += 1) h.queue.add(`r${i}`, 'routine')
  while (hold.started.length < 34) {
    hold.finish(hold.started.at(-1) ?? '')
    await h.settle()
  }
  const places = hold.started.flatMap((key, place) => (key.startsWith('r') ? place : []))
  t.strictSame(places, [8, 17, 26])
})

t.test('a key added while it runs runs once more, never twice at a time', async t => {
  const hold = held()
  const h = harness({ work: hold.work, concurrency: 4 })
  h.queue.add('a', 'fresh')
  for (let i = 0; i < 5; i += 1) h.queue.add('a', 'routine')
  await h.settle()
  t.strictSame(hold.started, ['a'])
  hold.finish('a')
  await h.settle()
  t.strictSame(hold.started, ['a', 'a'])
  hold.finish('a')
  await h.queue.idle()
  t.equal(hold.started.length, 2)
})

t.test('of several delays the earliest counts, whatever the order', async t => {
  for (const delays of [
    [300, 100, 200],
    [100, 200, 300],
    [200, 300, 100],
  ]) {
    const h = harness()
    for (const ms of delays) h.queue.addAfter('a', ms)
    await h.pass(99)
    t.strictSame(h.ran, [])
    await h.pass(1)
    t.strictSame(h.ran, ['a'])
    await h.pass(1000)
    t.strictSame(h.ran, ['a'])
    t.equal(h.timers.size, 0)
  }
})

t.test('delayed keys come in the order of their times', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 10_000 }), { maxLength: 60 }), async delays => {
      const h = harness()
      delays.forEach((ms, index) => {
        h.queue.addAfter(`${String(ms).padStart(5, '0')}-${index}`, ms)
      })
      await h.pass(10_000)
      const times = h.ran.map(key => Number(key.slice(0, 5)))
      return times.length === delays.length && times.every((ms, at) => at === 0 || (times[at - 1] ?? 0) <= ms)
    }),
    { numRuns: 50 },
  )
})

t.test('a delay beyond what one timer can hold still ends on time', async t => {
  const h = harness()
  const month = 30 * 24 * 3600_000
  h.queue.addAfter('a', month)
  t.ok([...h.timers].every(timer => timer.at < 2 ** 31))
  await h.pass(month - 1)
  t.strictSame(h.ran, [])
  await h.pass(1)
  t.strictSame(h.ran, ['a'])
})

t.test('retries wait longer each time, up to the cap, until forget', async t => {
  const waits = async (random: number, times: number): Promise<number[]> => {
    const h = harness({ random: () => random })
    const seen: number[] = []
    for (let i = 0; i < times; i += 1) {
      const from = h.now()
      h.queue.retry('a')
      const count = h.ran.length
      while (h.ran.length === count) await h.pass(500)
      seen.push(h.now() - from)
    }
    return seen
  }
  t.strictSame(
    await waits(0.999999, 10),
    [2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map(s => s * 1000),
  )
  t.strictSame(await waits(0, 5), [1000, 1000, 1000, 1000, 1000])
  const h = harness({ random: () => 0.999999 })
  for (let i = 0; i < 6; i += 1) {
    h.queue.retry('a')
    await h.pass(300_000)
  }
  h.queue.forget('a')
  h.queue.retry('a')
  await h.pass(2000)
  t.equal(h.ran.length, 7)
})

t.test('work that throws is reported, tried again, and stops nobody else', async t => {
  const ran: string[] = []
  const h = harness({
    work: async key => {
      ran.push(key)
      if (key === 'bad' && ran.length < 3) throw new Error('defect')
    },
  })
  h.queue.add('bad', 'fresh')
  h.queue.add('good', 'fresh')
  await h.settle()
  t.strictSame(ran, ['bad', 'good'])
  t.match(h.errors, [{ message: 'defect' }])
  await h.pass(5000)
  t.strictSame(ran, ['bad', 'good', 'bad'])
})

t.test('stop starts nothing more, waits for what runs, and tells it after the grace', async t => {
  const hold = held()
  const h = harness({ work: hold.work })
  h.queue.add('a', 'fresh')
  h.queue.add('b', 'fresh')
  h.queue.addAfter('c', 10)
  await h.settle()
  let stopped = false
  const stop = h.queue.stop(5000).then(() => {
    stopped = true
  })
  h.queue.add('d', 'fresh')
  await h.pass(4999)
  t.equal(hold.signals[0]?.aborted, false)
  await h.pass(1)
  t.equal(hold.signals[0]?.aborted, true)
  t.notOk(stopped)
  hold.finish('a')
  await stop
  t.strictSame(hold.started, ['a'])
  t.equal(h.timers.size, 0)
})

t.test('the size tells how long keys wait and passes run', async t => {
  const hold = held()
  const h = harness({ work: hold.work })
  t.strictSame(h.queue.size(), { fresh: 0, routine: 0, running: 0, delayed: 0, oldestWaitMs: 0, longestRunMs: 0 })
  h.queue.add('a', 'fresh')
  await h.pass(100)
  h.queue.add('b', 'fresh')
  h.queue.add('c', 'routine')
  h.queue.addAfter('d', 5000)
  await h.pass(50)
  t.strictSame(h.queue.size(), { fresh: 1, routine: 1, running: 1, delayed: 1, oldestWaitMs: 50, longestRunMs: 150 })
  hold.finish('a')
})

/** `tenant/store/anything` */
const byName = (key: string): Groups => {
  const [tenant = '', store = ''] = key.split('/')
  return [tenant, `${tenant}/${store}`]
}
const add = ({ queue }: ReturnType<typeof harness>, ...keys: string[]): void => {
  for (const key of keys) queue.add(key, 'fresh')
}
const many = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, index) => prefix + index)
const startedOf = ({ started }: ReturnType<typeof held>, prefix: string): number =>
  started.filter(key => key.startsWith(prefix)).length

t.test('a group whose passes hang leaves places to others, and least its own other part', async t => {
  const hold = held()
  const h = harness({ work: hold.work, concurrency: 16, groups: byName })
  add(h, ...many('evil/tarpit/', 50))
  t.equal(hold.started.length, 6)
  add(h, 'evil/well/0', 'good/main/0')
  t.match(hold.started.slice(6), ['evil/well/0', 'good/main/0'])
  add(h, ...many('evil/more', 40).map(store => `${store}/0`))
  t.ok(startedOf(hold, 'evil/') <= 8, 'however many parts it has')
  add(h, 'third/main/0')
  t.equal(hold.started.at(-1), 'third/main/0')
})

t.test('what had to wait for its group starts as soon as places come free, its own or another one’s', async t => {
  const hold = held()
  const h = harness({ work: hold.work, concurrency: 4, groups: byName })
  add(h, 'x/s/0', ...many('evil/tarpit/', 5))
  t.strictSame(hold.started, ['x/s/0', 'evil/tarpit/0'])
  hold.finish('x/s/0')
  await h.settle()
  t.strictSame(hold.started.slice(2), ['evil/tarpit/1'])
  hold.finish('evil/tarpit/0')
  await h.settle()
  t.strictSame(hold.started.slice(2), ['evil/tarpit/1', 'evil/tarpit/2'])
})

t.test('groups take turns: one key waits for one turn of a flood, not for all of it', async t => {
  const hold = held()
  const h = harness({ work: hold.work, groups: byName })
  add(h, 'x/s/0', ...many('flood/s/', 100), 'good/s/0')
  for (const key of ['x/s/0', 'flood/s/0']) {
    hold.finish(key)
    await h.settle()
  }
  t.strictSame(hold.started, ['x/s/0', 'flood/s/0', 'good/s/0'])
})

t.test('a blocked group is passed over at a cost that does not grow with its keys', async t => {
  const lanes = new Lanes()
  for (const key of [...many('evil/a/', 5000), ...many('evil/b/', 5000), ...many('half/a/', 5000), 'half/b/0'])
    lanes.put(key, { lane: 'fresh', groups: byName(key) }, 0)
  const asked: string[] = []
  const taken = lanes.take(groups => {
    asked.push(groups.join(' '))
    return groups[0] === 'half' && groups[1] !== 'half/a'
  })
  t.equal(taken?.key, 'half/b/0')
  t.strictSame(asked, ['evil', 'half', 'half half/a', 'half half/b'])
})

t.test('no key is lost, none runs twice at once, whatever happens', async () => {
  const key = fc.constantFrom('a/1/a', 'a/1/b', 'a/2/c', 'b/1/d', 'b/1/e', 'none')
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), key, lane: fc.constantFrom<Lane>('fresh', 'routine') }),
    fc.record({ do: fc.constant('after' as const), key, ms: fc.nat({ max: 500 }) }),
    fc.record({ do: fc.constant('retry' as const), key }),
    fc.record({ do: fc.constant('pass' as const), ms: fc.nat({ max: 300 }) }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      fc.nat(),
      async (steps, concurrency, seed) => {
        let turn = seed
        let most = 0
        const running = new Set<string>()
        const startedAt = new Map<string, number>()
        const wanted = new Map<string, number>()
        let clock = 0
        const tick = (): number => (clock += 1)
        const h = harness({
          concurrency,
          groups: name => (name === 'none' ? undefined : byName(name)),
          work: async name => {
            if (running.has(name)) throw new Error('twice at once')
            running.add(name)
            most = Math.max(most, running.size)
            startedAt.set(name, tick())
            turn += 1
            await new Promise<void>(resolve => h.setTimer(turn % 200, resolve))
            running.delete(name)
            if (turn % 7 === 0) throw new Error('fails at times')
          },
        })
        for (const one of steps) {
          if (one.do !== 'pass') wanted.set(one.key, tick())
          if (one.do === 'add') h.queue.add(one.key, one.lane)
          else if (one.do === 'after') h.queue.addAfter(one.key, one.ms)
          else if (one.do === 'retry') h.queue.retry(one.key)
          else await h.pass(one.ms)
        }
        await h.pass(3600_000)
        const kept = [...wanted].every(([name, at]) => (startedAt.get(name) ?? 0) > at)
        const quiet = h.queue.size()
        const twice = h.errors.some(error => error instanceof Error && error.message === 'twice at once')
        return kept && !twice && most <= concurrency && quiet.running + quiet.fresh + quiet.routine === 0
      },
    ),
    { numRuns: 150 },
  )
})

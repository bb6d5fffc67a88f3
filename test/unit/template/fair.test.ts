// Who asks the engine for much waits for those who ask for little.
import t from 'tap'
import { openLane } from '../../../pkg/template/lane.ts'

/** A lane whose thread answers at once, after the milliseconds that the length of a request says; and the order of its work. */
const stage = () => {
  const order: number[] = []
  let clock = 0
  const begun = Promise.withResolvers<void>()
  const lane = openLane({
    open: async () => {
      await begun.promise
      return {
        ask: async request => {
          order.push(request.byteLength)
          clock += request.byteLength
          return { is: 'replies', replies: new ArrayBuffer(0), size: 1 }
        },
        close: async () => {},
      }
    },
    limitMs: 250,
    waiting: 100,
    idleMs: 1_000,
    now: () => clock,
  })
  const ask = (tenant: string, ms: number) => lane.ask(new ArrayBuffer(ms), { tenant })
  return { lane, ask, order, begin: () => begun.resolve() }
}

t.test('small requests go before large ones of another tenant, each tenant in its own order', async t => {
  const { ask, order, begin } = stage()
  const all = [ask('a', 250), ask('a', 249), ask('a', 248), ask('b', 1), ask('b', 2), ask('c', 3), ask('b', 4)]
  begin()
  await Promise.all(all)
  t.same(order, [250, 1, 3, 2, 4, 249, 248])
})

t.test('who asks alone is served as he comes', async t => {
  const { ask, order, begin } = stage()
  const all = [ask('a', 3), ask('a', 250), ask('a', 1)]
  begin()
  await Promise.all(all)
  t.same(order, [3, 250, 1])
})

t.test('who comes late does not go before all that were there', async t => {
  const { ask, order, begin } = stage()
  const first = [ask('a', 100), ask('b', 99), ask('a', 98), ask('b', 97), ask('a', 96), ask('b', 95)]
  begin()
  await first[3]
  const late = [ask('c', 94), ask('c', 93), ask('c', 92), ask('c', 91), ask('c', 90)]
  await Promise.all([...first, ...late])
  t.ok(order.indexOf(95) < order.indexOf(92), `${order}`)
  t.ok(order.indexOf(94) < order.indexOf(95), `${order}`)
})

t.test('what was had is forgotten once nobody waits', async t => {
  const { ask, order, begin } = stage()
  begin()
  await ask('a', 250)
  await Promise.all([ask('a', 2), ask('b', 1)])
  t.same(order, [250, 2, 1])
})

t.test('who is no longer welcome when his turn comes is told so, and costs the thread nothing', async t => {
  const { lane, ask, order, begin } = stage()
  let welcome = true
  const ifWelcome = (ms: number) => lane.askIf(() => welcome, new ArrayBuffer(ms), { tenant: 'a' })
  const all = [ifWelcome(3), ifWelcome(4), ask('b', 5)]
  begin()
  await all[0]
  welcome = false
  t.same(
    (await Promise.all(all)).map(answer => answer.is),
    ['replies', 'unwelcome', 'replies'],
  )
  t.same(order, [3, 5])
})

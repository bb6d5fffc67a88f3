import t from 'tap'
import { createGate } from '../../../pkg/akeyless/gate.ts'

const { signal } = new AbortController()

/** Tasks that end when told to. */
const controlled = (gate: ReturnType<typeof createGate>, key: string) => {
  const running: (() => void)[] = []
  let most = 0
  const start = (own: AbortSignal = signal) =>
    gate.run(
      key,
      () =>
        new Promise<void>(resolve => {
          running.push(resolve)
          most = Math.max(most, running.length)
        }),
      own,
    )
  return { start, running, most: () => most, finish: () => running.shift()?.() }
}
const turn = () => new Promise(resolve => setImmediate(resolve))

t.test('no more than the width run at once per key, in order of arrival', async t => {
  const gate = createGate(3)
  const a = controlled(gate, 'a')
  const b = controlled(gate, 'b')
  const done = [...Array(7)].map(() => a.start())
  const other = b.start()
  await turn()
  t.equal(a.running.length, 3)
  t.equal(b.running.length, 1, 'another key is not held up')
  b.finish()
  await other
  for (let left = 7; left > 0; left--) {
    a.finish()
    await turn()
  }
  await Promise.all(done)
  t.equal(a.most(), 3)
})

t.test('a gate asked to slow down halves, and widens by one with each success', async t => {
  const gate = createGate(8)
  const lane = controlled(gate, 'a')
  const done = [...Array(8)].map(() => lane.start())
  await turn()
  gate.narrow('a')
  gate.narrow('a')
  for (let left = 8; left > 0; left--) lane.finish()
  await Promise.all(done)
  const more = [...Array(8)].map(() => lane.start())
  await turn()
  t.equal(lane.running.length, 2)
  gate.widen('a')
  lane.finish()
  await turn()
  t.equal(lane.running.length, 3)
  while (lane.running.length > 0) {
    lane.finish()
    await turn()
  }
  await Promise.all(more)
})

t.test('who stops waiting gives up the place', async t => {
  const gate = createGate(1)
  const lane = controlled(gate, 'a')
  const first = lane.start()
  const leaver = new AbortController()
  const second = lane.start(leaver.signal)
  const third = lane.start()
  leaver.abort(new Error('left'))
  await t.rejects(second, { message: 'left' })
  await turn()
  lane.finish()
  await first
  await turn()
  lane.finish()
  await third
})

t.test('a gate stays narrow while nobody calls', async t => {
  const gate = createGate(8)
  gate.narrow('a')
  gate.narrow('a')
  const lane = controlled(gate, 'a')
  const other = controlled(gate, 'b')
  const done = [...Array(8)].flatMap(() => [lane.start(), other.start()])
  await turn()
  t.equal(lane.running.length, 2)
  t.equal(other.running.length, 8, 'another key keeps its width')
  while (lane.running.length + other.running.length > 0) {
    lane.finish()
    other.finish()
    await turn()
  }
  await Promise.all(done)
})

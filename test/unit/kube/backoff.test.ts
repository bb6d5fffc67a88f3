import t from 'tap'
import { backoff } from '../../../pkg/kube/backoff.ts'

t.test('the ceiling doubles up to the maximum, and starts anew after reset', async t => {
  const high = backoff({ minMs: 200, maxMs: 30_000, random: () => 1 })
  t.strictSame(
    [1, 2, 3].map(() => high.next()),
    [400, 800, 1600],
  )
  for (let i = 0; i < 100; i += 1) high.next()
  t.equal(high.next(), 30_000)
  high.reset()
  t.equal(high.next(), 400)
})

t.test('the jitter is full: down to the minimum at every step', async t => {
  const low = backoff({ minMs: 200, maxMs: 30_000, random: () => 0 })
  t.strictSame(
    [1, 2, 3, 4].map(() => low.next()),
    [200, 200, 200, 200],
  )
})

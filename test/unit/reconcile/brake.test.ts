// Objects that undo each other must not write without end (security.md T30).
import t from 'tap'
import { createBrake } from '../../../pkg/reconcile/brake.ts'

const at = (seconds: number) => new Date(1_800_000_000_000 + seconds * 1e3)

t.test('some repairs come at once, and then one in five seconds', async t => {
  const brake = createBrake()
  for (let count = 0; count < 100; count += 1) t.equal(brake.take('a', at(0)), 0)
  t.equal(brake.take('a', at(0)), 5e3)
  t.equal(brake.take('a', at(3)), 2e3)
  t.equal(brake.take('a', at(5)), 0)
  t.equal(brake.take('a', at(5)), 5e3)
  t.equal(brake.take('b', at(5)), 0, 'each has its own')
})

t.test('whoever was quiet for a while is where he began, and so is a new object of the name', async t => {
  const brake = createBrake()
  for (let count = 0; count < 101; count += 1) brake.take('a', at(0))
  let free = 0
  while (brake.take('a', at(3600)) === 0) free += 1
  t.equal(free, 100)
  brake.forget('a')
  t.equal(brake.take('a', at(3600)), 0)
})

t.test('a clock that is set back neither fills nor empties it', async t => {
  const brake = createBrake()
  for (let count = 0; count < 100; count += 1) brake.take('a', at(100))
  t.equal(brake.take('a', at(0)), 5e3)
  t.equal(brake.take('a', at(5)), 0)
})

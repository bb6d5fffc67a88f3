import t from 'tap'
import { Fault } from '#core'
import { createGuard, type Guard } from '../../../pkg/reconcile/guard.ts'
import { now } from './build.ts'

const at = (seconds: number): Date => new Date(now.getTime() + seconds * 1000)

/** Milliseconds until the next look is asked for; 0 where the removal may go on. */
const look = (guard: Guard, what: readonly string[], seconds: number, key = 'demo/app'): number => {
  try {
    guard.confirm(key, what, at(seconds))
    return 0
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.code !== 'RemovalPending') throw thrown
    return thrown.retryAfterMs ?? Number.NaN
  }
}

t.test('the same is found twice, five seconds apart, before it is taken away', async t => {
  const guard = createGuard()
  t.equal(look(guard, ['a', 'b'], 0), 5_000)
  t.equal(look(guard, ['a', 'b'], 2), 3_000, 'a look too soon changes nothing')
  t.equal(look(guard, ['b', 'a'], 4.9), 100, 'in whatever order')
  t.equal(look(guard, ['b', 'a'], 5), 0)
})

t.test('a second look that finds something else is a first one', async t => {
  const guard = createGuard()
  look(guard, ['a'], 0)
  t.equal(look(guard, ['a', 'b'], 6), 5_000)
  t.equal(look(guard, ['a'], 12), 5_000)
  t.equal(look(guard, ['a'], 17), 0)
})

t.test('a look that finds nothing to remove forgets', async t => {
  const guard = createGuard()
  look(guard, ['a'], 0)
  t.ok(guard.waits('demo/app'))
  guard.settle('demo/app')
  t.notOk(guard.waits('demo/app'))
  t.equal(look(guard, ['a'], 6), 5_000)
})

t.test('a clock that went back begins anew', async t => {
  const guard = createGuard()
  look(guard, ['a'], 0)
  t.equal(look(guard, ['a'], -3600), 5_000)
  t.equal(look(guard, ['a'], -3595), 0)
})

t.test('objects do not confirm each other, and keys cannot pass for other keys', async t => {
  const guard = createGuard()
  look(guard, ['a'], 0)
  t.equal(look(guard, ['a'], 6, 'demo/other'), 5_000)
  const other = createGuard()
  look(other, ['a,b'], 0)
  t.equal(look(other, ['a', 'b'], 6), 5_000)
  look(other, ['__proto__'], 7, '__proto__')
  t.ok(other.waits('__proto__'))
  t.notOk(other.waits('constructor'))
})

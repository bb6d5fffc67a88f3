import t from 'tap'
import { Fault } from '#core'
import { createBreaker } from '../../../pkg/akeyless/breaker.ts'

const fault = new Fault('LoginRefused', 'the login was refused', { remedy: 'check it' })

t.test('a failure is remembered for a delay that doubles up to its bound', async t => {
  const clock = { now: 0 }
  const breaker = createBreaker({ now: () => clock.now, firstMs: 5000, longestMs: 60_000, trialMs: 0 })
  t.equal(breaker.check('a'), undefined)
  for (const delay of [5000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
    breaker.trip('a', fault)
    t.match(breaker.check('a'), {
      code: 'LoginRefused',
      message: fault.message,
      remedy: 'check it',
      retryAfterMs: delay,
    })
    clock.now += delay - 1
    t.equal(breaker.check('a')?.retryAfterMs, 1)
    t.equal(breaker.check('b'), undefined, 'nobody else is held up')
    clock.now += 1
    t.equal(breaker.check('a'), undefined)
  }
  breaker.reset('a')
  breaker.trip('a', fault)
  t.equal(breaker.check('a')?.retryAfterMs, 5000)
})

t.test('failures of one outage count once', async t => {
  const breaker = createBreaker({ now: () => 0, firstMs: 1000, longestMs: 60_000, trialMs: 15_000 })
  for (let call = 0; call < 16; call++) breaker.trip('a', fault)
  t.equal(breaker.check('a')?.retryAfterMs, 1000)
})

t.test('after the delay one caller tries while the others are answered from memory', async t => {
  const clock = { now: 0 }
  const breaker = createBreaker({ now: () => clock.now, firstMs: 1000, longestMs: 60_000, trialMs: 15_000 })
  breaker.trip('a', fault)
  clock.now = 1000
  t.equal(breaker.check('a'), undefined)
  t.equal(breaker.check('a')?.retryAfterMs, 15_000)
  breaker.release('a')
  t.equal(breaker.check('a'), undefined, 'a caller who went away leaves the turn to the next')
  breaker.trip('a', fault)
  t.equal(breaker.check('a')?.retryAfterMs, 2000)
})

t.test('a delay that the server names is kept', async t => {
  const breaker = createBreaker({ now: () => 0, firstMs: 1000, longestMs: 60_000, trialMs: 0 })
  breaker.trip('a', fault, 120_000)
  t.equal(breaker.check('a')?.retryAfterMs, 120_000)
})

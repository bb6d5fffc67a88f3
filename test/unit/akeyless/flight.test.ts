import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { createFlights } from '../../../pkg/akeyless/flight.ts'

t.test('work under one key runs once for all who want it, and again afterwards', async t => {
  const flights = createFlights<number>()
  let runs = 0
  const work = async () => {
    await pause(1)
    runs += 1
    return runs
  }
  const { signal } = new AbortController()
  t.same(await Promise.all([1, 2, 3].map(() => flights.join('a', work, signal))), [1, 1, 1])
  t.equal(await flights.join('a', work, signal), 2)
  t.same(await Promise.all([flights.join('a', work, signal), flights.join('b', work, signal)]), [3, 4])
})

t.test('who leaves gets their own reason, and the others their answer', async t => {
  const flights = createFlights<string>()
  const leaver = new AbortController()
  const stayer = new AbortController()
  const work = async (signal: AbortSignal) => {
    await pause(5, undefined, { signal })
    return 'done'
  }
  const left = flights.join('a', work, leaver.signal)
  const stayed = flights.join('a', work, stayer.signal)
  leaver.abort(new Error('had enough'))
  await t.rejects(left, { message: 'had enough' })
  t.equal(await stayed, 'done')
})

t.test('the work is aborted when nobody waits any more, and the next caller starts afresh', async t => {
  const flights = createFlights<string>()
  const only = new AbortController()
  let aborted = false
  const joined = flights.join(
    'a',
    async signal => {
      await pause(60_000, undefined, { signal }).catch(() => {
        aborted = true
      })
      throw new Error('aborted')
    },
    only.signal,
  )
  only.abort(new Error('gone'))
  await t.rejects(joined, { message: 'gone' })
  t.equal(await flights.join('a', async () => 'fresh', new AbortController().signal), 'fresh')
  t.equal(aborted, true)
})

t.test('a failure reaches everybody and is not remembered', async t => {
  const flights = createFlights<string>()
  const { signal } = new AbortController()
  const fail = async () => {
    await pause(1)
    throw new Error('no')
  }
  const both = await Promise.allSettled([flights.join('a', fail, signal), flights.join('a', fail, signal)])
  t.same(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  t.equal(await flights.join('a', async () => 'yes', signal), 'yes')
})

import t, { type Test } from 'tap'
import type { Identity } from '#api'
import { Fault } from '#core'
import { createLockout } from '../../../pkg/akeyless/lockout.ts'
import { peerOf } from '../../../pkg/akeyless/peer.ts'
import { identities, startGateway } from '../../support/gateway.ts'
import { faultIn, identity, json, soon, startClient, startServer } from './client.ts'

const minute = 60e3

/** The same numbers for the same seed. */
const randomOf = (seed: number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** A gateway that locks an auth method after five refusals, and a client on the same clock. */
const begin = async (t: Test) => {
  const clock = { now: Date.now() }
  const gateway = await startGateway(t, undefined, { now: () => new Date(clock.now) })
  const client = startClient(t, { now: () => clock.now })
  const refusals = () => gateway.journal().filter(({ op, status }) => op === 'auth' && status === 401).length
  const wrong = (key: string) => identity(gateway.url, identities.admin, key)
  /** Tries all of them every ten seconds. */
  const insist = async (minutes: number, ...all: Identity[]) => {
    for (let step = 0; step < minutes * 6; step++) {
      await Promise.all(all.map(who => client.login(who, soon()).catch(() => undefined)))
      clock.now += 10e3
    }
  }
  const right = identity(gateway.url)
  return { clock, client, refusals, wrong, insist, right, gateway }
}

t.test(
  'a wrong credential is tried three times, then once in half an hour, and never locks the auth method',
  async t => {
    const { client, refusals, wrong, insist, right } = await begin(t)
    await insist(30, wrong('a'))
    t.equal(refusals(), 3)
    await insist(30, wrong('a'))
    t.equal(refusals(), 4)
    await client.login(right, soon())
  },
)

t.test('the fault says that it is our own breaker, and until when', async t => {
  const { clock, client, wrong } = await begin(t)
  const who = wrong('canary-key')
  clock.now = Date.parse('2026-11-21T12:00:00.500Z')
  const codes: string[] = []
  for (const pause of [minute, 2 * minute, 0]) {
    codes.push((await faultIn(client.login(who, soon()))).code)
    clock.now += pause
  }
  t.same(codes, ['LoginRefused', 'LoginRefused', 'LoginBlocked'])
  clock.now += minute
  const fault = await faultIn(client.login(who, soon()))
  t.match(fault, {
    code: 'LoginBlocked',
    message:
      /^gateway 127\.0\.0\.1:\d+ keeps refusing the login; blocked by our own breaker until 2026-11-21T12:33:00Z, to keep Akeyless from locking the auth method$/,
    retryAfterMs: 29 * minute,
  })
  t.notMatch(fault.line(), /canary/)
})

t.test('a changed credential, CA or URL is tried at once, once minutes have passed without one', async t => {
  const { clock, client, refusals, wrong, insist, gateway } = await begin(t)
  await insist(10, wrong('a'))
  t.equal(refusals(), 3)
  const changed: readonly Identity[] = [wrong('b'), { ...wrong('a'), gateway: `${gateway.url}/v2` }]
  for (const [index, who] of changed.entries()) {
    t.match(await faultIn(client.login(who, soon())), { code: 'LoginBlocked' })
    t.equal(refusals(), 4 + index)
    clock.now += 10 * minute
  }
  await insist(10, ...changed)
  t.equal(refusals(), 5, 'tried once, and blocked like the first')
  clock.now += 30 * minute
  await client.login(identity(gateway.url), soon())
})

t.test('somebody who fumbles: three keys are tried at once, a fourth after a minute, a fifth after ten', async t => {
  const { clock, client, refusals, wrong, right } = await begin(t)
  clock.now = Date.parse('2026-11-21T12:00:00Z')
  const seen: [number, string][] = []
  for (const key of ['a', 'b', 'c', 'd', 'e']) {
    clock.now += 10e3
    const fault = await faultIn(client.login(wrong(key), soon()))
    seen.push([refusals(), fault.code])
    if (key === 'd')
      t.match(fault, {
        message:
          /^gateway 127\.0\.0\.1:\d+ keeps refusing logins of this auth method; this one, which was not refused, is tried after 2026-11-21T12:01:30Z, to keep Akeyless from locking the auth method$/,
        retryAfterMs: 50e3,
      })
  }
  t.same(seen, [
    [1, 'LoginRefused'],
    [2, 'LoginRefused'],
    [3, 'LoginBlocked'],
    [3, 'LoginBlocked'],
    [3, 'LoginBlocked'],
  ])
  clock.now = Date.parse('2026-11-21T12:01:30Z')
  await faultIn(client.login(wrong('e'), soon()))
  t.equal(refusals(), 4)
  clock.now += 10 * minute - 1
  t.match(await faultIn(client.login(right, soon())), { code: 'LoginBlocked', retryAfterMs: 1 })
  clock.now += 1
  await client.login(right, soon())
  t.equal(refusals(), 4)
})

t.test('the right key after three wrong ones is in within a minute', async t => {
  const { clock, client, wrong, right } = await begin(t)
  for (const key of ['a', 'b', 'c']) await faultIn(client.login(wrong(key), soon()))
  const { retryAfterMs = 0 } = await faultIn(client.login(right, soon()))
  t.equal(retryAfterMs, minute)
  clock.now += retryAfterMs
  await client.login(right, soon())
  // and whatever was before is over
  for (const key of ['d', 'e']) t.equal((await faultIn(client.login(wrong(key), soon()))).code, 'LoginRefused')
})

t.test('a key that was wrong for days holds up no new one', async t => {
  const { client, wrong, insist, right } = await begin(t)
  await insist(61, wrong('a'))
  await client.login(right, soon())
})

t.test('one that has worked before is not kept waiting by those who fumble, nor loses its token by them', async t => {
  const { clock, client, refusals, wrong, right, gateway } = await begin(t)
  await client.login(right, soon())
  const logins = () => gateway.journal().filter(({ op, status }) => op === 'auth' && status === 200).length
  // the last part of the life of its token, in which another one is asked for
  clock.now += 57 * minute
  for (const key of ['a', 'b', 'c']) await faultIn(client.login(wrong(key), soon()))
  clock.now += minute
  await faultIn(client.login(wrong('d'), soon()))
  t.equal(refusals(), 4)
  t.match(await faultIn(client.login(wrong('e'), soon())), { code: 'LoginBlocked', retryAfterMs: 10 * minute })
  await client.login(right, soon())
  t.equal(logins(), 1, 'the token goes on')
  clock.now += minute
  await client.login(right, soon())
  t.equal(logins(), 2)
  // and by that everybody else begins anew
  t.equal((await faultIn(client.login(wrong('j'), soon()))).code, 'LoginRefused')
})

t.test('once one that has worked is refused, all the others wait as new ones do', async t => {
  let now = 1e12
  const lockout = createLockout(() => now)
  const peers = ['a', 'b', 'c', 'd', 'e'].map(key => peerOf(identity('https://gw.example.com', identities.admin, key)))
  for (const peer of peers) lockout.accepted(peer)
  const outcomes: (boolean | number)[] = []
  for (const peer of peers) {
    const wait = lockout.check(peer)
    outcomes.push(wait ? (wait.fault.retryAfterMs ?? 0) : true)
    if (wait) now += wait.fault.retryAfterMs ?? 0
    lockout.begin(peer)
    lockout.refused(peer, new Fault('LoginRefused', 'no'))
  }
  t.same(outcomes, [true, true, true, minute, 10 * minute])
})

t.test('twenty different wrong keys at the same moment leave the auth method open', async t => {
  const { clock, client, refusals, wrong, right } = await begin(t)
  const all = Array.from({ length: 20 }, (_, index) => faultIn(client.login(wrong(`key-${index}`), soon())))
  t.ok((await Promise.all(all)).every(({ code }) => code === 'LoginRefused' || code === 'LoginBlocked'))
  t.equal(refusals(), 4)
  clock.now += 10 * minute
  await client.login(right, soon())
})

t.test('whatever is tried and whenever: never five refusals in ten minutes, and no new key waits longer', async t => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = randomOf(seed)
    let now = 1e12
    const lockout = createLockout(() => now)
    const refusals: number[] = []
    let longestMs = 0
    for (let step = 0; step < 400; step += 1) {
      now += Math.floor(random() ** 3 * 5 * minute)
      const isNew = random() < 0.6
      const key = isNew ? `new-${step}` : `known-${Math.floor(random() * 4)}`
      const peer = peerOf(identity('https://gw.example.com', identities.admin, key))
      const held = lockout.check(peer)
      if (held) {
        if (isNew) longestMs = Math.max(longestMs, held.fault.retryAfterMs ?? Number.POSITIVE_INFINITY)
        continue
      }
      lockout.begin(peer)
      if (random() < 0.1) {
        lockout.undecided(peer)
        continue
      }
      lockout.refused(peer, new Fault('LoginRefused', 'no'))
      refusals.push(now)
    }
    const fifth = refusals.find((at, index) => at - (refusals[index - 4] ?? Number.NEGATIVE_INFINITY) < 10 * minute)
    t.equal(fifth, undefined, `with seed ${seed}`)
    t.ok(refusals.length > 20 && longestMs <= 10 * minute, `${refusals.length} of them, ${longestMs} ms`)
  }
})

t.test('stores with different wrong keys for one auth method add up', async t => {
  const { refusals, wrong, insist } = await begin(t)
  await insist(2, wrong('a'), wrong('b'))
  t.equal(refusals(), 3, 'the first of each, and one more')
  await insist(28, wrong('a'), wrong('b'))
  t.equal(refusals(), 3)
  await insist(30, wrong('a'), wrong('b'))
  t.equal(refusals(), 4, 'after half an hour one tries for all')
})

t.test('a login that works sets the count back, and was never held up', async t => {
  const { client, refusals, wrong, insist, right } = await begin(t)
  await insist(10, wrong('a'))
  await client.login(right, soon())
  await insist(10, wrong('b'))
  t.equal(refusals(), 6)
  await client.login(right, soon())
})

t.test('what is no verdict on the login counts for nothing', async t => {
  const clock = { now: Date.now() }
  const client = startClient(t, { now: () => clock.now })
  const state = { status: 503 }
  const server = await startServer(t, (_request, response) =>
    json(response, state.status, state.status === 200 ? { token: 't-1' } : { error: 'no' }),
  )
  const who = identity(`${server.url}/v2`)
  for (const status of [503, 500, 429, 302, 503, 503]) {
    state.status = status
    t.not((await faultIn(client.login(who, soon()))).code, 'LoginRefused', String(status))
    clock.now += 10 * minute
  }
  state.status = 401
  t.match(await faultIn(client.login(who, soon())), { code: 'LoginRefused', retryAfterMs: minute })
  clock.now += minute
  state.status = 503
  t.equal((await faultIn(client.login(who, soon()))).code, 'GatewayFailed')
  clock.now += 1000
  state.status = 200
  await client.login(who, soon())
})

import t, { type Test } from 'tap'
import type { Identity } from '#api'
import { identities, startGateway } from '../../support/gateway.ts'
import { faultIn, identity, json, soon, startClient, startServer } from './client.ts'

const minute = 60e3

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

t.test('a changed credential, CA or URL is tried at once', async t => {
  const { clock, client, refusals, wrong, insist, gateway } = await begin(t)
  await insist(10, wrong('a'))
  t.equal(refusals(), 3)
  const changed: readonly Identity[] = [wrong('b'), { ...wrong('a'), gateway: `${gateway.url}/v2` }]
  for (const [index, who] of changed.entries()) {
    t.match(await faultIn(client.login(who, soon())), { code: 'LoginBlocked' })
    t.equal(refusals(), 4 + index)
  }
  await insist(20, ...changed)
  t.equal(refusals(), 5, 'tried once, and blocked like the first')
  clock.now += 30 * minute
  await client.login(identity(gateway.url), soon())
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

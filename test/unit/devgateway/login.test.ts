import t from 'tap'
import type { Gateway } from '#devgateway'
import { accessKey, identities, logIn, post, startGateway, testSeed } from '../../support/gateway.ts'

const auth = (gateway: Gateway, fields: object) =>
  post(`${gateway.url}/auth`, { 'access-id': identities.admin, 'access-type': 'access_key', ...fields })
const right = { 'access-key': accessKey }
const wrong = { 'access-key': 'wrong' }

t.test('a login says what is wrong only as far as the real one does', async t => {
  const gateway = await startGateway(t)
  const cases = [
    { name: 'the right key', fields: right, status: 200 },
    { name: 'a wrong key', fields: wrong, status: 401 },
    { name: 'an unknown access id', fields: { ...right, 'access-id': 'p-unknown0unknab' }, status: 401 },
    { name: 'no key', fields: {}, status: 400 },
    { name: 'no access id', fields: { ...right, 'access-id': null }, status: 400 },
    { name: 'an access type that is not there', fields: { ...right, 'access-type': 'api_key' }, status: 400 },
    {
      name: 'the name of an object method as access type',
      fields: { ...wrong, 'access-type': 'constructor' },
      status: 400,
    },
  ]
  for (const { name, fields, status } of cases)
    t.test(name, async t => {
      t.equal((await auth(gateway, fields)).status, status)
    })
  t.test('a wrong key and an unknown access id look the same', async t => {
    const [a, b] = [await auth(gateway, wrong), await auth(gateway, { ...right, 'access-id': 'p-unknown0unknab' })]
    t.equal(a.text, b.text)
  })
})

t.test('five failures in a row block the identity, the right key included, for ten minutes', async t => {
  const gateway = await startGateway(t, undefined, { now: () => new Date('2026-01-02T03:04:05Z') })
  const fail = async (times: number) => {
    for (let i = 0; i < times; i += 1) await auth(gateway, wrong)
  }
  await fail(4)
  t.equal((await auth(gateway, right)).status, 200, 'four are forgiven')
  await fail(5)
  t.match(await auth(gateway, right), { status: 401, body: { error: /blocked/ } })
  t.equal((await auth(gateway, { ...right, 'access-id': identities.reader })).status, 200, 'others are not touched')
  gateway.shiftClock(10 * 60e3)
  t.equal((await auth(gateway, right)).status, 200)
})

t.test('a token lives as long as its identity says', async t => {
  const [admin, ...others] = testSeed.identities
  const seed = { ...testSeed, items: [...testSeed.items], identities: [{ ...admin, ttlMinutes: 2 }, ...others] }
  const gateway = await startGateway(t, seed, { now: () => new Date('2026-01-02T03:04:05Z') })
  t.equal((await auth(gateway, right)).body.expiration, '2026-01-02 03:06:05 +0000 UTC')
  const call = await logIn(gateway)
  gateway.shiftClock(2 * 60e3 - 1)
  t.equal((await call('describe-item', { name: '/apps/config' })).status, 200)
  t.match((await call('validate-token')).body, { is_valid: true, ttl: 0 })
  gateway.shiftClock(1)
  const late = await call('describe-item', { name: '/apps/config' })
  t.match(late, { status: 401, body: { error: /expired/ } })
  t.notMatch(late.text, /UnauthorizedAccess/, 'that word means a missing permission')
  t.match((await call('validate-token')).body, { is_valid: false })
})

t.test('revoke and reset end every token, and a new one is never an old one', async t => {
  const gateway = await startGateway(t)
  const seen = new Set([(await auth(gateway, right)).body.token])
  for (const end of ['revoke', 'reset'] as const) {
    const call = await logIn(gateway)
    gateway[end]()
    t.equal((await call('describe-item', { name: '/apps/config' })).status, 401, end)
    const { token } = (await auth(gateway, right)).body
    t.notOk(seen.has(token))
    seen.add(token)
  }
})

t.test('over the rate limit an identity is told when to come back, others are served', async t => {
  const gateway = await startGateway(t, undefined, { now: () => new Date('2026-01-02T03:04:05Z') })
  const [admin, reader] = [await logIn(gateway), await logIn(gateway, identities.reader)]
  gateway.rateLimit(2)
  const ask = (call: typeof admin) => call('describe-item', { name: '/apps/config' })
  t.same([(await ask(admin)).status, (await ask(admin)).status], [200, 200])
  const limited = await ask(admin)
  t.match(limited, { status: 429, body: { error: /will be released in 1s/ } })
  t.equal(limited.headers.get('retry-after'), '1')
  t.equal((await auth(gateway, right)).status, 429, 'logins count as well')
  t.equal((await ask(reader)).status, 200)
  gateway.shiftClock(1000)
  t.equal((await ask(admin)).status, 200)
  gateway.rateLimit(undefined)
  t.same([(await ask(admin)).status, (await ask(admin)).status], [200, 200])
})

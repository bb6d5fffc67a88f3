import t, { type Test } from 'tap'
import type { Gateway } from '#devgateway'
import { post, startGateway } from '../../support/gateway.ts'

const accessId = 'p-uiduid0uiduiub'
const first = 'u-first-token'
const start = (t: Test, more: { graceSeconds?: number } = {}) =>
  startGateway(
    t,
    {
      identities: [
        { type: 'universal_identity', accessId, token: first, rules: [{ path: '/a', allow: ['read'] }], ...more },
      ],
      items: [{ path: '/a', type: 'STATIC_SECRET', value: 'v' }],
    },
    { now: () => new Date('2026-01-02T03:04:05Z') },
  )

const rotate = (gateway: Gateway, token: string, fields: object = {}) =>
  post(`${gateway.url}/uid-rotate-token`, { 'uid-token': token, ...fields })

/** Whether a token logs in, and whether it reads by itself: the two go together. */
const works = async (gateway: Gateway, token: string): Promise<boolean> => {
  const login = await post(`${gateway.url}/auth`, { 'access-type': 'universal_identity', 'uid-token': token })
  const read = await post(`${gateway.url}/get-secret-value`, { 'uid-token': token, names: ['/a'] })
  if (login.status !== read.status) throw new Error(`login ${login.status}, read ${read.status}`)
  return login.status === 200
}

t.test('a rotation gives a successor and ends the old token at once', async t => {
  const gateway = await start(t)
  t.ok(await works(gateway, first))
  const { status, body } = await rotate(gateway, first)
  t.equal(status, 200)
  t.match(body, { token: /^u-/ })
  t.same([await works(gateway, first), await works(gateway, body.token)], [false, true])
  t.match(await rotate(gateway, first), { status: 401, body: { error: /not known or has expired/ } })
  gateway.reset()
  t.same([await works(gateway, first), await works(gateway, body.token)], [true, false], 'a reset is the seed again')
})

t.test('a token lives an hour from its rotation, and one that is over cannot be rotated', async t => {
  const gateway = await start(t)
  gateway.shiftClock(59 * 60e3)
  const { token } = (await rotate(gateway, first)).body
  gateway.shiftClock(60 * 60e3 - 1)
  t.ok(await works(gateway, token))
  t.match((await post(`${gateway.url}/validate-token`, { token })).body, { is_valid: true, ttl: 0 })
  gateway.shiftClock(1)
  t.notOk(await works(gateway, token))
  t.equal((await rotate(gateway, token)).status, 401)
  t.match((await post(`${gateway.url}/validate-token`, { token })).body, { is_valid: false })
})

t.test('with a grace period the old token is good for that long, and no longer than it would have been', async t => {
  const gateway = await start(t, { graceSeconds: 30 })
  await rotate(gateway, first)
  gateway.shiftClock(30e3 - 1)
  t.ok(await works(gateway, first))
  gateway.shiftClock(1)
  t.notOk(await works(gateway, first))
  gateway.reset()
  gateway.shiftClock(60 * 60e3 - 10e3)
  await rotate(gateway, first)
  gateway.shiftClock(10e3)
  t.notOk(await works(gateway, first))
})

t.test('with a manual acknowledgement the old token is good until its successor has arrived', async t => {
  const gateway = await start(t)
  const lost = (await rotate(gateway, first, { 'with-manual-ack': true })).body.token
  t.same([await works(gateway, first), await works(gateway, lost)], [true, true])
  const next = (await rotate(gateway, first, { 'with-manual-ack': true })).body.token
  t.notOk(await works(gateway, lost), 'asked again, the first successor is over')
  t.equal((await rotate(gateway, first, { 'send-manual-ack-token': lost })).status, 401)
  t.ok(await works(gateway, first))
  t.match(await rotate(gateway, first, { 'send-manual-ack-token': next }), { status: 200, body: { token: next } })
  t.same([await works(gateway, first), await works(gateway, next)], [false, true])
})

t.test('what is missing is a 400, what is unknown a 401, and neither is quoted', async t => {
  const gateway = await start(t)
  t.match(await rotate(gateway, ''), { status: 400, body: { error: 'missing or invalid parameter - uid-token' } })
  for (const token of ['canary-token', '__proto__', 't-0000000000000001']) {
    const answer = await rotate(gateway, token)
    t.equal(answer.status, 401)
    t.notOk(answer.text.includes(token))
  }
  t.match(gateway.journal(), Array(4).fill({ op: 'uid-rotate-token', accessId: undefined }))
})

t.test('calls with a u- token are the identity’s: in the journal, under its rules, under its rate limit', async t => {
  const gateway = await start(t)
  const read = (names: string[], token = first) =>
    post(`${gateway.url}/get-secret-value`, { 'uid-token': token, names })
  t.equal((await read(['/a'])).status, 200)
  t.match(await read(['/b']), { status: 401, body: { error: /UnauthorizedAccess/ } })
  t.match(await read(['/a'], 'u-unknown'), { status: 401, body: { error: /not known/ } })
  t.match(gateway.journal(), [{ accessId }, { accessId }, { accessId: undefined }])
  gateway.revoke()
  t.equal((await read(['/a'])).status, 200, 'no session to revoke')
  gateway.rateLimit(1)
  t.same([(await read(['/a'])).status, (await read(['/a'])).status], [200, 429])
  const both = await post(`${gateway.url}/get-secret-value`, { token: 't-wrong', 'uid-token': first, names: ['/a'] })
  t.equal(both.status, 401, 'a token goes first')
})

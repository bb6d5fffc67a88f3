import t, { type Test } from 'tap'
import type { Identity } from '#api'
import { type Fault, Sensitive } from '#core'
import { faultIn, json, soon, startClient, startServer } from './client.ts'
import { as } from './proofs.ts'

const minute = 60e3

/** Akeyless' side of universal identities: a chain of tokens, each good until its successor is acknowledged or its life is over. */
const startChain = async (t: Test, options: { lifeMs?: number } = {}) => {
  const { lifeMs = 60 * minute } = options
  const clock = { now: Date.now() }
  const good = new Map([['u-1', clock.now + lifeMs]])
  const calls: string[] = []
  const state = { next: 2, autoAck: false, refuseRotation: false, failAck: false }
  const isGood = (token: string) => (good.get(token) ?? 0) > clock.now
  const rotate = (body: Record<string, string>): [number, object] => {
    const old = body['uid-token'] ?? ''
    const acknowledged = body['send-manual-ack-token']
    if (acknowledged !== undefined) {
      if (state.failAck) return [503, {}]
      if (!isGood(old)) return [401, { error: 'no' }]
      good.delete(old)
      return [200, { token: acknowledged }]
    }
    if (state.refuseRotation || !isGood(old)) return [401, { error: 'UnauthorizedAccess' }]
    const token = `u-${state.next++}`
    good.set(token, clock.now + lifeMs)
    if (state.autoAck) good.delete(old)
    return [200, { token }]
  }
  const server = await startServer(t, (request, response, text) => {
    const op = request.url?.replace('/v2/', '') ?? ''
    const body = JSON.parse(text)
    const token = body['uid-token'] ?? body.token
    calls.push(`${op}${body['with-manual-ack'] ? '+' : ''} ${token}`)
    if (op === 'validate-token') {
      const expiration = new Date(good.get(token) ?? 0).toISOString()
      return json(response, 200, { is_valid: isGood(token), expiration })
    }
    if (op === 'uid-rotate-token') return json(response, ...rotate(body))
    if (!isGood(token)) return json(response, 401, { error: 'no' })
    return json(response, 200, { item_name: body.name, item_type: 'STATIC_SECRET' })
  })
  const holder = (token: string): Identity =>
    as(`${server.url}/v2`, { type: 'universal_identity', token: Sensitive.text(token) })
  return { clock, calls, state, holder, good }
}

/** The Secret that holds the token, as its owner writes it. */
const secretOf = (token: string) => {
  const secret = { token, fails: false, writes: [] as string[], faults: [] as Fault[] }
  return {
    secret,
    onRotated: async (fingerprint: string, successor: Sensitive) => {
      secret.writes.push(successor.reveal().toString())
      if (secret.fails) throw new Error('the API server is away')
      if (fingerprint === Sensitive.text(secret.token).fingerprint()) secret.token = successor.reveal().toString()
    },
    onRotationFailed: (_fingerprint: string, fault: Fault) => {
      secret.faults.push(fault)
    },
  }
}

t.test('a universal identity signs its calls itself, after one look at its token', async t => {
  const { calls, holder } = await startChain(t)
  const client = startClient(t)
  await client.describe(holder('u-1'), '/a', soon())
  await client.describe(holder('u-1'), '/b', soon())
  t.same(calls, ['validate-token u-1', 'describe-item u-1', 'describe-item u-1'])
  t.match(await faultIn(client.login(holder('u-other'), soon())), { code: 'LoginRefused' })
})

t.test('a token is rotated at half of its life: written back, acknowledged, and only then replaced', async t => {
  const { calls, holder, clock } = await startChain(t)
  const { secret, ...callbacks } = secretOf('u-1')
  const client = startClient(t, { now: () => clock.now, ...callbacks })
  const old = holder('u-1')
  await client.login(old, soon())
  clock.now += 29 * minute
  await client.login(old, soon())
  t.equal(calls.length, 1)
  clock.now += 2 * minute
  calls.length = 0
  await Promise.all([1, 2, 3].map(() => client.describe(old, '/a', soon())))
  t.same(calls, [
    'uid-rotate-token+ u-1',
    'uid-rotate-token u-1',
    'validate-token u-2',
    ...Array(3).fill('describe-item u-2'),
  ])
  t.equal(secret.token, 'u-2')
  t.same(secret.writes, ['u-2'])

  calls.length = 0
  await client.describe(holder('u-2'), '/a', soon())
  t.same(calls, ['describe-item u-2'], 'who has read the Secret anew finds the token at hand')
  clock.now += 31 * minute
  await client.login(holder('u-2'), soon())
  t.equal(secret.token, 'u-3')
})

t.test('who comes with an old token a minute later is nobody', async t => {
  const { holder, clock } = await startChain(t)
  const { secret, ...callbacks } = secretOf('u-1')
  const client = startClient(t, { now: () => clock.now, ...callbacks })
  await client.login(holder('u-1'), soon())
  clock.now += 31 * minute
  await client.login(holder('u-1'), soon())
  t.equal(secret.token, 'u-2')
  clock.now += 59e3
  await client.login(holder('u-1'), soon())
  clock.now += 2e3
  t.match(await faultIn(client.login(holder('u-1'), soon())), { code: 'LoginRefused' })
  await client.login(holder('u-2'), soon())
})

t.test(
  'a write-back that fails loses nothing: the old token stays, and the same successor is written later',
  async t => {
    const { calls, holder, clock } = await startChain(t)
    const { secret, ...callbacks } = secretOf('u-1')
    const client = startClient(t, { now: () => clock.now, ...callbacks })
    await client.login(holder('u-1'), soon())
    clock.now += 31 * minute
    secret.fails = true
    calls.length = 0
    for (let pass = 0; pass < 3; pass++) {
      await client.describe(holder('u-1'), '/a', soon())
      await client.describe(holder('u-1'), '/b', soon())
      clock.now += 31e3
    }
    t.equal(secret.token, 'u-1')
    t.same(secret.writes, ['u-2', 'u-2', 'u-2'])
    t.equal(calls.filter(call => call.startsWith('uid-rotate-token')).length, 1)
    t.ok(calls.filter(call => call.startsWith('describe')).every(call => call.endsWith('u-1')))
    t.equal(secret.faults.length, 3)
    t.notMatch(secret.faults.map(fault => fault.line()).join(), /u-|away/)
    secret.fails = false
    await client.describe(holder('u-1'), '/a', soon())
    t.equal(secret.token, 'u-2')
    t.equal(calls.at(-1), 'describe-item u-2')
  },
)

t.test('a gateway that gives the old token up at once is outlived too', async t => {
  const { calls, holder, clock, state } = await startChain(t)
  const { secret, ...callbacks } = secretOf('u-1')
  const client = startClient(t, { now: () => clock.now, ...callbacks })
  await client.login(holder('u-1'), soon())
  state.autoAck = true
  secret.fails = true
  clock.now += 31 * minute
  await client.describe(holder('u-1'), '/a', soon())
  t.equal(calls.at(-1), 'describe-item u-2', 'the successor in memory works before it is written')
  t.equal(secret.token, 'u-1')
  secret.fails = false
  clock.now += 31e3
  await client.describe(holder('u-1'), '/a', soon())
  t.equal(secret.token, 'u-2')
  t.equal(calls.filter(call => call.startsWith('uid-rotate-token+')).length, 1)
  t.equal(secret.faults.length, 1, 'an old token that is gone needs no acknowledgement')
})

t.test('a rotation that is refused or not acknowledged is told, and the token stays in use', async t => {
  const { calls, holder, clock, state } = await startChain(t)
  const { secret, ...callbacks } = secretOf('u-1')
  const client = startClient(t, { now: () => clock.now, ...callbacks })
  await client.login(holder('u-1'), soon())
  clock.now += 31 * minute
  state.refuseRotation = true
  await client.describe(holder('u-1'), '/a', soon())
  t.equal(calls.at(-1), 'describe-item u-1')
  t.match(secret.faults, [{ code: 'AccessDenied' }])
  state.refuseRotation = false
  state.failAck = true
  clock.now += 31e3
  await client.describe(holder('u-1'), '/a', soon())
  t.equal(calls.at(-1), 'describe-item u-1')
  t.match(secret.faults, [{}, { code: 'GatewayFailed' }])
  state.failAck = false
  clock.now += 31e3
  await client.describe(holder('u-1'), '/a', soon())
  t.equal(calls.at(-1), 'describe-item u-2')
})

t.test('without a way to write back nothing is rotated', async t => {
  const { calls, holder, clock } = await startChain(t)
  const client = startClient(t, { now: () => clock.now })
  for (let pass = 0; pass < 59; pass++) {
    await client.login(holder('u-1'), soon())
    clock.now += minute
  }
  t.same([...new Set(calls)], ['validate-token u-1'])
  t.ok(calls.length < 12, `${calls.length} looks`)
  clock.now += 2 * minute
  t.match(await faultIn(client.login(holder('u-1'), soon())), { code: 'LoginRefused' })
})

t.test('tokens that live for no time are not rotated at every call', async t => {
  const { calls, holder, clock } = await startChain(t, { lifeMs: 1 })
  const { secret, ...callbacks } = secretOf('u-1')
  const client = startClient(t, { now: () => clock.now, ...callbacks })
  for (let pass = 0; pass < 20; pass++) await client.describe(holder('u-1'), '/a', soon())
  t.ok(calls.filter(call => call.startsWith('uid-rotate-token+')).length <= 1)
  t.equal(secret.faults.length, 0)
})

import t, { type Test } from 'tap'
import type { Proofs } from '#akeyless'
import type { Login } from '#api'
import { Sensitive } from '#core'
import { startGateway } from '../support/gateway.ts'
import { faultIn, read, refs, soon, startClient, textOf } from '../unit/akeyless/client.ts'
import { as } from '../unit/akeyless/proofs.ts'
import { now } from '../unit/devgateway/proofs.ts'
import { k8sTokens, others, seedOfAll, ways } from '../unit/devgateway/ways.ts'

type Fields = Readonly<Record<string, string>>
type Type = Login['type']

const secret = (fields: Fields, name: string) => Sensitive.text(fields[name] ?? '')
const opened = (fields: Fields, name: string) => Sensitive.bytes(Buffer.from(fields[name] ?? '', 'base64'))

/** Our login for what the gateway's own tests send by hand. */
const logins = {
  api_key: f => ({ type: 'api_key', accessId: ways.api_key.accessId, accessKey: secret(f, 'access-key') }),
  k8s: f => ({
    type: 'k8s',
    accessId: ways.k8s.accessId,
    config: f['k8s-auth-config-name'] ?? '',
    token: { from: 'secret', token: opened(f, 'k8s-service-account-token') },
  }),
  jwt: f => ({ type: 'jwt', accessId: ways.jwt.accessId, token: { from: 'secret', token: secret(f, 'jwt') } }),
  aws_iam: () => ({ type: 'aws_iam', accessId: ways.aws_iam.accessId }),
  azure_ad: () => ({ type: 'azure_ad', accessId: ways.azure_ad.accessId }),
  gcp: () => ({ type: 'gcp', accessId: ways.gcp.accessId, audience: 'akeyless.io' }),
  universal_identity: f => ({ type: 'universal_identity', token: secret(f, 'uid-token') }),
  cert: f => ({
    type: 'cert',
    accessId: ways.cert.accessId,
    certificate: opened(f, 'cert-data'),
    key: opened(f, 'key-data'),
  }),
} satisfies { readonly [T in Type]: (fields: Fields) => Extract<Login, { type: T }> }

const proofsOf = (fields: Fields): Proofs => {
  const cloudId = () => Promise.resolve(secret(fields, 'cloud-id'))
  return { projectedToken: cloudId, aws: cloudId, azure: cloudId, gcp: cloudId }
}

const begin = async (t: Test) => {
  const { seed } = await seedOfAll(t)
  const clock = { now: now.getTime() }
  const gateway = await startGateway(t, seed, { now: () => new Date(clock.now) })
  const clientOf = (fields: object) => startClient(t, { now: () => clock.now, proofs: proofsOf(fields as Fields) })
  const who = (type: Type, fields: object) => as(gateway.url, logins[type](fields as Fields))
  return { gateway, clientOf, who, clock }
}

for (const type of Object.keys(logins) as Type[])
  t.test(`${type}: a good proof reads, another is a refused login`, async t => {
    const { gateway, clientOf, who } = await begin(t)
    const [good] = ways[type].good
    const [wrong] = ways[type].wrong
    if (!good || !wrong) throw new Error('there are no attempts')
    const values = await read(clientOf(good.fields), who(type, good.fields), refs('/apps/one'))
    t.same(values.map(textOf), ['canary-value'])
    const fault = await faultIn(clientOf(wrong.fields).login(who(type, wrong.fields), soon()))
    t.equal(fault.code, 'LoginRefused')
    t.notMatch(fault.line(), /canary/)
    const ops = gateway.journal().map(({ op }) => op)
    t.equal(ops.filter(op => op === (type === 'universal_identity' ? 'validate-token' : 'auth')).length, 2)
  })

t.test('a gateway that cannot judge a token has refused nothing', async t => {
  const { gateway, clientOf, clock } = await begin(t)
  const token = { from: 'secret', token: Sensitive.text(k8sTokens.serviceAccount.good) } as const
  const broken = as(gateway.url, { type: 'k8s', accessId: others.broken, config: 'broken', token })
  const client = clientOf({})
  for (let pass = 0; pass < 6; pass++) {
    t.match(await faultIn(client.login(broken, soon())), { code: 'GatewayFailed' })
    clock.now += 60e3
  }
})

t.test('a universal identity outlives its token by rotation, with its Secret always good', async t => {
  const { gateway, clock } = await begin(t)
  const held = { token: 'u-canary-uid', writes: 0 }
  const failures: unknown[] = []
  const client = startClient(t, {
    now: () => clock.now,
    onRotationFailed: (_fingerprint, fault) => failures.push(fault),
    onRotated: async (fingerprint, successor) => {
      held.writes += 1
      // every other write-back fails
      if (held.writes % 2 === 1) throw new Error('the API server is away')
      if (fingerprint === Sensitive.text(held.token).fingerprint()) held.token = successor.reveal().toString()
    },
  })
  for (let passed = 0; passed < 10 * 60; passed += 5) {
    const who = as(gateway.url, { type: 'universal_identity', token: Sensitive.text(held.token) })
    t.same((await read(client, who, refs('/apps/one'))).map(textOf), ['canary-value'], `${passed} min`)
    clock.now += 5 * 60e3
  }
  t.not(held.token, 'u-canary-uid')
  t.ok(held.writes >= 20 && failures.length >= 10, `${held.writes} writes, ${failures.length} failures`)
  const restarted = startClient(t, { now: () => clock.now })
  await restarted.login(as(gateway.url, { type: 'universal_identity', token: Sensitive.text(held.token) }), soon())
})

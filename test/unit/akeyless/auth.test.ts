import t from 'tap'
import type { Proofs } from '#akeyless'
import type { Login, ProjectedToken } from '#api'
import { Fault, Sensitive } from '#core'
import { authOf, authTypes } from '../../../pkg/akeyless/auth/index.ts'
import { peerOf } from '../../../pkg/akeyless/peer.ts'
import { encode } from '../../../pkg/akeyless/wire.ts'
import { faultIn, json, soon, startClient, startServer } from './client.ts'
import { as, countingProofs } from './proofs.ts'

const accessId = 'p-abcdefghijklmn'
const secret = Sensitive.text
const base64 = (text: string) => Buffer.from(text).toString('base64')
const account: ProjectedToken = { from: 'service-account', namespace: 'demo', name: 'app', audiences: ['a'] }
const held = (token: string): ProjectedToken => ({ from: 'secret', token: secret(token) })
const workload = { clientId: 'c', tenantId: 't', serviceAccount: { namespace: 'demo', name: 'app', audiences: ['a'] } }

interface Case {
  /** Logins of this type with the body that each sends (akeyless.md §4); no two of them are the same login. */
  readonly sends: readonly (readonly [Login, object])[]
}

const k8s = (config: string, token: ProjectedToken): Login => ({ type: 'k8s', accessId, config, token })
const sentK8s = (config: string, jwt: string) => ({
  'access-type': 'k8s',
  'access-id': accessId,
  'k8s-auth-config-name': config,
  'k8s-service-account-token': base64(jwt),
})
const jwt = (token: ProjectedToken): Login => ({ type: 'jwt', accessId, token })
const sentJwt = (token: string) => ({ 'access-type': 'jwt', 'access-id': accessId, jwt: token })
const azure = (more: object): Login => ({ type: 'azure_ad', accessId, ...more })
const sentCloud = (type: string) => ({ 'access-type': type, 'access-id': accessId, 'cloud-id': 'proof-1' })
const cert = (certificate: string, key: string): Login => ({
  type: 'cert',
  accessId,
  certificate: secret(certificate),
  key: secret(key),
})

const cases = {
  api_key: {
    sends: ['key', 'other'].map(key => [
      { type: 'api_key', accessId, accessKey: secret(key) },
      { 'access-type': 'access_key', 'access-id': accessId, 'access-key': key },
    ]),
  },
  k8s: {
    sends: [
      [k8s('c', account), sentK8s('c', 'proof-1')],
      [k8s('other', account), sentK8s('other', 'proof-1')],
      [k8s('c', { ...account, namespace: 'other' }), sentK8s('c', 'proof-1')],
      [k8s('c', { ...account, name: 'other' }), sentK8s('c', 'proof-1')],
      [k8s('c', { ...account, audiences: [] }), sentK8s('c', 'proof-1')],
      [k8s('c', { ...account, audiences: ['a', 'b'] }), sentK8s('c', 'proof-1')],
      [k8s('c', { ...account, name: 'app","a', audiences: [] }), sentK8s('c', 'proof-1')],
      [k8s('c', { from: 'own', audiences: [] }), sentK8s('c', 'proof-1')],
      [k8s('c', { from: 'own', audiences: ['a'] }), sentK8s('c', 'proof-1')],
      [k8s('c', held('e30.e30.x\n')), sentK8s('c', 'e30.e30.x')],
      [k8s('c', held('e30.e30.y')), sentK8s('c', 'e30.e30.y')],
    ],
  },
  jwt: {
    sends: [
      [jwt(account), sentJwt('proof-1')],
      [jwt({ from: 'own', audiences: ['a'] }), sentJwt('proof-1')],
      [jwt(held(' e30.e30.x\n')), sentJwt('e30.e30.x')],
    ],
  },
  aws_iam: { sends: [[{ type: 'aws_iam', accessId }, sentCloud('aws_iam')]] },
  azure_ad: {
    sends: [
      {},
      { objectId: 'o' },
      { workload },
      { objectId: 'o', workload },
      { workload: { ...workload, clientId: 'other' } },
      { workload: { ...workload, tenantId: 'other' } },
      { workload: { clientId: 'c', serviceAccount: workload.serviceAccount } },
      { workload: { ...workload, serviceAccount: { ...workload.serviceAccount, namespace: 'other' } } },
      { workload: { ...workload, serviceAccount: { ...workload.serviceAccount, name: 'other' } } },
      { workload: { ...workload, serviceAccount: { ...workload.serviceAccount, audiences: [] } } },
    ].map(more => [azure(more), sentCloud('azure_ad')]),
  },
  gcp: {
    sends: ['akeyless.io', 'other'].map(audience => [
      { type: 'gcp', accessId, audience },
      { ...sentCloud('gcp'), 'gcp-audience': 'akeyless.io' },
    ]),
  },
  universal_identity: {
    sends: [
      [{ type: 'universal_identity', token: secret('u-1\n') }, { token: 'u-1' }],
      [{ type: 'universal_identity', token: secret('u-2') }, { token: 'u-2' }],
      [{ type: 'universal_identity', accessId, token: secret('u-1') }, { token: 'u-1' }],
    ],
  },
  cert: {
    sends: (
      [
        ['C', 'K'],
        ['C2', 'K'],
        ['C', 'K2'],
      ] as const
    ).map(([certificate, key]) => [
      cert(certificate, key),
      {
        'access-type': 'cert',
        'access-id': accessId,
        'cert-data': base64(certificate),
        'key-data': base64(key),
      },
    ]),
  },
} satisfies { readonly [T in Login['type']]: Case }

const entries = Object.entries(cases) as [Login['type'], Case][]

for (const [type, { sends }] of entries) {
  t.test(`${type}: a login sends what Akeyless wants, with a proof made for it`, async t => {
    for (const [login, body] of sends) {
      const sent = await authOf(login).fields(countingProofs(), soon())
      t.same(JSON.parse(encode(sent).toString()), body)
      t.equal(login.type, type)
    }
  })

  t.test(`${type}: a login has one name, whatever its proof is this time`, async t => {
    for (const [login] of sends) {
      const before = peerOf(as('https://gw', login)).loginKey
      await authOf(login).fields(countingProofs(), soon())
      t.equal(peerOf(as('https://gw', { ...login })).loginKey, before)
    }
  })
}

t.test('no two logins share a name, be it of one type or of two', async t => {
  const logins = [
    ...entries.flatMap(([, { sends }]) => sends.map(([login]) => login)),
    // the same access id alone
    ...(['aws_iam', 'gcp', 'azure_ad', 'api_key'] as const).map(
      type => ({ type, accessId: 'p-other', audience: '', accessKey: secret('') }) as Login,
    ),
  ]
  t.same(Object.keys(cases).sort(), Object.keys(authTypes).sort())
  const keys = logins.map(login => peerOf(as('https://gw', login)).loginKey)
  t.equal(new Set(keys).size, keys.length)
})

t.test('the proof is asked for what the login says', async t => {
  const wanted: readonly [Login, string][] = [
    [k8s('c', account), JSON.stringify(account)],
    [jwt({ from: 'own', audiences: ['x'] }), JSON.stringify({ from: 'own', audiences: ['x'] })],
    [{ type: 'aws_iam', accessId }, 'aws'],
    [azure({ objectId: 'o', workload }), JSON.stringify(['azure', 'o', workload])],
    [{ type: 'gcp', accessId, audience: 'x' }, 'gcp x'],
  ]
  for (const [login, asked] of wanted) {
    const proofs = countingProofs()
    await authOf(login).fields(proofs, soon())
    t.same(proofs.asked, [asked])
  }
})

t.test('a held token that is empty is said to be so', async t => {
  for (const login of [jwt(held(' \n')), k8s('c', held(''))])
    await t.rejects(authOf(login).fields(countingProofs(), soon()), { code: 'CredentialInvalid' })
})

t.test('without proofs, what needs none logs in, and the rest says why not', async t => {
  const server = await startServer(t, (_request, response) => json(response, 200, { token: 't-1', is_valid: true }))
  const client = startClient(t)
  const url = `${server.url}/v2`
  const free: readonly Login[] = [
    { type: 'api_key', accessId, accessKey: secret('k') },
    jwt(held('e30')),
    cert('C', 'K'),
    { type: 'universal_identity', token: secret('u-1') },
  ]
  for (const login of free) await client.login(as(url, login), soon())
  const bound: readonly Login[] = [
    jwt(account),
    { type: 'aws_iam', accessId },
    azure({}),
    { type: 'gcp', accessId, audience: 'x' },
  ]
  for (const login of bound)
    t.equal((await faultIn(client.login(as(url, login), soon()))).code, 'NotSupported', login.type)
})

t.test('a proof that cannot be had is no refused login, and is asked for again after a second', async t => {
  const clock = { now: Date.now() }
  const state = { fails: true, asked: 0 }
  const proofs: Proofs = {
    ...countingProofs(),
    aws: async () => {
      state.asked += 1
      if (state.fails) throw new Fault('GatewayUnreachable', 'no metadata service')
      return secret('proof')
    },
  }
  const server = await startServer(t, (_request, response) => json(response, 200, { token: 't-1' }))
  const client = startClient(t, { proofs, now: () => clock.now })
  const who = as(`${server.url}/v2`, { type: 'aws_iam', accessId })
  for (let second = 0; second < 20; second++) {
    const both = await Promise.all([client.login(who, soon()), client.login(who, soon())].map(faultIn))
    for (const fault of [...both, await faultIn(client.login(who, soon()))])
      t.match(fault, { code: 'GatewayUnreachable', message: 'no metadata service' })
    clock.now += 1000
  }
  t.equal(state.asked, 20)
  t.same(server.paths, [])
  t.match(
    await faultIn(client.read(who, [{ path: '/a', version: 0 }], { maxAgeMs: 0, scope: '' }, soon())),
    { code: 'GatewayUnreachable' },
    'of all that may be read, nothing',
  )
  state.fails = false
  clock.now += 1000
  await client.login(who, soon())
  t.same(server.paths, ['/v2/auth'])
})

t.test('one proof serves all base paths of one login', async t => {
  const proofs = countingProofs()
  const server = await startServer(t, (request, response) =>
    request.url === '/api/v2/auth' ? json(response, 200, { token: 't-1' }) : response.writeHead(404).end('404'),
  )
  await startClient(t, { proofs }).login(as(server.url, k8s('c', account)), soon())
  t.same(server.paths, ['/auth', '/v2/auth', '/api/v2/auth'])
  t.equal(proofs.asked.length, 1)
})

t.test('a proof that fails when a token is renewed early costs nothing before the token ends', async t => {
  const clock = { now: Date.parse('2026-11-21T12:00:00Z') }
  const ends = new Date(clock.now + 60 * 60e3).toISOString()
  const state = { fails: false }
  const proofs: Proofs = {
    ...countingProofs(),
    projectedToken: async () => {
      if (state.fails) throw new Fault('CredentialMissing', 'no such ServiceAccount')
      return secret('e30')
    },
  }
  const server = await startServer(t, (_request, response) => json(response, 200, { token: 't-1', expiration: ends }))
  const client = startClient(t, { proofs, now: () => clock.now })
  const who = as(`${server.url}/v2`, jwt(account))
  await client.login(who, soon())
  state.fails = true
  for (let minute = 0; minute < 59; minute++) {
    clock.now += 60e3
    await client.login(who, soon())
  }
  clock.now += 60e3
  t.match(await faultIn(client.login(who, soon())), { code: 'CredentialMissing' })
  t.equal(server.paths.length, 1)
})

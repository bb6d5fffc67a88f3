// The development gateway has the API server review ServiceAccount tokens, as the real one does.
import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { SeedInput } from '#devgateway'
import { apiServer, namespace as namespaceFor, until } from '../support/cluster.ts'
import { post, startGateway } from '../support/gateway.ts'
import { create, get, remove } from '../support/objects.ts'

interface Scope {
  teardown(fn: () => Promise<void>): unknown
}

const base64 = (text: string) => Buffer.from(text).toString('base64')
const collection = (namespace: string) => `/api/v1/namespaces/${namespace}/serviceaccounts`

/** A token by TokenRequest; without audiences it is for the API server itself. */
const tokenOf = async (namespace: string, name: string, audiences?: readonly string[]): Promise<string> => {
  const spec = { expirationSeconds: 600, ...(audiences && { audiences }) }
  return (await create(`${collection(namespace)}/${name}/token`, { spec })).status.token
}

/** A ServiceAccount that may review tokens and nothing else. */
const reviewer = async (t: Scope, namespace: string): Promise<string> => {
  const name = `reviewer-${randomBytes(4).toString('hex')}`
  const bindings = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings'
  await create(collection(namespace), { metadata: { name } })
  await create(bindings, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:auth-delegator' },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  })
  t.teardown(() => remove(`${bindings}/${name}`))
  return tokenOf(namespace, name)
}

const identity = { bound: 'p-boundk0boundkb', any: 'p-anyany0anyankb', mute: 'p-mutemu0mutemkb' } as const

/** Two namespaces, two accounts in the first; a gateway that reviews with rights and, as `mute`, without. */
const setUp = async (t: Scope) => {
  const [own, other] = [await namespaceFor(t), await namespaceFor(t)]
  for (const [namespace, name] of [
    [own, 'reader'],
    [own, 'other'],
    [other, 'reader'],
  ] as const)
    await create(collection(namespace), { metadata: { name } })
  const server = { server: apiServer.url, ca: apiServer.ca }
  const read = { path: '/apps/*', allow: ['read' as const], subClaims: { namespace: [own] } }
  const seed: SeedInput = {
    kubernetes: [
      { ...server, name: 'live', token: await reviewer(t, own) },
      { ...server, name: 'mute', token: await tokenOf(own, 'other') },
    ],
    identities: [
      {
        type: 'k8s',
        accessId: identity.bound,
        config: 'live',
        namespaces: [own],
        serviceAccounts: ['reader'],
        audiences: ['akeyless'],
        rules: [read],
      },
      { type: 'k8s', accessId: identity.any, config: 'live', rules: [read] },
      { type: 'k8s', accessId: identity.mute, config: 'mute' },
    ],
    items: [{ path: '/apps/one', type: 'STATIC_SECRET', value: 'v' }],
  }
  const gateway = await startGateway(t, seed)
  const logIn = (token: string, accessId: string = identity.bound, config = 'live') =>
    post(`${gateway.url}/auth`, {
      'access-id': accessId,
      'access-type': 'k8s',
      'k8s-auth-config-name': config,
      'k8s-service-account-token': base64(token),
    })
  const reads = async (token: string) =>
    (await post(`${gateway.url}/get-secret-value`, { token, names: ['/apps/one'] })).status
  return { own, other, gateway, logIn, reads }
}

t.test('a ServiceAccount logs in with a token of the API server, as far as it is bound', async t => {
  const { own, other, gateway, logIn, reads } = await setUp(t)
  const good = await tokenOf(own, 'reader', ['akeyless'])
  const [header, payload, signature = ''] = good.split('.')
  const cases = [
    { name: 'the right one', token: good, status: 200 },
    { name: 'one more audience', token: await tokenOf(own, 'reader', ['vault', 'akeyless']), status: 200 },
    { name: 'another audience', token: await tokenOf(own, 'reader', ['vault']), status: 401 },
    { name: 'the audience of the API server', token: await tokenOf(own, 'reader'), status: 401 },
    { name: 'another ServiceAccount', token: await tokenOf(own, 'other', ['akeyless']), status: 401 },
    { name: 'another namespace', token: await tokenOf(other, 'reader', ['akeyless']), status: 401 },
    { name: 'another signature', token: [header, payload, [...signature].reverse().join('')].join('.'), status: 401 },
    { name: 'the administrator, no ServiceAccount', token: apiServer.token, status: 401 },
  ]
  for (const { name, token, status } of cases) {
    gateway.reset()
    const answer = await logIn(token)
    t.equal(answer.status, status, name)
    t.notOk(JSON.stringify([answer.text, gateway.journal()]).includes(token))
  }
  gateway.reset()
  t.equal((await logIn(good, identity.bound, 'mute')).status, 401, 'another configuration')
  t.equal(await reads((await logIn(good)).body.token), 200)
})

t.test('bound to nothing, every ServiceAccount logs in, and sub-claims tell the roles apart', async t => {
  const { own, other, logIn, reads } = await setUp(t)
  const cases = [
    { name: 'own namespace', token: await tokenOf(own, 'other', ['vault']), read: 200 },
    { name: 'another namespace', token: await tokenOf(other, 'reader', ['akeyless']), read: 401 },
    { name: 'the audience of the API server', token: await tokenOf(own, 'reader'), read: 200 },
  ]
  for (const { name, token, read } of cases) {
    const { status, body } = await logIn(token, identity.any)
    t.equal(status, 200, name)
    t.equal(await reads(body.token), read, name)
  }
})

t.test(
  'a legacy token logs in where no audience is bound; a token goes with its Secret or its ServiceAccount',
  async t => {
    const { own, logIn } = await setUp(t)
    const secrets = `/api/v1/namespaces/${own}/secrets`
    const annotations = { 'kubernetes.io/service-account.name': 'other' }
    await create(secrets, { metadata: { name: 'legacy', annotations }, type: 'kubernetes.io/service-account-token' })
    const encoded = await until(t, 'the token', async () => (await get(`${secrets}/legacy`)).data?.token)
    const legacy = Buffer.from(encoded, 'base64').toString()
    const projected = await tokenOf(own, 'reader', ['akeyless'])
    t.equal((await logIn(legacy)).status, 401, 'it has no audience')
    const statuses = async () => [(await logIn(legacy, identity.any)).status, (await logIn(projected)).status]
    t.same(await statuses(), [200, 200])
    await remove(`${secrets}/legacy`)
    await remove(`${collection(own)}/reader`)
    // the API server remembers for ten seconds what it has found good
    const refused = async () => ((await statuses()).every(status => status === 401) ? true : undefined)
    await until(t, 'both to be refused', refused, 30_000)
  },
)

t.test('a reviewer without the right to review is told as the gateway’s trouble', async t => {
  const { own, logIn } = await setUp(t)
  const answer = await logIn(await tokenOf(own, 'reader', ['akeyless']), identity.mute, 'mute')
  t.match(answer, {
    status: 500,
    body: { error: 'gateway configuration: the API server of mute does not review tokens: HTTP 403' },
  })
})

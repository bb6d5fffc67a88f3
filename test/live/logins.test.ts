// Every way to log in that needs this cluster alone, through `latchkey serve` and a gateway that has the API server itself review
// the tokens: who a store is, how often it asks for a proof, and that nobody is somebody else.
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { issueCa, issueLeaf, randomSources } from '#certs'
import type { SeedInput } from '#devgateway'
import { accountsOf, clusterIssuer, createAccount, reviewingCluster, tokenOf } from '../support/accounts.ts'
import { startAudit } from '../support/audit.ts'
import { namespace as namespaceFor } from '../support/cluster.ts'
import { bestMs } from '../support/effort.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  akeylessSpec,
  clusterSecretStore,
  create,
  credentials,
  entry,
  externalSecret,
  get,
  type Json,
  pathsOf,
  readyOf,
  remove,
  secretStore,
  settled,
  textsOf,
  whenReady,
} from '../support/objects.ts'
import { install } from './twin.ts'

await install()
const ids = {
  bound: 'p-boundk0boundkb',
  any: 'p-anyany0anyankb',
  jwt: 'p-jwtjwt0jwtjwob',
  cert: 'p-certce0certceb',
} as const
const audience = 'akeyless'
const [a, b] = [await namespaceFor(t), await namespaceFor(t)]
// its own class: it sees the whole cluster, and with it the objects of other tests
const controller = `logins-${randomBytes(4).toString('hex')}`

const clientCertificates = async () => {
  const sources = randomSources()
  const now = new Date()
  const [ca, foreign] = [await issueCa({ sources, now }), await issueCa({ sources, now })]
  const pair = async (by: typeof ca) => {
    const { cert, key } = await issueLeaf({ ca: by, sources, now, names: { dns: ['app.example.com'], ip: [] } })
    return `${cert}\n${key.reveal().toString()}`
  }
  return { ca: ca.cert, pair: await pair(ca), foreignPair: await pair(foreign) }
}
const certificates = await clientCertificates()

// an account for each way: what one identity has read is remembered for the next
const accounts = [
  'kubernetes-auth',
  'account-before-secret',
  'access-type-k8s',
  'access-type-jwt',
  'access-type-jwt-audience',
]
const issuer = await clusterIssuer()
const read = (path: string, subClaims?: Record<string, string[]>) => ({
  path,
  allow: ['read' as const, 'list' as const],
  ...(subClaims && { subClaims }),
})
const seed: SeedInput = {
  kubernetes: [await reviewingCluster(t, a)],
  identities: [
    {
      type: 'k8s',
      accessId: ids.bound,
      config: 'live',
      namespaces: [a],
      serviceAccounts: ['reader', ...accounts],
      audiences: [audience],
      rules: [read('/shared/*')],
    },
    {
      type: 'k8s',
      accessId: ids.any,
      config: 'live',
      rules: [read('/shared/*'), read('/team/a', { namespace: [a] }), read('/team/b', { namespace: [b] })],
    },
    {
      type: 'jwt',
      accessId: ids.jwt,
      jwks: issuer.jwks as never, // as the API server gives it; the seed parses it
      issuer: issuer.issuer,
      audiences: ['akeyless.io'],
      boundClaims: { sub: accounts.map(name => `system:serviceaccount:${a}:${name}`) },
      rules: [read('/shared/*')],
    },
    {
      type: 'cert',
      accessId: ids.cert,
      ca: certificates.ca,
      dnsNames: ['app.example.com'],
      rules: [read('/shared/*')],
    },
  ],
  items: [
    { path: '/shared/one', type: 'STATIC_SECRET', value: 'for all' },
    { path: '/shared/two', type: 'STATIC_SECRET', value: 'for all, too' },
    { path: '/team/a', type: 'STATIC_SECRET', value: 'value of a' },
    { path: '/team/b', type: 'STATIC_SECRET', value: 'value of b' },
  ],
}
const gateway = await startTlsGateway(t, seed)
const audit = await startAudit(t)
const latchkey = await startLatchkey(t, {
  gateway,
  kubeconfig: audit.kubeconfig,
  args: ['--controller-class', controller],
})
for (const namespace of [a, b]) for (const name of ['reader', 'other']) await createAccount(namespace, name)
for (const name of accounts) await createAccount(a, name)

const logins = () =>
  gateway
    .journal()
    .filter(({ op }) => op === 'auth')
    .map(({ accessId, status }) => `${accessId} ${status}`)
/** ServiceAccounts for which tokens were asked, as `namespace/name`. */
const tokenRequests = () =>
  audit
    .asked()
    .filter(({ method, path }) => method === 'POST' && path.endsWith('/token'))
    .map(({ path }) => path.replace(/^.*\/namespaces\/(.+)\/serviceaccounts\/(.+)\/token$/, '$1/$2'))
const forget = () => {
  gateway.reset()
  audit.forget()
}

const messageOf = (object: Json): string => readyOf(object)?.message ?? ''
const spec = (authSecretRef: object) => akeylessSpec({ authSecretRef }, { controller })
const kubernetesAuth = (auth: object, accessID: string = ids.bound) =>
  spec({ kubernetesAuth: { accessID, k8sConfName: 'live', ...auth } })
const bySecret = (name: string, rest: object = {}, namespace?: string) => {
  const from = (key: string) => ({ name, key, ...(namespace && { namespace }) })
  return spec({
    secretRef: {
      accessID: from('accessId'),
      accessType: from('accessType'),
      accessTypeParam: from('accessTypeParam'),
    },
    ...rest,
  })
}
const secret = (name: string, data: Record<string, string>) => ({ metadata: { name }, stringData: data })

/** Reads an item through the store of this name in the namespace; gives the text. */
const readThrough = async (t: Tap, namespace: string, store: string, path = '/shared/one', kind = 'SecretStore') => {
  const { externalSecrets, secrets } = pathsOf(namespace)
  const name = `${store}-${randomBytes(2).toString('hex')}`
  const secretStoreRef = { kind, name: store }
  await create(externalSecrets, externalSecret(name, { secretStoreRef, data: [entry('text', path)] }))
  await whenReady(t, `${externalSecrets}/${name}`)
  return textsOf(await get(`${secrets}/${name}`))['text']
}
type Tap = Parameters<typeof whenReady>[0]

const legacyToken = async (t: Tap, namespace: string, name: string, account: string): Promise<void> => {
  const { secrets } = pathsOf(namespace)
  const annotations = { 'kubernetes.io/service-account.name': account }
  await create(secrets, { metadata: { name, annotations }, type: 'kubernetes.io/service-account-token' })
  await settled(t, `${secrets}/${name}`, object => object.data?.token !== undefined)
}

interface Way {
  readonly name: string
  /** Objects that it needs; gives the spec of its store. */
  make(t: Tap): Promise<object>
  readonly accessId: string
  /** How many tokens are requested for one login. */
  readonly requests: readonly string[]
}

const ways: readonly Way[] = [
  {
    name: 'kubernetes-auth',
    make: async () => kubernetesAuth({ serviceAccountRef: { name: 'kubernetes-auth', audiences: [audience] } }),
    accessId: ids.bound,
    requests: [`${a}/kubernetes-auth`],
  },
  {
    name: 'legacy-token',
    make: async t => {
      await create(accountsOf(a), {
        metadata: { name: 'old' },
        secrets: [{ name: 'old-dockercfg' }, { name: 'old-token' }],
      })
      await legacyToken(t, a, 'old-token', 'old')
      return kubernetesAuth({ serviceAccountRef: { name: 'old' } }, ids.any)
    },
    accessId: ids.any,
    requests: [],
  },
  {
    name: 'token-in-a-secret',
    make: async () => {
      const token = `${await tokenOf(a, 'reader', [audience])}\n`
      await create(pathsOf(a).secrets, secret('projected', { token }))
      return kubernetesAuth({ secretRef: { name: 'projected' } })
    },
    accessId: ids.bound,
    requests: [],
  },
  {
    name: 'account-before-secret',
    make: async () =>
      kubernetesAuth({
        serviceAccountRef: { name: 'account-before-secret', audiences: [audience] },
        secretRef: { name: 'nobody', key: 'token' },
      }),
    accessId: ids.bound,
    requests: [`${a}/account-before-secret`],
  },
  {
    name: 'access-type-k8s',
    make: async () => {
      const login = { accessId: ids.bound, accessType: 'k8s', accessKey: 'live' }
      await create(pathsOf(a).secrets, credentials({ name: 'k8s', ...login }))
      return bySecret('k8s', { serviceAccountRef: { name: 'access-type-k8s', audiences: [audience] } })
    },
    accessId: ids.bound,
    requests: [`${a}/access-type-k8s`],
  },
  {
    name: 'access-type-jwt',
    make: async () => {
      const login = { accessId: ids.jwt, accessType: 'jwt', accessKey: '' }
      await create(pathsOf(a).secrets, credentials({ name: 'jwt', ...login }))
      return bySecret('jwt', { serviceAccountRef: { name: 'access-type-jwt' } })
    },
    accessId: ids.jwt,
    requests: [`${a}/access-type-jwt`],
  },
  {
    name: 'access-type-jwt-audience',
    make: async () => {
      const login = { accessId: ids.jwt, accessType: 'jwt', accessKey: 'akeyless.io' }
      await create(pathsOf(a).secrets, credentials({ name: 'jwt-audience', ...login }))
      return bySecret('jwt-audience', {
        serviceAccountRef: { name: 'access-type-jwt-audience', audiences: ['vault', 'akeyless.io'] },
      })
    },
    accessId: ids.jwt,
    requests: [`${a}/access-type-jwt-audience`],
  },
  {
    name: 'access-type-cert',
    make: async () => {
      const login = { accessId: ids.cert, accessType: 'cert', accessKey: certificates.pair }
      await create(pathsOf(a).secrets, credentials({ name: 'cert', ...login }))
      return bySecret('cert')
    },
    accessId: ids.cert,
    requests: [],
  },
]

for (const { name, make, accessId, requests } of ways) {
  t.test(`${name}: one login, one proof, and the value`, async t => {
    forget()
    const made = await make(t)
    await create(pathsOf(a).stores, secretStore(name, made))
    const store = await whenReady(t, `${pathsOf(a).stores}/${name}`)
    t.match(store.status, { capabilities: 'ReadWrite', conditions: [{ reason: 'Valid', message: 'store validated' }] })
    t.equal(await readThrough(t, a, name), 'for all')
    // a second store of the same identity, and more who read
    await create(pathsOf(a).stores, secretStore(`${name}-2`, made))
    await whenReady(t, `${pathsOf(a).stores}/${name}-2`)
    t.equal(await readThrough(t, a, `${name}-2`), 'for all')
    t.same(logins(), [`${accessId} 200`])
    t.same(tokenRequests(), requests)
    // nothing ends a token's life as thoroughly as a gateway that forgets it
    gateway.revoke()
    t.equal(await readThrough(t, a, name, '/shared/two'), 'for all, too')
    t.same(logins(), [`${accessId} 200`, `${accessId} 200`])
    t.same(tokenRequests(), [...requests, ...requests])
  })
}

t.test('without a ref the store logs in as Latchkey itself, which has no ServiceAccount outside of a pod', async t => {
  forget()
  await create(pathsOf(a).stores, secretStore('own', kubernetesAuth({})))
  const store = await whenReady(t, `${pathsOf(a).stores}/own`, 'False')
  t.equal(
    messageOf(store),
    'spec.provider.akeyless.authSecretRef: this process has no ServiceAccount of its own → run it in a pod, or name a serviceAccountRef in the store; spec.provider.akeyless.authSecretRef: sends the gateway the token of Latchkey itself, which the API server takes too → name a serviceAccountRef with audiences, and bind the same ones in the auth method',
  )
  t.same([logins(), tokenRequests()], [[], []])
})

interface Refused {
  readonly name: string
  readonly spec: () => object
  readonly message: RegExp
}

const refused: readonly Refused[] = [
  {
    name: 'another-account',
    spec: () => kubernetesAuth({ serviceAccountRef: { name: 'other', audiences: [audience] } }),
    message: /authSecretRef: gateway api\.akeyless\.io refuses the login → /,
  },
  {
    name: 'another-audience',
    spec: () => kubernetesAuth({ serviceAccountRef: { name: 'reader', audiences: ['vault'] } }),
    message: /authSecretRef: gateway api\.akeyless\.io refuses the login → /,
  },
  {
    name: 'foreign-certificate',
    spec: () => bySecret('foreign-cert'),
    message: /authSecretRef: gateway api\.akeyless\.io refuses the login → check key "accessId" of Secret /,
  },
]
t.test('a proof that is somebody else’s is refused, once', async t => {
  const login = { accessId: ids.cert, accessType: 'cert', accessKey: certificates.foreignPair }
  await create(pathsOf(a).secrets, credentials({ name: 'foreign-cert', ...login }))
  for (const { name, spec, message } of refused) {
    forget()
    await create(pathsOf(a).stores, secretStore(name, spec()))
    const store = await whenReady(t, `${pathsOf(a).stores}/${name}`, 'False')
    t.match(messageOf(store), message, name)
    t.equal(logins().length, 1, name)
  }
})

t.test('one TokenRequest and one login for ten stores and twenty ExternalSecrets of one identity', async t => {
  forget()
  const { stores, externalSecrets } = pathsOf(b)
  const names = Array.from({ length: 10 }, (_, index) => `many-${index}`)
  const auth = kubernetesAuth({ serviceAccountRef: { name: 'other' } }, ids.any)
  await Promise.all(names.map(name => create(stores, secretStore(name, auth))))
  const readers = names.flatMap(name => [`${name}-x`, `${name}-y`].map(reader => ({ name, reader })))
  await Promise.all(
    readers.map(({ name, reader }) =>
      create(
        externalSecrets,
        externalSecret(reader, { secretStoreRef: { name }, data: [entry('text', '/shared/one')] }),
      ),
    ),
  )
  for (const { reader } of readers) await whenReady(t, `${externalSecrets}/${reader}`)
  t.same([tokenRequests(), logins()], [[`${b}/other`], [`${ids.any} 200`]])
})

t.test('a ClusterSecretStore with a ServiceAccount of its own logs in as that one, wherever it is read', async t => {
  forget()
  const name = `${controller}-fixed`
  t.teardown(() => remove(`${pathsOf(a).clusterStores}/${name}`))
  const serviceAccountRef = { name: 'reader', namespace: a, audiences: [audience] }
  await create(pathsOf(a).clusterStores, clusterSecretStore(name, kubernetesAuth({ serviceAccountRef })))
  t.match((await whenReady(t, `${pathsOf(a).clusterStores}/${name}`)).status, { conditions: [{ reason: 'Valid' }] })
  for (const namespace of [a, b])
    t.equal(await readThrough(t, namespace, name, '/shared/one', 'ClusterSecretStore'), 'for all')
  t.same([tokenRequests(), logins()], [[`${a}/reader`], [`${ids.bound} 200`]])
})

t.test('a referent ClusterSecretStore is each namespace for itself: two identities, and no value crosses', async t => {
  forget()
  const name = `${controller}-referent`
  const path = `${pathsOf(a).clusterStores}/${name}`
  t.teardown(() => remove(path))
  const auth = kubernetesAuth({ serviceAccountRef: { name: 'other' } }, ids.any)
  await create(pathsOf(a).clusterStores, clusterSecretStore(name, auth))
  const store = await settled(t, path, object => readyOf(object) !== undefined)
  t.match(readyOf(store), {
    status: 'True',
    reason: 'ValidationUnknown',
    message: 'logs in as a ServiceAccount of each namespace, so nothing could be tried here',
  })
  t.same(tokenRequests(), [], 'nobody was asked for')
  const secretStoreRef = { kind: 'ClusterSecretStore', name }
  for (const [own, foreign] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    const namespace = own === 'a' ? a : b
    const { externalSecrets, secrets } = pathsOf(namespace)
    t.equal(await readThrough(t, namespace, name, `/team/${own}`, 'ClusterSecretStore'), `value of ${own}`)
    // the other one has it in memory by the second round
    const data = [entry('text', `/team/${foreign}`)]
    await create(externalSecrets, externalSecret(`foreign-${own}`, { secretStoreRef, data }))
    const told = await whenReady(t, `${externalSecrets}/foreign-${own}`, 'False')
    t.match(messageOf(told), /spec\.data\[0\]\.remoteRef\.key: .*may not be read/)
    t.equal(await get(`${secrets}/foreign-${own}`), undefined)
  }
  t.same([...tokenRequests()].sort(), [`${a}/other`, `${b}/other`].sort())
  t.same(logins(), [`${ids.any} 200`, `${ids.any} 200`])
})

t.test('a namespace without the ServiceAccount of a referent store is told so, and comes to life with it', async t => {
  const { externalSecrets } = pathsOf(b)
  let round = 0
  const took = await bestMs(2_000, async () => {
    round += 1
    const late = `late-${round}`
    const name = `${controller}-${late}`
    t.teardown(() => remove(`${pathsOf(a).clusterStores}/${name}`))
    const auth = kubernetesAuth({ serviceAccountRef: { name: late } }, ids.any)
    await create(pathsOf(a).clusterStores, clusterSecretStore(name, auth))
    const secretStoreRef = { kind: 'ClusterSecretStore', name }
    await create(externalSecrets, externalSecret(late, { secretStoreRef, data: [entry('text', '/team/b')] }))
    t.equal(
      messageOf(await whenReady(t, `${externalSecrets}/${late}`, 'False')),
      `spec.secretStoreRef: ClusterSecretStore "${name}": ServiceAccount ${b}/${late} does not exist → create it`,
    )
    const begun = performance.now()
    await createAccount(b, late)
    await whenReady(t, `${externalSecrets}/${late}`)
    return performance.now() - begun
  })
  t.ok(took < 2_000, `${took} ms`)
})

const elsewhere = { name: 'reader', namespace: b }
const crossing: readonly { name: string; spec: object; path: string }[] = [
  {
    name: 'kubernetes-auth-account',
    spec: kubernetesAuth({ serviceAccountRef: elsewhere }),
    path: 'authSecretRef.kubernetesAuth.serviceAccountRef',
  },
  {
    name: 'kubernetes-auth-secret',
    spec: kubernetesAuth({ secretRef: { name: 'foreign', key: 'token', namespace: b } }),
    path: 'authSecretRef.kubernetesAuth.secretRef',
  },
  {
    name: 'account',
    spec: bySecret('k8s', { serviceAccountRef: elsewhere }),
    path: 'authSecretRef.serviceAccountRef',
  },
  {
    name: 'account-beside',
    spec: akeylessSpec(
      { ...(bySecret('k8s') as Json).provider.akeyless, serviceAccountRef: elsewhere },
      { controller },
    ),
    path: 'serviceAccountRef',
  },
  ...['accessID', 'accessType', 'accessTypeParam'].map(field => {
    const crossed: Json = bySecret('k8s')
    crossed.provider.akeyless.authSecretRef.secretRef[field].namespace = b
    return { name: `secret-${field.toLowerCase()}`, spec: crossed, path: `authSecretRef.secretRef.${field}` }
  }),
  {
    name: 'ca',
    spec: akeylessSpec(
      {
        ...(bySecret('k8s') as Json).provider.akeyless,
        caProvider: { type: 'Secret', name: 'foreign', key: 'ca.crt', namespace: b },
      },
      { controller },
    ),
    path: 'caProvider',
  },
]
t.test('a SecretStore that points into another namespace is refused at use, and nothing is read there', async t => {
  await create(pathsOf(b).secrets, secret('foreign', { token: await tokenOf(b, 'reader'), 'ca.crt': certificates.ca }))
  forget()
  for (const { name, spec, path } of crossing) {
    await create(pathsOf(a).stores, secretStore(`crossing-${name}`, spec))
    const store = await whenReady(t, `${pathsOf(a).stores}/crossing-${name}`, 'False')
    t.equal(
      messageOf(store),
      `spec.provider.akeyless.${path}.namespace: "${b}" is not the namespace of this SecretStore → leave it out or write ${a}; across namespaces use a ClusterSecretStore`,
    )
    t.equal(readyOf(store)?.reason, 'InvalidProviderConfig')
  }
  const touched = audit.asked().filter(({ path }) => path.includes(`/namespaces/${b}/`) && !path.includes('/events'))
  t.same(touched, [])
  t.same([logins(), tokenRequests()], [[], []])
})

t.test('what a token is stands nowhere but in requests', t => {
  const text = JSON.stringify(latchkey.lines())
  t.ok(text.length > 1_000)
  t.notMatch(text, /eyJhbGciOi/, 'no JWT')
  t.notMatch(text, /PRIVATE KEY/)
  t.end()
})

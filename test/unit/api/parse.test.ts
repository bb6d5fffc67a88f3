import t from 'tap'
import { AdmissionReview, answer, ClusterSecretStore, ExternalSecret, SecretStore } from '#api'
import { effortMs } from '../../support/effort.ts'

const metadata = { name: 'a', namespace: 'n', uid: 'u', resourceVersion: '7', generation: 2 }
const auth = { secretRef: { accessID: { name: 'creds', key: 'id' } } }
const store = (more: object = {}) => ({
  apiVersion: 'external-secrets.io/v1',
  kind: 'SecretStore',
  metadata,
  spec: { provider: { akeyless: { akeylessGWApiURL: 'https://gw.example', authSecretRef: auth, ...more } } },
})
const externalSecret = (spec: object) => ({
  apiVersion: 'external-secrets.io/v1',
  kind: 'ExternalSecret',
  metadata,
  spec,
})

/** Field paths that a parse complains about. */
const complaints = (schema: typeof ExternalSecret | typeof SecretStore, value: unknown): string[] =>
  schema.safeParse(value).error?.issues.map(({ path }) => path.join('.')) ?? []

t.test('an ExternalSecret as the API server stores it is read, with what we do not know left out or kept', async t => {
  const parsed = ExternalSecret.parse({
    ...externalSecret({
      secretStoreRef: { name: 's' },
      data: [{ secretKey: 'k', remoteRef: { key: '/a', fromTheFuture: 1 } }],
      fromTheFuture: true,
    }),
    metadata: {
      ...metadata,
      creationTimestamp: '2026-01-01T00:00:00Z',
      managedFields: [{ manager: 'kubectl', operation: 'Apply', fieldsV1: { 'f:spec': {} } }],
      selfLink: '/old',
    },
    status: { refreshTime: null, conditions: [{ type: 'Ready', status: 'True' }] },
  })
  t.same(parsed.spec, {
    secretStoreRef: { name: 's' },
    target: { creationPolicy: 'Owner', deletionPolicy: 'Retain' },
    refreshInterval: '1h0m0s',
    data: [{ secretKey: 'k', remoteRef: { key: '/a' } }],
  })
  t.equal(parsed.metadata['selfLink'], '/old')
  t.match(parsed.metadata.managedFields, [{ manager: 'kubectl', fieldsV1: { 'f:spec': {} } }])
  t.equal(parsed.status?.refreshTime, null)
})

t.test('defaults appear inside of what is written, and make nothing that is not', async t => {
  const { spec } = ExternalSecret.parse(
    externalSecret({
      target: { template: { templateFrom: [{ configMap: { name: 'c', items: [{ key: 'k' }] } }] } },
      dataFrom: [
        { extract: { key: '/a' }, rewrite: [{ merge: {} }] },
        { sourceRef: { generatorRef: { kind: 'Fake', name: 'f' } } },
      ],
    }),
  )
  t.same(spec.target, {
    creationPolicy: 'Owner',
    deletionPolicy: 'Retain',
    template: {
      engineVersion: 'v2',
      mergePolicy: 'Replace',
      templateFrom: [{ target: 'Data', configMap: { name: 'c', items: [{ key: 'k', templateAs: 'Values' }] } }],
    },
  })
  t.same(spec.dataFrom, [
    {
      extract: { key: '/a' },
      rewrite: [{ merge: { into: '', priorityPolicy: 'Strict', conflictPolicy: 'Error', strategy: 'Extract' } }],
    },
    { sourceRef: { generatorRef: { apiVersion: 'generators.external-secrets.io/v1alpha1', kind: 'Fake', name: 'f' } } },
  ])
})

t.test('another provider is kept as it came', async t => {
  const vault = { vault: { server: 'https://vault', auth: { tokenSecretRef: { name: 't' } } } }
  const parsed = SecretStore.parse({ ...store(), spec: { provider: vault } })
  t.same(parsed.spec.provider, vault)
})

t.test('the alias of the Azure guide stays beside authSecretRef', async t => {
  const parsed = SecretStore.parse(store({ serviceAccountRef: { name: 'app' } }))
  t.same(parsed.spec.provider.akeyless?.serviceAccountRef, { name: 'app' })
})

t.test('a store’s refreshInterval is seconds or a duration', async t => {
  for (const refreshInterval of [300, '5m']) {
    const parsed = SecretStore.parse({ ...store(), spec: { ...store().spec, refreshInterval } })
    t.equal(parsed.spec.refreshInterval, refreshInterval)
  }
  t.same(complaints(SecretStore, { ...store(), spec: { ...store().spec, refreshInterval: true } }), [
    'spec.refreshInterval',
  ])
})

t.test('an object without a name yet is read: generateName goes through admission so', async t => {
  t.equal(ExternalSecret.parse({ ...externalSecret({}), metadata: { generateName: 'a-' } }).metadata.name, '')
})

t.test('a store is no ClusterSecretStore', async t => {
  t.notOk(ClusterSecretStore.safeParse(store()).success)
  t.ok(ClusterSecretStore.safeParse({ ...store(), kind: 'ClusterSecretStore', metadata: { name: 'a' } }).success)
})

const wrong = [
  { name: 'no spec at all', value: { apiVersion: 'v', kind: 'ExternalSecret', metadata }, paths: ['spec'] },
  {
    name: 'a number for a key',
    value: externalSecret({ data: [{ secretKey: 'k', remoteRef: { key: 1 } }] }),
    paths: ['spec.data.0.remoteRef.key'],
  },
  {
    name: 'an unknown policy',
    value: externalSecret({ target: { creationPolicy: 'Mine' } }),
    paths: ['spec.target.creationPolicy'],
  },
  {
    name: 'two faults in one object',
    value: externalSecret({ refreshInterval: 5, dataFrom: [{ extract: {} }] }),
    paths: ['spec.refreshInterval', 'spec.dataFrom.0.extract.key'],
  },
  {
    name: 'a key that a Secret cannot have',
    value: externalSecret({ data: [{ secretKey: 'a b', remoteRef: { key: 'x' } }] }),
    paths: ['spec.data.0.secretKey'],
  },
]
for (const { name, value, paths } of wrong) {
  t.test(`${name} is told by its path`, async t => {
    t.same(complaints(ExternalSecret, value).sort(), [...paths].sort())
  })
}

const request = {
  uid: 'r',
  kind: { group: 'external-secrets.io', version: 'v1', kind: 'SecretStore' },
  resource: { group: 'external-secrets.io', version: 'v1', resource: 'secretstores' },
  requestKind: { group: 'external-secrets.io', version: 'v1beta1', kind: 'SecretStore' },
  name: 'a',
  namespace: 'n',
  operation: 'CREATE',
  userInfo: { username: 'u', uid: '1', groups: ['g'], extra: { scopes: ['s'] } },
  object: store(),
  oldObject: null,
  dryRun: false,
  options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
}
const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request }

t.test('a review as the API server sends it is read; its objects stay unparsed', async t => {
  const parsed = AdmissionReview.parse(review)
  t.same(parsed.request.object, store())
  t.equal(parsed.request.oldObject, null)
})

t.test('a review of another version, or without a uid, is none', async t => {
  t.notOk(AdmissionReview.safeParse({ ...review, apiVersion: 'admission.k8s.io/v1beta1' }).success)
  t.notOk(AdmissionReview.safeParse({ ...review, request: { ...request, uid: '' } }).success)
  t.notOk(AdmissionReview.safeParse({ ...review, kind: 'List' }).success)
})

t.test('an answer is a review that echoes the uid', async t => {
  t.same(answer({ uid: 'r', allowed: true }), {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: 'r', allowed: true },
  })
})

const scheduled = (schedule: string) =>
  externalSecret({ syncWindows: { kind: 'allow', windows: [{ schedule, duration: '1h' }] } })

t.test('a schedule is read as the pattern of ESO reads it', async t => {
  for (const good of ['@daily', '@every 1h', '@every 1h 5m', '@every x  y ', '0 8 * * 1-5', '@every 1 2 3 4']) {
    t.same(complaints(ExternalSecret, scheduled(good)), [], good)
  }
  for (const bad of [
    '',
    '@never',
    '@every ',
    '@every  1h',
    '@every 1h\n',
    '0 8 * *',
    '0 8 * * 1 2',
    ' 0 8 * * 1',
    '@daily ',
  ]) {
    t.same([...new Set(complaints(ExternalSecret, scheduled(bad)))], ['spec.syncWindows.windows.0.schedule'], bad)
  }
})

t.test('no text costs time, whatever its length', async t => {
  // backtracking over 100,000 characters takes 4 s, and four times as much for twice as many
  const bodies = ['a', ' ', 'a ', '-', '.a', 'a-', '@every a']
  for (const text of bodies.map(body => `@every ${body.repeat(100_000)}\n`)) {
    const started = effortMs()
    ExternalSecret.safeParse(scheduled(text))
    ExternalSecret.safeParse(
      externalSecret({ refreshInterval: text, secretStoreRef: { name: text }, target: { name: text } }),
    )
    ExternalSecret.safeParse(externalSecret({ target: { name: text.slice(7) }, data: [{ secretKey: text.slice(7) }] }))
    t.ok(effortMs() - started < 200, text.slice(0, 20))
  }
})

/** The same text as key and value everywhere that a manifest has keys of its own. */
const everywhere = (keys: readonly string[], value: unknown = 'v') => {
  const map = JSON.parse(`{${keys.map(key => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join()}}`)
  const spec = {
    target: { template: { data: map, metadata: { labels: map, annotations: map } } },
    dataFrom: [{ find: { tags: map } }],
  }
  return { ...externalSecret(spec), metadata: { ...metadata, labels: map, annotations: map } }
}

t.test('every key of a map is kept, whatever it is called', async t => {
  const keys = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'a b']
  const parsed = ExternalSecret.parse(everywhere(keys))
  const { template } = parsed.spec.target
  const maps = {
    data: template?.data,
    labels: template?.metadata?.labels,
    annotations: template?.metadata?.annotations,
    tags: parsed.spec.dataFrom?.[0]?.find?.tags,
    ownLabels: parsed.metadata.labels,
    ownAnnotations: parsed.metadata.annotations,
  }
  for (const [place, map] of Object.entries(maps)) {
    t.same(
      Object.entries(map ?? {}),
      keys.map(key => [key, 'v']),
      place,
    )
    t.equal(Object.getPrototypeOf(map), Object.prototype, `${place} is still a plain object`)
  }
  const matchLabels = JSON.parse('{"__proto__":"v"}')
  const conditions = [{ namespaceSelector: { matchLabels } }]
  const cluster = { ...store(), kind: 'ClusterSecretStore', metadata: { name: 'a' } }
  const read = ClusterSecretStore.parse({ ...cluster, spec: { ...cluster.spec, conditions } })
  t.same(Object.keys(read.spec.conditions?.[0]?.namespaceSelector?.matchLabels ?? {}), ['__proto__'])
})

t.test('a map that holds other than text is told by its key, and one that is none by its path', async t => {
  const data = 'spec.target.template.data'
  const withData = (map: unknown) => complaints(ExternalSecret, externalSecret({ target: { template: { data: map } } }))
  t.same(withData(JSON.parse('{"a":1,"__proto__":{},"b":"x","constructor":null}')).sort(), [
    `${data}.__proto__`,
    `${data}.a`,
    `${data}.constructor`,
  ])
  for (const none of [[], ['a'], 'a', 7, null]) t.same(withData(none), [data], JSON.stringify(none))
  t.same(withData({}), [])
  t.same(withData(undefined), [])
})

import t from 'tap'
import { stringify } from 'yaml'
import { customResourceDefinitions } from '#api'
import { crds } from '../../server/cli/crds.ts'
import { kubectl, namespace as namespaceFor } from '../support/cluster.ts'
import { install, installTwin, must } from './twin.ts'

const namespace = await namespaceFor(t)
await install()
const group = await installTwin(t)

const object = (kind: string, name: string, rest: object, version = kind.includes('Push') ? 'v1alpha1' : 'v1') =>
  stringify({
    apiVersion: `${group}/${version}`,
    kind,
    metadata: kind.startsWith('Cluster') ? { name } : { name, namespace },
    ...rest,
  })
const create = (yaml: string, ...args: string[]) => kubectl(['create', ...args, '-f', '-'], { input: yaml })
const make = (yaml: string) => must(['create', '-f', '-'], yaml)
const json = async (...args: string[]) => JSON.parse(await must(['get', ...args, '-n', namespace, '-o', 'json']))
const get = (plural: string, ...rest: string[]) => json(`${plural}.${group}`, ...rest)

t.test('latchkey crds prints what kubectl takes', async t => {
  const text: string[] = []
  crds(part => text.push(part))
  const said = await must(
    ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-o', 'name', '-f', '-'],
    text.join(''),
  )
  const names = customResourceDefinitions().map(
    ({ metadata }) => `customresourcedefinition.apiextensions.k8s.io/${metadata.name}`,
  )
  t.same(said.trim().split('\n'), names)
})

t.test('the API server establishes the kinds and finds their schemas structural', async t => {
  for (const { metadata } of customResourceDefinitions()) {
    const { status } = await json('crd', metadata.name)
    const conditions = status.conditions as { type: string; status: string }[]
    t.equal(conditions.find(({ type }) => type === 'Established')?.status, 'True', metadata.name)
    t.notOk(
      conditions.some(({ type }) => type === 'NonStructuralSchema'),
      metadata.name,
    )
  }
})

const generator = 'generators.external-secrets.io/v1alpha1'
const cases = [
  {
    name: 'an ExternalSecret gets target and refreshInterval, and nothing inside of data',
    spec: { secretStoreRef: { name: 's' }, data: [{ secretKey: 'k', remoteRef: { key: '/a' } }] },
    adds: { target: { creationPolicy: 'Owner', deletionPolicy: 'Retain' }, refreshInterval: '1h0m0s' },
  },
  {
    name: 'a target that is written gets its policies only',
    spec: {
      refreshInterval: '5m',
      target: { name: 'x' },
      dataFrom: [{ extract: { key: '/a' } }, { find: { name: { regexp: 'a' } } }],
    },
    adds: { target: { name: 'x', creationPolicy: 'Owner', deletionPolicy: 'Retain' } },
  },
  {
    name: 'template, rewrite and generatorRef get their own defaults',
    spec: {
      refreshInterval: '5m',
      target: {
        creationPolicy: 'Merge',
        deletionPolicy: 'Merge',
        template: { templateFrom: [{ secret: { name: 'c', items: [{ key: 'k' }] } }] },
      },
      dataFrom: [{ rewrite: [{ merge: {} }], sourceRef: { generatorRef: { kind: 'Fake', name: 'f' } } }],
    },
    adds: {
      target: {
        creationPolicy: 'Merge',
        deletionPolicy: 'Merge',
        template: {
          engineVersion: 'v2',
          mergePolicy: 'Replace',
          templateFrom: [{ target: 'Data', secret: { name: 'c', items: [{ key: 'k', templateAs: 'Values' }] } }],
        },
      },
      dataFrom: [
        {
          rewrite: [{ merge: { into: '', priorityPolicy: 'Strict', conflictPolicy: 'Error', strategy: 'Extract' } }],
          sourceRef: { generatorRef: { apiVersion: generator, kind: 'Fake', name: 'f' } },
        },
      ],
    },
  },
  {
    name: 'syncWindows and every policy of a ref stay as written',
    spec: {
      refreshInterval: '0',
      refreshPolicy: 'OnChange',
      target: { creationPolicy: 'Orphan', deletionPolicy: 'Delete' },
      syncWindows: {
        kind: 'deny',
        windows: [
          { schedule: '@every 5m', duration: '2h' },
          { schedule: '0 2 * * 1-5', duration: '1h' },
        ],
      },
      data: [
        {
          secretKey: 'k',
          remoteRef: {
            key: '/a',
            property: 'p.q',
            version: '3',
            metadataPolicy: 'Fetch',
            conversionStrategy: 'Unicode',
            decodingStrategy: 'Auto',
            nullBytePolicy: 'Fail',
          },
          sourceRef: { storeRef: { name: 'other', kind: 'ClusterSecretStore' } },
        },
      ],
    },
    adds: {},
  },
]
for (const [index, { name, spec, adds }] of cases.entries()) {
  t.test(name, async t => {
    await make(object('ExternalSecret', `es-${index}`, { spec }))
    t.same((await get('externalsecrets', `es-${index}`)).spec, { ...spec, ...adds })
  })
}

const push = {
  secretStoreRefs: [{ name: 'akeyless-secret-store' }],
  selector: { secret: { name: 'k8s-created-secret' } },
}
const pushEntry = { match: { remoteRef: { remoteKey: 'eso-created/my-secret' } } }
const pushDefaults = {
  refreshInterval: '1h0m0s',
  updatePolicy: 'Replace',
  deletionPolicy: 'None',
  secretStoreRefs: [{ name: 'akeyless-secret-store', kind: 'SecretStore' }],
}
const made = {
  secretStoreRef: { name: 's', kind: 'ClusterSecretStore' },
  data: [{ secretKey: 'k', remoteRef: { key: '/a' } }],
}
const namespaceSelectors = [{ matchLabels: { team: 'a' } }, {}]
const more = [
  {
    name: 'a PushSecret gets its policies, and how each entry is converted',
    kind: 'PushSecret',
    spec: { ...push, data: [pushEntry] },
    adds: { ...pushDefaults, data: [{ ...pushEntry, conversionStrategy: 'None' }] },
  },
  {
    name: 'what a PushSecret says is kept: any metadata too, and every way to rename',
    kind: 'PushSecret',
    spec: {
      refreshInterval: '5s',
      updatePolicy: 'IfNotExists',
      deletionPolicy: 'Delete',
      secretStoreRefs: [{ labelSelector: { matchLabels: { a: 'b' } }, kind: 'ClusterSecretStore' }],
      selector: { secret: { selector: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } } },
      data: [{ ...pushEntry, metadata: { any: [{ thing: 7 }] }, conversionStrategy: 'ReverseUnicode' }],
      dataTo: [
        {
          storeRef: { labelSelector: {}, kind: 'ClusterSecretStore' },
          match: { regexp: '^db-' },
          rewrite: [{ regexp: { source: 'a', target: 'b' } }, { transform: { template: '{{ .value }}' } }],
          metadata: 'a text',
          conversionStrategy: 'None',
        },
        { storeRef: { name: 'x', kind: 'SecretStore' }, remoteKey: '/all', rewrite: [], conversionStrategy: 'None' },
      ],
      template: { engineVersion: 'v2', mergePolicy: 'Merge', data: { k: '{{ .v }}' } },
    },
    adds: {},
  },
  {
    name: 'a ClusterExternalSecret gets the defaults of what it makes, and none of its own',
    kind: 'ClusterExternalSecret',
    spec: { namespaceSelectors, namespaces: ['a'], namespaceSelector: {}, externalSecretSpec: made },
    adds: {
      externalSecretSpec: {
        ...made,
        target: { creationPolicy: 'Owner', deletionPolicy: 'Retain' },
        refreshInterval: '1h0m0s',
      },
    },
  },
  {
    name: 'a ClusterPushSecret gets the defaults of what it makes, and none of its own',
    kind: 'ClusterPushSecret',
    spec: { namespaceSelectors, refreshTime: '5m', pushSecretSpec: push, pushSecretMetadata: { labels: { a: 'b' } } },
    adds: { pushSecretSpec: { ...push, ...pushDefaults } },
  },
]
for (const [index, { name, kind, spec, adds }] of more.entries()) {
  t.test(name, async t => {
    await make(object(kind, `more-${index}`, { spec }))
    t.same((await get(`${kind.toLowerCase()}s`, `more-${index}`)).spec, { ...spec, ...adds })
  })
}

t.test('a field that nobody knows is left out, if it may be, and the rest is kept', async t => {
  const data = [{ ...pushEntry, metadata: { unknown: true }, unknown: true }]
  const { code, stderr } = await create(
    object('PushSecret', 'pruned', { spec: { ...push, data, unknown: {} } }),
    '--validate=ignore',
  )
  t.equal(code, 0, stderr)
  t.same((await get('pushsecrets', 'pruned')).spec, {
    ...push,
    ...pushDefaults,
    data: [{ ...pushEntry, metadata: { unknown: true }, conversionStrategy: 'None' }],
  })
})

const akeyless = {
  akeylessGWApiURL: '',
  authSecretRef: { secretRef: { accessID: { name: 'c', key: 'id' } } },
  serviceAccountRef: { name: 'app' },
}

t.test('stores get no default; an alias and another provider are kept whole', async t => {
  const vault = {
    vault: { server: 'https://vault', path: 'kv', version: 'v2', auth: { tokenSecretRef: { name: 't', key: 'k' } } },
  }
  for (const [name, provider] of [
    ['ours', { akeyless }],
    ['other', vault],
  ] as const) {
    await make(object('SecretStore', name, { spec: { provider } }))
    t.same((await get('secretstores', name)).spec, { provider })
  }
  const spec = { provider: { akeyless }, refreshInterval: 300, conditions: [{ namespaces: [namespace] }] }
  await make(object('ClusterSecretStore', namespace, { spec }))
  t.same((await get('clustersecretstores', namespace)).spec, spec)
})

const pushTo = (entry: object) => ({ ...push, dataTo: [entry] })
const storeRef = { name: 's' }
const needsStore = /spec\.dataTo\[0\]: Invalid value: .*storeRef must specify either name or labelSelector/
const oneWay = /spec\.dataTo\[0\]\.rewrite\[0\]: Invalid value: .*exactly one of regexp or transform must be set/
const regexp = { source: 'a', target: 'b' }
const refused = [
  {
    name: 'an entry of dataTo without a store',
    kind: 'PushSecret',
    spec: pushTo({ remoteKey: '/a' }),
    says: needsStore,
  },
  {
    name: 'an entry of dataTo whose store has no name',
    kind: 'PushSecret',
    spec: pushTo({ storeRef: { kind: 'SecretStore' } }),
    says: needsStore,
  },
  {
    name: 'an entry of dataTo with remoteKey and steps to rename',
    kind: 'PushSecret',
    spec: pushTo({ storeRef, remoteKey: '/a', rewrite: [{ regexp }] }),
    says: /remoteKey and rewrite are mutually exclusive: rewrite is only supported in per-key mode \(without remoteKey\)/,
  },
  {
    name: 'a step that renames nothing',
    kind: 'PushSecret',
    spec: pushTo({ storeRef, rewrite: [{}] }),
    says: oneWay,
  },
  {
    name: 'a step that renames in two ways',
    kind: 'PushSecret',
    spec: pushTo({ storeRef, rewrite: [{ regexp, transform: { template: 'x' } }] }),
    says: oneWay,
  },
  {
    name: 'the same in what a ClusterPushSecret makes',
    kind: 'ClusterPushSecret',
    spec: { pushSecretSpec: pushTo({}) },
    says: /spec\.pushSecretSpec\.dataTo\[0\]: Invalid value: .*storeRef must specify either name or labelSelector/,
  },
  {
    name: 'two sources',
    kind: 'PushSecret',
    spec: { ...push, selector: { secret: { name: 'a' }, generatorRef: { kind: 'Fake', name: 'f' } } },
    says: /spec\.selector: Too many/,
  },
  { name: 'no source', kind: 'PushSecret', spec: { ...push, selector: {} }, says: /at least 1 propert/ },
  {
    name: 'a deletionPolicy of another kind',
    kind: 'PushSecret',
    spec: { ...push, deletionPolicy: 'Retain' },
    says: /spec\.deletionPolicy: Unsupported value/,
  },
  {
    name: 'a ClusterExternalSecret that makes nothing',
    kind: 'ClusterExternalSecret',
    spec: { namespaceSelectors },
    says: /spec\.externalSecretSpec: Required value/,
  },
  {
    name: 'a namespace that cannot be one',
    kind: 'ClusterExternalSecret',
    spec: { externalSecretSpec: made, namespaces: ['Team A'] },
    says: /spec\.namespaces\[0\]/,
  },
  {
    name: 'two providers',
    kind: 'SecretStore',
    spec: { provider: { akeyless, vault: {} } },
    says: /spec\.provider: Too many/,
  },
  { name: 'no provider', kind: 'SecretStore', spec: { provider: {} }, says: /at least 1 propert/ },
  {
    name: 'a field that does not exist',
    kind: 'ExternalSecret',
    spec: { refreshIntervall: '1h' },
    says: /unknown field "spec.refreshIntervall"/,
  },
  {
    name: 'an unknown policy',
    kind: 'ExternalSecret',
    spec: { target: { creationPolicy: 'Mine' } },
    says: /spec\.target\.creationPolicy: Unsupported value/,
  },
  {
    name: 'a schedule that is none',
    kind: 'ExternalSecret',
    spec: { syncWindows: { kind: 'allow', windows: [{ schedule: 'daily', duration: '1h' }] } },
    says: /windows\[0\]\.schedule/,
  },
]
for (const { name, kind, spec, says } of refused) {
  t.test(`the schema alone refuses ${name}`, async t => {
    const { code, stderr } = await create(object(kind, 'refused', { spec }))
    t.not(code, 0)
    t.match(stderr, says)
  })
}

const patchStatus = (plural: string, name: string, status: object) =>
  must([
    'patch',
    `${plural}.${group}`,
    name,
    '-n',
    namespace,
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify({ status }),
  ])

t.test('kubectl get shows the columns of ESO', async t => {
  const ready = (reason: string) => [
    { type: 'Ready', status: 'True', reason, lastTransitionTime: '2026-01-01T00:00:00Z' },
  ]
  await make(object('ExternalSecret', 'shown', { spec: { secretStoreRef: { name: 'ours', kind: 'SecretStore' } } }))
  await patchStatus('externalsecrets', 'shown', {
    conditions: ready('SecretSynced'),
    refreshTime: '2026-01-01T00:00:00Z',
    nextRefreshTime: null,
    observedGeneration: 1,
  })
  await patchStatus('secretstores', 'ours', {
    conditions: ready('Valid'),
    capabilities: 'ReadWrite',
    observedGeneration: 1,
  })
  const columns = async (plural: string, name: string) =>
    (await must(['get', `${plural}.${group}`, name, '-n', namespace]))
      .trim()
      .split('\n')
      .map(line => line.split(/ {2,}/))
  const [head, row] = await columns('externalsecrets', 'shown')
  t.same(head, ['NAME', 'STORETYPE', 'STORE', 'REFRESH INTERVAL', 'STATUS', 'READY', 'LAST SYNC'])
  t.same(row?.slice(0, 6), ['shown', 'SecretStore', 'ours', '1h0m0s', 'SecretSynced', 'True'])
  const [storeHead, storeRow] = await columns('secretstores', 'ours')
  t.same(storeHead, ['NAME', 'AGE', 'STATUS', 'CAPABILITIES', 'READY'])
  t.same(storeRow?.slice(2), ['Valid', 'ReadWrite', 'True'])
  t.same((await columns('clustersecretstores', namespace))[0], storeHead)
})

t.test('those of the other kinds too, with every field of their status', async t => {
  const conditions = [{ type: 'Ready', status: 'True', reason: 'Synced', lastTransitionTime: '2026-01-01T00:00:00Z' }]
  const failedNamespaces = [{ namespace: 'a', reason: 'why' }]
  const provisionedNamespaces = ['b']
  const entry = { ...pushEntry, conversionStrategy: 'None' }
  const kinds = [
    {
      kind: 'PushSecret',
      spec: push,
      status: {
        conditions,
        refreshTime: '2026-01-01T00:00:00Z',
        syncedResourceVersion: '1-x',
        syncedPushSecrets: { 'SecretStore/main': { 'eso-created/my-secret': entry } },
      },
      head: ['NAME', 'AGE', 'STATUS', 'LAST SYNC'],
      shows: ['Synced'],
    },
    {
      kind: 'ClusterPushSecret',
      spec: { pushSecretSpec: push },
      status: { conditions, failedNamespaces, provisionedNamespaces, pushSecretName: 'x' },
      head: ['NAME', 'AGE', 'STATUS'],
      shows: ['Synced'],
    },
    {
      kind: 'ClusterExternalSecret',
      spec: { externalSecretSpec: made, refreshTime: '7m' },
      status: {
        conditions: [{ type: 'Ready', status: 'False', message: 'one or more namespaces failed' }],
        failedNamespaces,
        provisionedNamespaces,
        externalSecretName: 'x',
      },
      head: ['NAME', 'STORE', 'REFRESH INTERVAL', 'READY'],
      shows: ['s', '7m', 'False'],
    },
  ]
  for (const { kind, spec, status, head, shows } of kinds) {
    const plural = `${kind.toLowerCase()}s`
    await make(object(kind, 'shown', { spec }))
    await patchStatus(plural, 'shown', status)
    t.same((await get(plural, 'shown')).status, status, kind)
    const [first, row = ''] = (await must(['get', `${plural}.${group}`, 'shown', '-n', namespace])).trim().split('\n')
    t.same(first?.split(/ {2,}/), head)
    for (const word of shows) t.ok(row.split(/ {2,}/).includes(word), `${word} in ${row}`)
  }
})

t.test('the kinds are found by ESO’s short names and category', async t => {
  const said = await must([
    'api-resources',
    '--api-group=external-secrets.io',
    '--categories=external-secrets',
    '--no-headers',
  ])
  const found = new Map(
    said
      .trim()
      .split('\n')
      .map(line => [line.split(/\s+/)[0], line.split(/\s+/)[1]]),
  )
  t.same(Object.fromEntries(found), {
    externalsecrets: 'es',
    secretstores: 'ss',
    clustersecretstores: 'css',
    clusterexternalsecrets: 'ces',
    pushsecrets: 'ps',
    // ESO has none either: the next word is its version
    clusterpushsecrets: 'external-secrets.io/v1alpha1',
  })
})

t.test('field selectors find ExternalSecrets by store, target and interval', async t => {
  const spec = {
    secretStoreRef: { name: 'picked', kind: 'ClusterSecretStore' },
    target: { name: 'out' },
    refreshInterval: '7m',
  }
  await make(object('ExternalSecret', 'selected', { spec }))
  const selectors = [
    'spec.secretStoreRef.name=picked',
    'spec.secretStoreRef.kind=ClusterSecretStore',
    'spec.target.name=out',
    'spec.refreshInterval=7m',
  ]
  for (const selector of selectors) {
    const { items } = await get('externalsecrets', '--field-selector', selector)
    t.same(
      items.map((item: { metadata: { name: string } }) => item.metadata.name),
      ['selected'],
      selector,
    )
  }
})

t.test('v1beta1 is served with a warning, and readable as v1', async t => {
  const spec = { secretStoreRef: { name: 's' }, refreshInterval: '1h' }
  const { code, stderr } = await create(object('ExternalSecret', 'beta', { spec }, 'v1beta1'))
  t.equal(code, 0)
  t.match(
    stderr,
    'Warning: external-secrets.io/v1beta1 ExternalSecret is deprecated; write apiVersion: external-secrets.io/v1',
  )
  t.equal((await json(`externalsecrets.v1.${group}`, 'beta')).apiVersion, `${group}/v1`)
  t.equal((await json(`externalsecrets.v1beta1.${group}`, 'beta')).apiVersion, `${group}/v1beta1`)
  const cluster = await create(
    object('ClusterExternalSecret', 'beta', { spec: { externalSecretSpec: made } }, 'v1beta1'),
  )
  t.equal(cluster.code, 0)
  t.match(cluster.stderr, 'v1beta1 ClusterExternalSecret is deprecated; write apiVersion: external-secrets.io/v1')
  t.equal((await json(`clusterexternalsecrets.v1.${group}`, 'beta')).apiVersion, `${group}/v1`)
})

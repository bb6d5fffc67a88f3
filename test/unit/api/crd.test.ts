import { RE2JS } from 're2js'
import t from 'tap'
import { customResourceDefinitions, kinds, type Schema } from '#api'

const crds = customResourceDefinitions()
const schemaOf = (crd: (typeof crds)[number]): Schema => {
  const stored = crd.spec.versions.find(({ storage }) => storage)
  if (!stored) throw new Error('no version is stored')
  return stored.schema.openAPIV3Schema
}

/** Every node below a schema with its path, as spec.data[].secretKey and spec.template.data{}. */
const walk = (schema: Schema, path = ''): { path: string; node: Schema }[] => [
  { path, node: schema },
  ...Object.entries(schema.properties ?? {}).flatMap(([name, node]) =>
    walk(node, path === '' ? name : `${path}.${name}`),
  ),
  ...(schema.items ? walk(schema.items, `${path}[]`) : []),
  ...(schema.additionalProperties ? walk(schema.additionalProperties, `${path}{}`) : []),
]

const logical = [
  '$ref',
  'oneOf',
  'anyOf',
  'allOf',
  'not',
  'definitions',
  'const',
  'readOnly',
  'contentEncoding',
  'propertyNames',
]

/** Why the API server would call a node not structural, or refuse to decode it. */
const unstructured = ({ path, node }: { path: string; node: Schema }): string[] => {
  const free = node['x-kubernetes-int-or-string'] === true || node['x-kubernetes-preserve-unknown-fields'] === true
  const found: string[] = []
  for (const keyword of logical) if (keyword in node) found.push(`${path}: has ${keyword}`)
  if (node.additionalProperties && node.properties) found.push(`${path}: additionalProperties beside properties`)
  if (node.additionalProperties && !node.additionalProperties.type)
    found.push(`${path}: additionalProperties without type`)
  if (typeof node.type !== 'string' && !free) found.push(`${path}: no type`)
  if (node.enum?.some(value => typeof value !== 'string')) found.push(`${path}: enum of something else than text`)
  return found
}

const defaultsOf = (schema: Schema) =>
  Object.fromEntries(walk(schema).flatMap(({ path, node }) => ('default' in node ? [[path, node.default]] : [])))

const generator = 'generators.external-secrets.io/v1alpha1'
const merge = (at: string) => ({
  [`${at}.into`]: '',
  [`${at}.priorityPolicy`]: 'Strict',
  [`${at}.conflictPolicy`]: 'Error',
  [`${at}.strategy`]: 'Extract',
})

const templates = (at: string) => ({
  [`${at}.engineVersion`]: 'v2',
  [`${at}.mergePolicy`]: 'Replace',
  [`${at}.templateFrom[].configMap.items[].templateAs`]: 'Values',
  [`${at}.templateFrom[].secret.items[].templateAs`]: 'Values',
  [`${at}.templateFrom[].target`]: 'Data',
})
const externalSecretSpec = (at: string) => ({
  [`${at}.target`]: { creationPolicy: 'Owner', deletionPolicy: 'Retain' },
  [`${at}.target.creationPolicy`]: 'Owner',
  [`${at}.target.deletionPolicy`]: 'Retain',
  ...templates(`${at}.target.template`),
  [`${at}.refreshInterval`]: '1h0m0s',
  [`${at}.data[].sourceRef.generatorRef.apiVersion`]: generator,
  ...merge(`${at}.dataFrom[].rewrite[].merge`),
  [`${at}.dataFrom[].sourceRef.generatorRef.apiVersion`]: generator,
})
const pushSecretSpec = (at: string) => ({
  [`${at}.refreshInterval`]: '1h0m0s',
  [`${at}.secretStoreRefs[].kind`]: 'SecretStore',
  [`${at}.updatePolicy`]: 'Replace',
  [`${at}.deletionPolicy`]: 'None',
  [`${at}.selector.generatorRef.apiVersion`]: generator,
  [`${at}.data[].conversionStrategy`]: 'None',
  [`${at}.dataTo[].storeRef.kind`]: 'SecretStore',
  [`${at}.dataTo[].conversionStrategy`]: 'None',
  ...templates(`${at}.template`),
})

// compatibility.md §1.3 to §1.5: one default more is a difference that GitOps tools show for ever
const defaults: Record<string, Record<string, unknown>> = {
  ExternalSecret: { ...externalSecretSpec('spec'), 'status.binding.name': '' },
  SecretStore: {},
  ClusterSecretStore: {},
  ClusterExternalSecret: externalSecretSpec('spec.externalSecretSpec'),
  PushSecret: { ...pushSecretSpec('spec'), 'status.syncedPushSecrets{}{}.conversionStrategy': 'None' },
  ClusterPushSecret: pushSecretSpec('spec.pushSecretSpec'),
}

const akeyless = 'spec.provider.akeyless'
const caProvider = [`${akeyless}.caProvider.type`, `${akeyless}.caProvider.name`]
const storeRequired = [
  'spec.provider',
  `${akeyless}.akeylessGWApiURL`,
  `${akeyless}.authSecretRef`,
  `${akeyless}.authSecretRef.kubernetesAuth.accessID`,
  `${akeyless}.authSecretRef.kubernetesAuth.k8sConfName`,
  `${akeyless}.authSecretRef.kubernetesAuth.serviceAccountRef.name`,
  `${akeyless}.authSecretRef.serviceAccountRef.name`,
  `${akeyless}.serviceAccountRef.name`,
  ...caProvider,
  'spec.conditions[].namespaceSelector.matchExpressions[].key',
  'spec.conditions[].namespaceSelector.matchExpressions[].operator',
  'status.conditions[].type',
  'status.conditions[].status',
]
const templateRequired = (at: string) =>
  ['configMap', 'secret'].flatMap(kind => {
    const from = `${at}.templateFrom[].${kind}`
    return [`${from}.name`, `${from}.items`, `${from}.items[].key`]
  })
const selector = (at: string) => [`${at}.matchExpressions[].key`, `${at}.matchExpressions[].operator`]
const externalSecretRequired = (at: string) => [
  ...templateRequired(`${at}.target.template`),
  ...[
    'target.manifest.apiVersion',
    'target.manifest.kind',
    'syncWindows.kind',
    'syncWindows.windows',
    'syncWindows.windows[].schedule',
    'syncWindows.windows[].duration',
    'data[].secretKey',
    'data[].remoteRef',
    'data[].remoteRef.key',
    'data[].sourceRef.generatorRef.kind',
    'data[].sourceRef.generatorRef.name',
    'dataFrom[].extract.key',
    'dataFrom[].rewrite[].regexp.source',
    'dataFrom[].rewrite[].regexp.target',
    'dataFrom[].rewrite[].transform.template',
    'dataFrom[].sourceRef.generatorRef.kind',
    'dataFrom[].sourceRef.generatorRef.name',
  ].map(field => `${at}.${field}`),
]
const pushEntry = (at: string) => [`${at}.match`, `${at}.match.remoteRef`, `${at}.match.remoteRef.remoteKey`]
const pushSecretRequired = (at: string) => [
  ...templateRequired(`${at}.template`),
  ...pushEntry(`${at}.data[]`),
  ...['secretStoreRefs[].labelSelector', 'selector.secret.selector', 'dataTo[].storeRef.labelSelector'].flatMap(field =>
    selector(`${at}.${field}`),
  ),
  ...[
    'secretStoreRefs',
    'selector',
    'selector.generatorRef.kind',
    'selector.generatorRef.name',
    'dataTo[].rewrite[].regexp.source',
    'dataTo[].rewrite[].regexp.target',
    'dataTo[].rewrite[].transform.template',
  ].map(field => `${at}.${field}`),
]
const conditions = ['status.conditions[].type', 'status.conditions[].status']
const required: Record<string, string[]> = {
  // faults are ours, beside what ESO has
  ExternalSecret: [...externalSecretRequired('spec'), 'status.faults[].code', ...conditions],
  SecretStore: storeRequired,
  ClusterSecretStore: storeRequired,
  ClusterExternalSecret: [
    'spec.externalSecretSpec',
    ...externalSecretRequired('spec.externalSecretSpec'),
    ...selector('spec.namespaceSelector'),
    ...selector('spec.namespaceSelectors[]'),
    'status.failedNamespaces[].namespace',
    ...conditions,
  ],
  PushSecret: [
    ...pushSecretRequired('spec'),
    ...pushEntry('status.syncedPushSecrets{}{}'),
    'status.faults[].code',
    ...conditions,
  ],
  ClusterPushSecret: [
    'spec.pushSecretSpec',
    ...pushSecretRequired('spec.pushSecretSpec'),
    ...selector('spec.namespaceSelectors[]'),
    'status.failedNamespaces[].namespace',
    ...conditions,
  ],
}
const requiredOf = (schema: Schema) =>
  walk(schema).flatMap(({ path, node }) => (node.required ?? []).map(name => (path === '' ? name : `${path}.${name}`)))

for (const crd of crds) {
  const { kind } = crd.spec.names
  const schema = schemaOf(crd)

  t.test(`${kind} is a structural schema`, async t => {
    t.same(walk(schema).flatMap(unstructured), [])
  })

  t.test(`${kind} has the defaults of ESO and no other`, async t => {
    t.same(defaultsOf(schema), defaults[kind])
  })

  t.test(`${kind} requires the fields that ESO requires and no other`, async t => {
    t.same(requiredOf(schema).sort(), [...(required[kind] ?? [])].sort())
  })

  t.test(`every pattern of ${kind} compiles as RE2 and as JavaScript`, async t => {
    const patterns = new Set(walk(schema).flatMap(({ node }) => (node.pattern === undefined ? [] : [node.pattern])))
    t.ok(patterns.size > 0)
    for (const pattern of patterns) {
      t.doesNotThrow(() => RE2JS.compile(pattern), pattern)
      t.doesNotThrow(() => new RegExp(pattern), pattern)
    }
  })

  t.test(`every field of ${kind} has a description of one line`, async t => {
    const fields = walk(schema).filter(({ path }) => path !== '' && path !== 'metadata' && !/[\]}]$/.test(path))
    const missing = fields.filter(({ node }) => !node.description || node.description.includes('\n'))
    t.same(
      missing.map(({ path }) => path),
      [],
    )
  })

  t.test(`${kind} serves each version with one schema, and says which are deprecated`, async t => {
    for (const version of crd.spec.versions) t.same(version.schema.openAPIV3Schema, schema)
    const stored = kind.includes('Push') ? 'v1alpha1' : 'v1'
    const beta = {
      name: 'v1beta1',
      served: true,
      storage: false,
      deprecated: true,
      deprecationWarning: /external-secrets\.io\/v1$/,
    }
    t.match(crd.spec.versions, [{ name: stored, served: true, storage: true }, ...(stored === 'v1' ? [beta] : [])])
    t.equal(crd.spec.versions.length, stored === 'v1' ? 2 : 1)
    t.notOk('deprecated' in (crd.spec.versions[0] ?? {}))
    t.notOk('conversion' in crd.spec)
  })
}

t.test('exactly one provider is allowed, and another than ours is kept', async t => {
  const stores = crds.filter(({ spec }) => spec.names.kind.endsWith('Store'))
  t.equal(stores.length, 2)
  for (const crd of stores) {
    const provider = schemaOf(crd).properties?.['spec']?.properties?.['provider']
    t.match(provider, { minProperties: 1, maxProperties: 1, 'x-kubernetes-preserve-unknown-fields': true })
  }
})

t.test('names, categories and labels are those that ESO’s users type', async t => {
  const said = crds.map(({ metadata, spec }) => ({
    name: metadata.name,
    short: spec.names.shortNames,
    scope: spec.scope,
    columns: spec.versions[0]?.additionalPrinterColumns.map(({ name }) => name),
  }))
  const store = ['AGE', 'Status', 'Capabilities', 'Ready']
  t.same(said, [
    {
      name: 'externalsecrets.external-secrets.io',
      short: ['es'],
      scope: 'Namespaced',
      columns: ['StoreType', 'Store', 'Refresh Interval', 'Status', 'Ready', 'Last Sync'],
    },
    { name: 'secretstores.external-secrets.io', short: ['ss'], scope: 'Namespaced', columns: store },
    { name: 'clustersecretstores.external-secrets.io', short: ['css'], scope: 'Cluster', columns: store },
    {
      name: 'clusterexternalsecrets.external-secrets.io',
      short: ['ces'],
      scope: 'Cluster',
      columns: ['Store', 'Refresh Interval', 'Ready'],
    },
    {
      name: 'pushsecrets.external-secrets.io',
      short: ['ps'],
      scope: 'Namespaced',
      columns: ['AGE', 'Status', 'Last Sync'],
    },
    {
      name: 'clusterpushsecrets.external-secrets.io',
      short: undefined,
      scope: 'Cluster',
      columns: ['AGE', 'Status'],
    },
  ])
  for (const { metadata, spec } of crds) {
    t.same(metadata.labels, { 'external-secrets.io/component': 'controller' })
    t.same(spec.names.categories, ['external-secrets'])
  }
})

t.test('every selectable field is a scalar of the schema', async t => {
  for (const { selectable, shape, kind } of kinds) {
    const crd = crds.find(({ spec }) => spec.names.kind === kind)
    const fields = crd ? walk(schemaOf(crd)) : []
    t.ok(shape.description)
    for (const path of selectable) {
      t.equal(fields.find(field => `.${field.path}` === path)?.node.type, 'string', path)
    }
  }
})

t.test('the pattern of a schedule is that of ESO, letter for letter', async t => {
  const [crd] = crds
  const found = crd && walk(schemaOf(crd)).find(({ path }) => path === 'spec.syncWindows.windows[].schedule')
  const eso = '^(@(annually|yearly|monthly|weekly|daily|midnight|hourly)|@every [^\\s]+.*|[^\\s]+( [^\\s]+){4})$'
  t.equal(found?.node.pattern, eso)
})

t.test('what ESO says in CEL of dataTo is said in its words, wherever dataTo stands', async t => {
  const step = 'exactly one of regexp or transform must be set'
  const entry = [
    'storeRef must specify either name or labelSelector',
    'remoteKey and rewrite are mutually exclusive: rewrite is only supported in per-key mode (without remoteKey)',
  ]
  const said = crds.flatMap(crd =>
    walk(schemaOf(crd)).flatMap(({ path, node }) => {
      const rules = node['x-kubernetes-validations'] as { message: string }[] | undefined
      return rules ? [[path, ...rules.map(({ message }) => message)]] : []
    }),
  )
  t.same(said, [
    ['spec.dataTo[]', ...entry],
    ['spec.dataTo[].rewrite[]', step],
    ['spec.pushSecretSpec.dataTo[]', ...entry],
    ['spec.pushSecretSpec.dataTo[].rewrite[]', step],
  ])
})

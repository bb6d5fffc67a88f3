import { RE2JS } from 're2js'
import t from 'tap'
import { customResourceDefinitions, kinds, type Schema } from '#api'

const crds = customResourceDefinitions()
const schemaOf = (crd: (typeof crds)[number], version = 'v1'): Schema => {
  const found = crd.spec.versions.find(({ name }) => name === version)
  if (!found) throw new Error(`no version ${version}`)
  return found.schema.openAPIV3Schema
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
  const free = node['x-kubernetes-int-or-string'] === true
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

// compatibility.md §1.3: one default more is a difference that GitOps tools show for ever
const defaults: Record<string, Record<string, unknown>> = {
  ExternalSecret: {
    'spec.target': { creationPolicy: 'Owner', deletionPolicy: 'Retain' },
    'spec.target.creationPolicy': 'Owner',
    'spec.target.deletionPolicy': 'Retain',
    'spec.target.template.engineVersion': 'v2',
    'spec.target.template.mergePolicy': 'Replace',
    'spec.target.template.templateFrom[].configMap.items[].templateAs': 'Values',
    'spec.target.template.templateFrom[].secret.items[].templateAs': 'Values',
    'spec.target.template.templateFrom[].target': 'Data',
    'spec.refreshInterval': '1h0m0s',
    'spec.data[].sourceRef.generatorRef.apiVersion': generator,
    ...merge('spec.dataFrom[].rewrite[].merge'),
    'spec.dataFrom[].sourceRef.generatorRef.apiVersion': generator,
    'status.binding.name': '',
  },
  SecretStore: {},
  ClusterSecretStore: {},
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
const templateFrom = (kind: string) => {
  const at = `spec.target.template.templateFrom[].${kind}`
  return [`${at}.name`, `${at}.items`, `${at}.items[].key`]
}
const required: Record<string, string[]> = {
  ExternalSecret: [
    'spec.target.manifest.apiVersion',
    'spec.target.manifest.kind',
    ...templateFrom('configMap'),
    ...templateFrom('secret'),
    'spec.syncWindows.kind',
    'spec.syncWindows.windows',
    'spec.syncWindows.windows[].schedule',
    'spec.syncWindows.windows[].duration',
    'spec.data[].secretKey',
    'spec.data[].remoteRef',
    'spec.data[].remoteRef.key',
    'spec.data[].sourceRef.generatorRef.kind',
    'spec.data[].sourceRef.generatorRef.name',
    'spec.dataFrom[].extract.key',
    'spec.dataFrom[].rewrite[].regexp.source',
    'spec.dataFrom[].rewrite[].regexp.target',
    'spec.dataFrom[].rewrite[].transform.template',
    'spec.dataFrom[].sourceRef.generatorRef.kind',
    'spec.dataFrom[].sourceRef.generatorRef.name',
    // ours, beside what ESO has
    'status.faults[].code',
    'status.conditions[].type',
    'status.conditions[].status',
  ],
  SecretStore: storeRequired,
  ClusterSecretStore: storeRequired,
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

  t.test(`${kind} serves v1beta1 with the schema of v1, and says that it is deprecated`, async t => {
    t.same(schemaOf(crd, 'v1beta1'), schema)
    t.match(crd.spec.versions, [
      { name: 'v1', served: true, storage: true },
      {
        name: 'v1beta1',
        served: true,
        storage: false,
        deprecated: true,
        deprecationWarning: /external-secrets\.io\/v1$/,
      },
    ])
    t.notOk('conversion' in crd.spec)
  })
}

t.test('exactly one provider is allowed, and another than ours is kept', async t => {
  for (const crd of crds.slice(1)) {
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

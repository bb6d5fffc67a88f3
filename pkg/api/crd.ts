import { z } from 'zod'
import { ExternalSecret } from './externalsecret.ts'
import { group } from './meta.ts'
import { ClusterSecretStore, SecretStore } from './secretstore.ts'

/** A node of an OpenAPI v3 schema as the API server takes it. */
export interface Schema {
  readonly type?: string
  readonly description?: string
  readonly format?: string
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly items?: Schema
  readonly required?: readonly string[]
  readonly [keyword: string]: unknown
}

interface Column {
  readonly name: string
  readonly type: 'string' | 'date'
  readonly jsonPath: string
}

/** What a CustomResourceDefinition says about a kind besides its schema (compatibility.md §1.1). */
export interface KindDefinition {
  readonly kind: string
  readonly plural: string
  readonly shortName: string
  readonly scope: 'Namespaced' | 'Cluster'
  readonly shape: { readonly description: string; readonly spec: z.ZodType; readonly status: z.ZodType }
  readonly columns: readonly Column[]
  readonly selectable: readonly string[]
}

const ready = (field: string) => `.status.conditions[?(@.type=="Ready")].${field}`
const storeColumns: readonly Column[] = [
  { name: 'AGE', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  { name: 'Status', type: 'string', jsonPath: ready('reason') },
  { name: 'Capabilities', type: 'string', jsonPath: '.status.capabilities' },
  { name: 'Ready', type: 'string', jsonPath: ready('status') },
]

const shapeOf = (kind: { shape: { spec: z.ZodType; status: z.ZodType }; description?: string | undefined }) => ({
  description: kind.description ?? '',
  spec: kind.shape.spec,
  status: kind.shape.status,
})

export const kinds: readonly KindDefinition[] = [
  {
    kind: 'ExternalSecret',
    plural: 'externalsecrets',
    shortName: 'es',
    scope: 'Namespaced',
    shape: shapeOf(ExternalSecret),
    columns: [
      { name: 'StoreType', type: 'string', jsonPath: '.spec.secretStoreRef.kind' },
      { name: 'Store', type: 'string', jsonPath: '.spec.secretStoreRef.name' },
      { name: 'Refresh Interval', type: 'string', jsonPath: '.spec.refreshInterval' },
      { name: 'Status', type: 'string', jsonPath: ready('reason') },
      { name: 'Ready', type: 'string', jsonPath: ready('status') },
      { name: 'Last Sync', type: 'date', jsonPath: '.status.refreshTime' },
    ],
    selectable: [
      '.spec.secretStoreRef.name',
      '.spec.secretStoreRef.kind',
      '.spec.target.name',
      '.spec.refreshInterval',
    ],
  },
  {
    kind: 'SecretStore',
    plural: 'secretstores',
    shortName: 'ss',
    scope: 'Namespaced',
    shape: shapeOf(SecretStore),
    columns: storeColumns,
    selectable: [],
  },
  {
    kind: 'ClusterSecretStore',
    plural: 'clustersecretstores',
    shortName: 'css',
    scope: 'Cluster',
    shape: shapeOf(ClusterSecretStore),
    columns: storeColumns,
    selectable: [],
  },
]

// The bounds that zod adds for JavaScript's or int32's range say nothing that `format` does not.
const typeBounds: readonly unknown[] = [-(2 ** 31), 2 ** 31 - 1, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]

/** Turns what zod emits into what a structural schema allows (dependencies.md §2). */
const tidy = (node: Record<string, unknown>): void => {
  if (node['x-kubernetes-int-or-string'] === true) delete node['anyOf']
  const rest = node['additionalProperties']
  if (rest && Object.keys(rest).length === 0) {
    delete node['additionalProperties']
    node['x-kubernetes-preserve-unknown-fields'] = true
  }
  for (const bound of ['minimum', 'maximum']) if (typeBounds.includes(node[bound])) delete node[bound]
}

/** The structural schema of a zod type. Throws where the type cannot be said in one. */
export const schemaOf = (type: z.ZodType): Schema =>
  z.toJSONSchema(type, {
    target: 'openapi-3.0',
    io: 'input',
    // a type of our own making says in its metadata what it is
    unrepresentable: ({ zodSchema }) => (z.globalRegistry.get(zodSchema)?.['type'] === undefined ? 'throw' : 'any'),
    cycles: 'throw',
    reused: 'inline',
    override: ({ jsonSchema }) => tidy(jsonSchema),
  }) as Schema // zod's type is a union over all targets; the keywords of this one are those of Schema

const rootSchema = (definition: KindDefinition): Schema => ({
  description: definition.shape.description,
  type: 'object',
  // `spec` is not required here, as in ESO: an object without it is refused by the webhook, with words that help.
  properties: {
    apiVersion: { description: 'Version of this kind of object.', type: 'string' },
    kind: { description: 'Kind of this object.', type: 'string' },
    metadata: { type: 'object' },
    spec: schemaOf(definition.shape.spec),
    status: schemaOf(definition.shape.status),
  },
})

const versionOf = (definition: KindDefinition, name: 'v1' | 'v1beta1') => ({
  name,
  served: true,
  storage: name === 'v1',
  ...(name !== 'v1' && {
    deprecated: true,
    deprecationWarning: `${group}/${name} ${definition.kind} is deprecated; write apiVersion: ${group}/v1`,
  }),
  additionalPrinterColumns: definition.columns,
  ...(definition.selectable.length > 0 && { selectableFields: definition.selectable.map(jsonPath => ({ jsonPath })) }),
  schema: { openAPIV3Schema: rootSchema(definition) },
  subresources: { status: {} },
})

/** The CustomResourceDefinition of a kind: v1 is stored, v1beta1 is served with the same schema (decision 2). */
export const customResourceDefinition = (definition: KindDefinition) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: `${definition.plural}.${group}`,
    labels: { [`${group}/component`]: 'controller' },
  },
  spec: {
    group,
    names: {
      kind: definition.kind,
      listKind: `${definition.kind}List`,
      plural: definition.plural,
      singular: definition.kind.toLowerCase(),
      shortNames: [definition.shortName],
      categories: ['external-secrets'],
    },
    scope: definition.scope,
    versions: [versionOf(definition, 'v1'), versionOf(definition, 'v1beta1')],
  },
})
export type CustomResourceDefinition = ReturnType<typeof customResourceDefinition>

export const customResourceDefinitions = (): CustomResourceDefinition[] => kinds.map(customResourceDefinition)

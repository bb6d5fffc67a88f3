import type { z } from 'zod'
import { ClusterExternalSecret } from './clusterexternalsecret.ts'
import { ClusterPushSecret } from './clusterpushsecret.ts'
import { ExternalSecret } from './externalsecret.ts'
import { group } from './meta.ts'
import { PushSecret } from './pushsecret.ts'
import { type Schema, schemaOf } from './schema.ts'
import { ClusterSecretStore, SecretStore } from './secretstore.ts'

interface Column {
  readonly name: string
  readonly type: 'string' | 'date'
  readonly jsonPath: string
}

type Version = 'v1' | 'v1beta1' | 'v1alpha1'

/** What a CustomResourceDefinition says about a kind besides its schema (compatibility.md §1.1). */
export interface KindDefinition {
  readonly kind: string
  readonly plural: string
  readonly shortName?: string
  readonly scope: 'Namespaced' | 'Cluster'
  /** Those that are served: the stored one first, after it those that are deprecated (decision 2). */
  readonly versions: readonly [Version, ...Version[]]
  readonly shape: { readonly description: string; readonly spec: z.ZodType; readonly status: z.ZodType }
  readonly columns: readonly Column[]
  readonly selectable: readonly string[]
}

const ready = (field: string) => `.status.conditions[?(@.type=="Ready")].${field}`
const versions: KindDefinition['versions'] = ['v1', 'v1beta1']
const age: Column = { name: 'AGE', type: 'date', jsonPath: '.metadata.creationTimestamp' }
const storeColumns: readonly Column[] = [
  age,
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
    versions,
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
    versions,
    shape: shapeOf(SecretStore),
    columns: storeColumns,
    selectable: [],
  },
  {
    kind: 'ClusterSecretStore',
    plural: 'clustersecretstores',
    shortName: 'css',
    scope: 'Cluster',
    versions,
    shape: shapeOf(ClusterSecretStore),
    columns: storeColumns,
    selectable: [],
  },
  {
    kind: 'ClusterExternalSecret',
    plural: 'clusterexternalsecrets',
    shortName: 'ces',
    scope: 'Cluster',
    versions,
    shape: shapeOf(ClusterExternalSecret),
    columns: [
      { name: 'Store', type: 'string', jsonPath: '.spec.externalSecretSpec.secretStoreRef.name' },
      { name: 'Refresh Interval', type: 'string', jsonPath: '.spec.refreshTime' },
      { name: 'Ready', type: 'string', jsonPath: ready('status') },
    ],
    selectable: [],
  },
  {
    kind: 'PushSecret',
    plural: 'pushsecrets',
    shortName: 'ps',
    scope: 'Namespaced',
    versions: ['v1alpha1'],
    shape: shapeOf(PushSecret),
    columns: [
      age,
      { name: 'Status', type: 'string', jsonPath: ready('reason') },
      { name: 'Last Sync', type: 'date', jsonPath: '.status.refreshTime' },
    ],
    selectable: [],
  },
  {
    kind: 'ClusterPushSecret',
    plural: 'clusterpushsecrets',
    scope: 'Cluster',
    versions: ['v1alpha1'],
    shape: shapeOf(ClusterPushSecret),
    columns: [age, { name: 'Status', type: 'string', jsonPath: ready('reason') }],
    selectable: [],
  },
]

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

const versionOf = (definition: KindDefinition, name: Version) => ({
  name,
  served: true,
  storage: name === definition.versions[0],
  ...(name !== definition.versions[0] && {
    deprecated: true,
    deprecationWarning: `${group}/${name} ${definition.kind} is deprecated; write apiVersion: ${group}/${definition.versions[0]}`,
  }),
  additionalPrinterColumns: definition.columns,
  ...(definition.selectable.length > 0 && { selectableFields: definition.selectable.map(jsonPath => ({ jsonPath })) }),
  schema: { openAPIV3Schema: rootSchema(definition) },
  subresources: { status: {} },
})

/** The CustomResourceDefinition of a kind: the first version is stored, the others are served with the same schema. */
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
      ...(definition.shortName && { shortNames: [definition.shortName] }),
      categories: ['external-secrets'],
    },
    scope: definition.scope,
    versions: definition.versions.map(name => versionOf(definition, name)),
  },
})
export type CustomResourceDefinition = ReturnType<typeof customResourceDefinition>

export const customResourceDefinitions = (): CustomResourceDefinition[] => kinds.map(customResourceDefinition)

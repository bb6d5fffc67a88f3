import type { ClusterSecretStore, ExternalSecret, SecretStore } from '#api'
import { storesOf, templateSources } from '#materialize'
import { accountRefs } from './account.ts'
import { fanIndexes } from './fan/indexes.ts'
import { targetName } from './marks.ts'
import { ownerName } from './owner.ts'
import type { SecretDigest } from './ports.ts'
import { pushIndexes } from './push/indexes.ts'
import { type Store, storeKey } from './store.ts'

export const storeIndex = 'store'
export const targetIndex = 'target'
export const sourceIndex = 'source'
export const credentialIndex = 'credential'
export const accountIndex = 'account'
export const ownedIndex = 'owned'
export const namespaceIndex = 'namespace'

const storeRefs = ({ metadata, spec }: ExternalSecret): readonly string[] =>
  storesOf(spec).flatMap(({ kind, name }) => (name ? [storeKey(kind, metadata.namespace, name)] : []))

/** `namespace/name` of every ConfigMap and Secret that the template takes texts from. */
const sourceRefs = ({ metadata, spec }: ExternalSecret): readonly string[] => [
  ...new Set(templateSources(spec.target.template).map(({ name }) => `${metadata.namespace}/${name}`)),
]

/** `namespace/name` of every Secret and ConfigMap that a store reads: both kinds alike, a look too many costs nothing. */
const credentialRefs = ({ kind, metadata, spec }: Store): readonly string[] => {
  const { authSecretRef, caProvider } = spec.provider.akeyless ?? {}
  const { accessID, accessType, accessTypeParam } = authSecretRef?.secretRef ?? {}
  const refs = [accessID, accessType, accessTypeParam, authSecretRef?.kubernetesAuth?.secretRef, caProvider]
  const keys = refs.flatMap(ref => {
    const namespace = kind === 'SecretStore' ? metadata.namespace : ref?.namespace
    return ref?.name && namespace ? [`${namespace}/${ref.name}`] : []
  })
  return [...new Set(keys)]
}

/** How the snapshots that the reconciler reads must be filed. The one who makes them (server/) hands these to the watches. */
export const indexes = {
  ...fanIndexes,
  externalSecrets: {
    ...fanIndexes.externalSecrets,
    /** `SecretStore/namespace/name` or `ClusterSecretStore/name` */
    [storeIndex]: storeRefs,
    /** `namespace/name` of a ConfigMap or Secret */
    [sourceIndex]: sourceRefs,
    /** `namespace/name` of the Secret */
    [targetIndex]: (object: ExternalSecret): readonly string[] => [
      `${object.metadata.namespace}/${targetName(object)}`,
    ],
    [namespaceIndex]: ({ metadata }: ExternalSecret): readonly string[] => [metadata.namespace ?? ''],
  },
  pushSecrets: { ...fanIndexes.pushSecrets, ...pushIndexes },
  stores: {
    [credentialIndex]: (object: SecretStore): readonly string[] => credentialRefs(object),
    [accountIndex]: (object: SecretStore): readonly string[] => accountRefs(object),
  },
  clusterStores: {
    [credentialIndex]: (object: ClusterSecretStore): readonly string[] => credentialRefs(object),
    [accountIndex]: (object: ClusterSecretStore): readonly string[] => accountRefs(object),
  },
  secrets: {
    /** `namespace/name` of the ExternalSecret that controls the Secret */
    [ownedIndex]: ({ namespace, ownerReferences }: SecretDigest): readonly string[] => {
      const owner = ownerName(ownerReferences)
      return owner === undefined ? [] : [`${namespace}/${owner}`]
    },
  },
} as const

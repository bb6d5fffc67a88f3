import type { ExternalSecret } from '#api'
import { storesOf } from '#materialize'
import type { Groups } from './lanes.ts'
import { type Store, storeKey } from './store.ts'

/**
 * Whose work it is to serve something through a store. A SecretStore is its namespace's: a gateway that hangs holds up that
 * namespace, and least its other stores (security.md T30, F2). A ClusterSecretStore is everybody's, and its namespaces take turns.
 */
export const groupsThrough = (kind: Store['kind'], namespace: string, name: string): Groups => {
  const store = storeKey(kind, namespace, name)
  return kind === 'SecretStore' ? [`Namespace/${namespace}`, store] : [store, `${store} Namespace/${namespace}`]
}

/** Undefined for an object that is gone: nothing but memory is touched for it. */
export const groupsOf = (externalSecret: ExternalSecret | undefined): Groups | undefined => {
  if (!externalSecret) return undefined
  const { metadata, spec } = externalSecret
  // of several stores the first that is read
  const [store = { kind: 'SecretStore' as const, name: '' }] = storesOf(spec).filter(({ used }) => used)
  return groupsThrough(store.kind, metadata.namespace ?? '', store.name)
}

/** The groups of a storeKey. */
export const groupsOfStore = (key: string): Groups => {
  const [kind, namespace = ''] = key.split('/')
  return kind === 'SecretStore' ? [`Namespace/${namespace}`, key] : [key, `${key} `]
}

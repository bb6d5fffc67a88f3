import type { ExternalSecret } from '#api'
import { Fault } from '#core'
import { readyOf } from './conditions.ts'
import { admits } from './namespaces.ts'
import type { Deps } from './ports.ts'
import { isOurs, type Store, showStore } from './store.ts'

type Stores = Pick<Deps, 'stores' | 'clusterStores' | 'namespaces' | 'controllerClass'>

export type Resolved =
  | { readonly is: 'usable'; readonly store: Store }
  /** Another controller's: this object is none of our business, not even its status (compatibility.md §2, step 5). */
  | { readonly is: 'foreign'; readonly store: Store }
  /** The store has not been looked at since it was made or changed; its own status write revives its dependents. */
  | { readonly is: 'pending'; readonly store: Store }
  | { readonly is: 'refused'; readonly fault: Fault }

const at = 'spec.secretStoreRef'

/** The store that an ExternalSecret names, ready or not. */
export const storeOf = ({ metadata, spec }: ExternalSecret, { stores, clusterStores }: Stores): Store | undefined => {
  const { kind = 'SecretStore', name = '' } = spec.secretStoreRef ?? {}
  return kind === 'SecretStore' ? stores.get(`${metadata.namespace ?? ''}/${name}`) : clusterStores.get(name)
}

const notFound = ({ spec }: ExternalSecret): Fault => {
  const { kind = 'SecretStore', name = '' } = spec.secretStoreRef ?? {}
  const where = kind === 'SecretStore' ? ' in this namespace' : ''
  return new Fault('StoreNotFound', `${showStore(kind, name)} does not exist${where}`, {
    path: at,
    remedy: 'create it, or name another store or kind',
  })
}

const denied = ({ metadata }: ExternalSecret, { kind, metadata: { name } }: Store): Fault =>
  new Fault('StoreDenied', `${showStore(kind, name)} does not admit namespace ${metadata.namespace}`, {
    path: at,
    remedy: 'use another store, or have the namespace admitted by spec.conditions of that one',
  })

const notReady = ({ kind, metadata: { name } }: Store): Fault =>
  new Fault('StoreNotReady', `${showStore(kind, name)} is not ready`, {
    path: at,
    remedy: 'read the status of the store',
  })

/**
 * The store of an ExternalSecret, judged at every sync on what the watches know now: class, conditions against the live labels
 * of the namespace (security.md T7), and the flood gate: without a good login of the store nobody tries one.
 */
export const resolveStore = (externalSecret: ExternalSecret, deps: Stores): Resolved => {
  const store = storeOf(externalSecret, deps)
  if (!store) return { is: 'refused', fault: notFound(externalSecret) }
  if (!isOurs(store, deps.controllerClass)) return { is: 'foreign', store }
  const { namespace: name = '' } = externalSecret.metadata
  const namespace = { name, labels: deps.namespaces.get(name)?.labels }
  if (store.kind === 'ClusterSecretStore' && !admits(store.spec.conditions, namespace)) {
    return { is: 'refused', fault: denied(externalSecret, store) }
  }
  const ready = readyOf(store.status?.conditions)
  const seen = store.status?.observedGeneration
  // ESO writes no observedGeneration: what it found out counts until our own look
  if (!ready || (seen !== undefined && seen !== store.metadata.generation)) return { is: 'pending', store }
  return ready.status === 'True' ? { is: 'usable', store } : { is: 'refused', fault: notReady(store) }
}

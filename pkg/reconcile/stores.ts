import type { ExternalSecret } from '#api'
import { Fault } from '#core'
import { type StoreName, storeId, storesOf } from '#materialize'
import { readyOf } from './conditions.ts'
import { admits } from './namespaces.ts'
import type { Deps } from './ports.ts'
import { isServedBy } from './served.ts'
import { isOurs, type Store, showStore } from './store.ts'

type Known = Pick<Deps, 'stores' | 'clusterStores'>
export type Judging = Known & Pick<Deps, 'namespaces' | 'controllerClass'>

/** Stores by storeId. */
export type Stores = ReadonlyMap<string, Store>

export type Resolved =
  | { readonly is: 'usable'; readonly stores: Stores }
  /** Another controller's: this object is none of our business, not even its status (compatibility.md §2, step 5). */
  | { readonly is: 'foreign' }
  /** A store has not been looked at since it was made or changed; its own status write revives its dependents. */
  | { readonly is: 'pending' }
  | { readonly is: 'refused'; readonly faults: readonly Fault[] }

/** A store that is named in a namespace; undefined where there is none. */
export const lookUp = (
  { kind, name }: StoreName,
  namespace: string,
  { stores, clusterStores }: Known,
): Store | undefined => (kind === 'SecretStore' ? stores.get(`${namespace}/${name}`) : clusterStores.get(name))

/** The stores that an ExternalSecret names and that exist, ready or not; those that do not, by their absence. */
export const storesNamed = ({ metadata, spec }: ExternalSecret, known: Known): Stores =>
  new Map(
    storesOf(spec).flatMap(store => {
      const found = lookUp(store, metadata.namespace ?? '', known)
      return found ? [[storeId(store), found] as const] : []
    }),
  )

/**
 * Whether a store that the ExternalSecret names belongs to another controller: then the whole object does. One that names no store,
 * or none that exists, belongs to whoever served it last, and else to the default class: ESO's where we run beside it, which writes
 * the status too.
 */
export const isForeign = (externalSecret: ExternalSecret, deps: Judging): boolean => {
  const known = [...storesNamed(externalSecret, deps).values()]
  if (known.length === 0) return !isServedBy(externalSecret.status, deps.controllerClass)
  return known.some(store => !isOurs(store, deps.controllerClass))
}

export const notFound = ({ kind, name }: StoreName, path: string, { clusterStores }: Known): Fault => {
  const where = kind === 'SecretStore' ? ' in this namespace' : ''
  const meant = kind === 'SecretStore' && clusterStores.get(name) !== undefined
  return new Fault('StoreNotFound', `${showStore(kind, name)} does not exist${where}`, {
    path,
    remedy: meant
      ? 'write kind: ClusterSecretStore, there is one of that name'
      : 'create it, or name another store or kind',
  })
}

const denied = (namespace: string, { kind, metadata: { name } }: Store, path: string): Fault =>
  new Fault('StoreDenied', `${showStore(kind, name)} does not admit namespace ${namespace}`, {
    path,
    remedy: 'use another store, or have the namespace admitted by spec.conditions of that one',
  })

/** What is wrong with it, where its readers may know: the places of a ClusterSecretStore are in other namespaces. */
const notReady = ({ kind, metadata: { name }, status }: Store, path: string): Fault => {
  const why = kind === 'SecretStore' ? readyOf(status?.conditions)?.message : undefined
  const what = `${showStore(kind, name)} is not ready${why ? `: ${why}` : ''}`
  return new Fault('StoreNotReady', what, { path, remedy: why ? 'mend the store' : 'read the status of the store' })
}

/** What keeps one store from being used now: the flood gate too, without a good login of the store nobody tries one. */
export const standing = (
  store: Store,
  namespace: string,
  path: string,
  deps: Judging,
): 'usable' | 'pending' | Fault => {
  const labels = deps.namespaces.get(namespace)?.labels
  if (store.kind === 'ClusterSecretStore' && !admits(store.spec.conditions, { name: namespace, labels })) {
    return denied(namespace, store, path)
  }
  const ready = readyOf(store.status?.conditions)
  const seen = store.status?.observedGeneration
  // ESO writes no observedGeneration: what it found out counts until our own look
  if (!ready || (seen !== undefined && seen !== store.metadata.generation)) return 'pending'
  return ready.status === 'True' ? 'usable' : notReady(store, path)
}

/**
 * The stores of an ExternalSecret, judged at every sync on what the watches know now: class, conditions against the live labels
 * of the namespace (security.md T7), and readiness. One that is named but read by no entry need not exist.
 */
export const resolveStores = (externalSecret: ExternalSecret, deps: Judging): Resolved => {
  if (isForeign(externalSecret, deps)) return { is: 'foreign' }
  const { namespace = '' } = externalSecret.metadata
  const usable = new Map<string, Store>()
  const faults: Fault[] = []
  let pending = false
  for (const name of storesOf(externalSecret.spec).filter(({ used }) => used)) {
    const store = lookUp(name, namespace, deps)
    const verdict = store ? standing(store, namespace, name.path, deps) : notFound(name, name.path, deps)
    if (verdict instanceof Fault) faults.push(verdict)
    else if (verdict === 'pending') pending = true
    else if (store) usable.set(storeId(name), store)
  }
  if (faults.length > 0) return { is: 'refused', faults }
  return pending ? { is: 'pending' } : { is: 'usable', stores: usable }
}

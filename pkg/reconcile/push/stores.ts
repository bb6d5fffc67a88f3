import { mostStores } from '#admission'
import type { PushSecret, PushStoreRef } from '#api'
import { Fault } from '#core'
import { type PushStore, type StoreName, storeId } from '#materialize'
import { selects } from '../namespaces.ts'
import type { Deps } from '../ports.ts'
import { isServedBy } from '../served.ts'
import { isOurs, type Store } from '../store.ts'
import { lookUp, notFound, type Stores, standing } from '../stores.ts'

type Known = Pick<Deps, 'stores' | 'clusterStores'>
type Judging = Known & Pick<Deps, 'namespaces' | 'controllerClass'>

export type ResolvedPush =
  | {
      readonly is: 'usable'
      readonly stores: Stores
      /** The same, as the plan needs them. */
      readonly names: readonly PushStore[]
    }
  | { readonly is: 'pending' }
  | { readonly is: 'refused'; readonly faults: readonly Fault[] }

const nameOf = ({ kind, metadata }: Store): StoreName => ({ kind, name: metadata.name })

const isLeaving = ({ metadata }: Store): boolean => metadata.deletionTimestamp !== undefined

/** Whether a reference means a store: a labelSelector goes before a name, as in ESO (compatibility.md §5). */
const means = (ref: PushStoreRef, { kind, metadata }: Store): boolean => {
  if (ref.kind !== kind) return false
  return ref.labelSelector ? selects(ref.labelSelector, metadata.labels ?? {}) : ref.name === metadata.name
}

const all = (kind: Store['kind'], namespace: string, { stores, clusterStores }: Known): readonly Store[] =>
  kind === 'ClusterSecretStore'
    ? clusterStores.list()
    : stores.list().filter(({ metadata }) => metadata.namespace === namespace)

/** References by label that are looked at: the rules refuse an object that has more, but whose it is is asked before. */
const selecting = ({ secretStoreRefs }: PushSecret['spec']): readonly PushStoreRef[] =>
  secretStoreRefs.filter(ref => ref.labelSelector).slice(0, mostStores)

const found = (ref: PushStoreRef, namespace: string, known: Known): readonly Store[] => {
  if (ref.labelSelector) return all(ref.kind, namespace, known).filter(store => means(ref, store))
  const store = lookUp({ kind: ref.kind, name: ref.name ?? '' }, namespace, known)
  return store ? [store] : []
}

/**
 * Whether another controller serves the object: one store that it names belongs to another class, or all that it selects. One that
 * names none that exists belongs to whoever served it last, and else to the default class (as for ExternalSecrets).
 */
export const isForeignPush = ({ metadata, spec, status }: PushSecret, deps: Judging): boolean => {
  const namespace = metadata.namespace ?? ''
  const isOther = (store: Store) => !isOurs(store, deps.controllerClass)
  const named = spec.secretStoreRefs.filter(ref => !ref.labelSelector).flatMap(ref => found(ref, namespace, deps))
  if (named.some(isOther)) return true
  const every = [...named, ...selecting(spec).flatMap(ref => found(ref, namespace, deps))]
  if (every.length === 0) return !isServedBy(status, deps.controllerClass)
  return every.every(isOther)
}

const namesNone = (): Fault =>
  new Fault('SpecInvalid', 'names no store', { path: 'spec.secretStoreRefs', remedy: 'name the store to push to' })

const selectsNone = ({ kind }: PushStoreRef, path: string): Fault =>
  new Fault('StoreNotFound', `no ${kind} has these labels`, {
    path: `${path}.labelSelector`,
    remedy: 'label a store, or name one',
  })

const leaves = ({ kind }: PushStoreRef, path: string): Fault =>
  new Fault('StoreNotFound', `the ${kind} is being deleted`, { path, remedy: 'name another store' })

/** The stores of one reference that may be used now. */
const usableOf = (
  ref: PushStoreRef,
  path: string,
  namespace: string,
  deps: Judging,
): readonly (Store | Fault | 'pending')[] => {
  const stores = found(ref, namespace, deps).filter(store => isOurs(store, deps.controllerClass))
  if (stores.length === 0) {
    return [ref.labelSelector ? selectsNone(ref, path) : notFound({ kind: ref.kind, name: ref.name ?? '' }, path, deps)]
  }
  const staying = stores.filter(store => !isLeaving(store))
  if (staying.length === 0) return [leaves(ref, path)]
  return staying.map(store => {
    const verdict = standing(store, namespace, path, deps)
    return verdict === 'usable' ? store : verdict
  })
}

const tooMany = (count: number): Fault =>
  new Fault('SpecInvalid', `chooses ${count} stores, ${mostStores} are allowed`, {
    path: 'spec.secretStoreRefs',
    remedy: 'select fewer by label, or split it into several PushSecrets',
  })

const strayFaults = ({ spec }: PushSecret, stores: readonly Store[]): readonly Fault[] =>
  (spec.dataTo ?? []).flatMap(({ storeRef }, index) =>
    storeRef && stores.some(store => means(storeRef, store))
      ? []
      : [
          new Fault('SpecInvalid', 'is none of spec.secretStoreRefs', {
            path: `spec.dataTo[${index}].storeRef`,
            remedy: 'name one of them, or add it there',
          }),
        ],
  )

const toName = (store: Store, { spec }: PushSecret): PushStore => {
  const meant = (spec.dataTo ?? []).flatMap(({ storeRef }, index) =>
    storeRef && means(storeRef, store) ? [index] : [],
  )
  return { ...nameOf(store), dataTo: new Set(meant) }
}

/** What goes to each of the stores, where all of them can be used. */
const chosen = (pushSecret: PushSecret, stores: Stores): ResolvedPush => {
  if (stores.size > mostStores) return { is: 'refused', faults: [tooMany(stores.size)] }
  const list = [...stores.values()]
  const strays = strayFaults(pushSecret, list)
  if (strays.length > 0) return { is: 'refused', faults: strays }
  return { is: 'usable', stores, names: list.map(store => toName(store, pushSecret)) }
}

/**
 * The stores of a PushSecret, judged on what the watches know now: class, conditions against the live labels of the namespace, and
 * readiness, which ESO does not ask for here. Each reference is looked up in its own place, whatever kinds stand together.
 */
export const resolvePush = (pushSecret: PushSecret, deps: Judging): ResolvedPush => {
  const namespace = pushSecret.metadata.namespace ?? ''
  const stores = new Map<string, Store>()
  const faults: Fault[] = []
  let pending = false
  for (const [index, ref] of pushSecret.spec.secretStoreRefs.entries()) {
    for (const each of usableOf(ref, `spec.secretStoreRefs[${index}]`, namespace, deps)) {
      if (each instanceof Fault) faults.push(each)
      else if (each === 'pending') pending = true
      else stores.set(storeId(nameOf(each)), each)
    }
  }
  if (pushSecret.spec.secretStoreRefs.length === 0) faults.push(namesNone())
  if (faults.length > 0) return { is: 'refused', faults }
  if (pending) return { is: 'pending' }
  return chosen(pushSecret, stores)
}

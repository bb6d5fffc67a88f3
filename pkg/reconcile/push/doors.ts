import { asFault, Fault } from '#core'
import { isReferent } from '../account.ts'
import { suspicious, throughStore } from '../fetch.ts'
import type { Deps } from '../ports.ts'
import { isOurs, keyOf, type Store, showStore, storeKey } from '../store.ts'
import { lookUp, standing } from '../stores.ts'
import type { Door } from './door.ts'
import type { PushPass } from './pass.ts'
import { storeOfId } from './record.ts'

/** The way through a store; throws Fault where it has none. */
export const openDoor = async ({ parts, pushSecret, signal }: PushPass, store: Store, path: string): Promise<Door> => {
  try {
    const { namespace = '', uid = '' } = pushSecret.metadata
    const identity = await parts.identities.of(store, namespace, signal)
    const door = { store, identity, reader: isReferent(store) ? namespace : '' }
    if (pushSecret.spec.deletionPolicy === 'Delete') parts.lastDoors.note(uid, door)
    return door
  } catch (thrown) {
    signal.throwIfAborted()
    throw refusedBy({ parts }, store, thrown, path)
  }
}

/** What a store or its gateway refused, told to the PushSecret; a store that looked well is looked at again. */
export const refusedBy = ({ parts }: Pick<PushPass, 'parts'>, store: Store, thrown: unknown, path: string): Fault => {
  const fault = asFault(thrown)
  if (suspicious.includes(fault.code)) parts.suspect(keyOf(store))
  // what has a field of the PushSecret has been told already
  const isOwn = fault.path !== undefined && !fault.path.startsWith('spec.provider')
  return isOwn ? fault : throughStore(fault, store, path)
}

/** `nobody`: there is no such store any more, or another controller serves it: nothing can be deleted through it, or may be. */
export type Way = Door | Fault | { readonly nobody: Fault }

/** A store as the record names it, `Kind/name`. */
export const storeNamed = (id: string, namespace: string, deps: Deps): Store | undefined => {
  const named = storeOfId(id)
  return named && lookUp(named, namespace, deps)
}

const path = 'status.syncedPushSecrets'

/** `Kind/name` as stores are known elsewhere. */
const keyNamed = (id: string, namespace: string): string => {
  const named = storeOfId(id)
  return named ? storeKey(named.kind, namespace, named.name) : id
}

export const isNamespaceLeaving = ({ deps, pushSecret }: PushPass): boolean =>
  deps.namespaces.get(pushSecret.metadata.namespace ?? '')?.terminating === true

/** Whether the object goes: it is being deleted, or its namespace is, from which there is no way back. */
export const isLeaving = (pass: PushPass): boolean =>
  pass.pushSecret.metadata.deletionTimestamp !== undefined || isNamespaceLeaving(pass)

const gone = (id: string): { readonly nobody: Fault } => {
  const [kind = '', name = ''] = id.split('/')
  const remedy = 'make the store anew, or write deletionPolicy: None to leave the items there'
  return { nobody: new Fault('StoreNotFound', `${showStore(kind, name)} is gone`, { path, remedy }) }
}

/** That the store does not admit the namespace; undefined where it does. */
const denialOf = ({ deps, pushSecret }: PushPass, store: Store): Fault | undefined => {
  const verdict = standing(store, pushSecret.metadata.namespace ?? '', path, deps)
  return verdict instanceof Fault && verdict.code === 'StoreDenied' ? verdict : undefined
}

/** The way as it was, where everything goes at once. */
const lastWay = (pass: PushPass, id: string, store: Store | undefined): Door | undefined => {
  const { deps, parts, pushSecret } = pass
  const { namespace = '', uid = '' } = pushSecret.metadata
  const isStoreLeaving = store === undefined || store.metadata.deletionTimestamp !== undefined
  if (!isLeaving(pass) || !(isStoreLeaving || isNamespaceLeaving(pass))) return undefined
  const kept = parts.lastDoors.get(uid, keyNamed(id, namespace), deps.now())
  // its conditions may have changed before it went
  return kept?.lost && denialOf(pass, kept.lost) ? undefined : kept?.door
}

/** A way to delete what was pushed through a store. It need not be ready: whether it works, the deletion shows. */
export const wayBack = async (pass: PushPass, id: string): Promise<Way> => {
  const { deps, pushSecret } = pass
  const { namespace = '' } = pushSecret.metadata
  const store = storeNamed(id, namespace, deps)
  if (!store) return lastWay(pass, id, store) ?? gone(id)
  if (!isOurs(store, deps.controllerClass)) {
    const what = `${showStore(store.kind, store.metadata.name)} belongs to another controller class`
    return { nobody: new Fault('StoreNotFound', what, { path, remedy: 'delete the items by hand' }) }
  }
  const denied = denialOf(pass, store)
  if (denied) {
    pass.parts.lastDoors.forget(pushSecret.metadata.uid ?? '', keyOf(store))
    return denied
  }
  return openDoor(pass, store, path).catch((thrown: unknown) => {
    pass.signal.throwIfAborted()
    return lastWay(pass, id, store) ?? asFault(thrown)
  })
}

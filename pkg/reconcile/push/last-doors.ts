import { keyOf, type Store } from '../store.ts'
import type { Door } from './door.ts'

/**
 * The ways that each PushSecret itself used for what is to be deleted one day. Who deletes a folder of manifests deletes store,
 * credentials and PushSecret at once, and nothing could be cleaned up any more. So the way is kept, for that very object and for
 * nothing else: another one, also of the same name, may not go where this one could (in ESO a finalizer on the store holds all of it up).
 */
export interface LastDoors {
  note(uid: string, door: Door): void
  /** The store is gone, and was this: the ways through it are good for some minutes more. */
  lose(store: Store, at: Date): void
  /** The way of an object through a store (a storeKey), and the store as it was last, where it is gone. */
  get(uid: string, storeKey: string, at: Date): { readonly door: Door; readonly lost: Store | undefined } | undefined
  /** The object is gone, or may not go there any more. */
  forget(uid: string, storeKey?: string): void
}

const graceMs = 10 * 60e3

interface Loss {
  readonly store: Store
  readonly atMs: number
}

export const createLastDoors = (): LastDoors => {
  const doors = new Map<string, Map<string, Door>>()
  const losses = new Map<string, Loss>()
  const isOver = ({ atMs }: Loss, at: Date): boolean => at.getTime() - atMs > graceMs
  const close = (key: string): void => {
    losses.delete(key)
    for (const own of doors.values()) own.delete(key)
  }
  return {
    note: (uid, door) => {
      const key = keyOf(door.store)
      losses.delete(key)
      doors.set(uid, (doors.get(uid) ?? new Map<string, Door>()).set(key, door))
    },
    lose: (store, at) => {
      for (const [key, loss] of losses) if (isOver(loss, at)) close(key)
      losses.set(keyOf(store), { store, atMs: at.getTime() })
    },
    get: (uid, storeKey, at) => {
      const door = doors.get(uid)?.get(storeKey)
      const loss = losses.get(storeKey)
      return door && !(loss && isOver(loss, at)) ? { door, lost: loss?.store } : undefined
    },
    forget: (uid, storeKey) => {
      if (storeKey === undefined) doors.delete(uid)
      else doors.get(uid)?.delete(storeKey)
    },
  }
}

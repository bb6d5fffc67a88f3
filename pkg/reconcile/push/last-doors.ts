import type { Door } from './door.ts'

/**
 * The way through each store as it was last used for what is to be deleted one day. Who deletes a namespace, or a folder of
 * manifests, deletes store, credentials and PushSecret at once, and nothing could be cleaned up any more. So such a way is kept
 * while there is a PushSecret that may need it, and used for nothing else (in ESO a finalizer on the store holds all of it up).
 */
export interface LastDoors {
  note(storeKey: string, door: Door): void
  /** The store is gone: its way is good for some minutes more. */
  lose(storeKey: string, at: Date): void
  get(storeKey: string, at: Date): Door | undefined
  /** Forgets the ways that nobody needs any more. */
  keep(isNeeded: (storeKey: string) => boolean): void
}

const graceMs = 10 * 60e3

interface Kept {
  readonly door: Door
  readonly lostAtMs?: number
}

export const createLastDoors = (): LastDoors => {
  const doors = new Map<string, Kept>()
  return {
    note: (key, door) => {
      doors.set(key, { door })
    },
    lose: (key, at) => {
      const kept = doors.get(key)
      if (kept) doors.set(key, { lostAtMs: at.getTime(), ...kept })
    },
    get: (key, at) => {
      const { door, lostAtMs = at.getTime() } = doors.get(key) ?? {}
      return at.getTime() - lostAtMs <= graceMs ? door : undefined
    },
    keep: isNeeded => {
      for (const key of [...doors.keys()]) if (!isNeeded(key)) doors.delete(key)
    },
  }
}

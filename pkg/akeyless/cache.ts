import { LRUCache } from 'lru-cache'
import type { ItemValue } from '#api'

/** What a value is remembered under. Two keys that differ in any field never meet. */
export interface CacheKey {
  /** loginKey of the identity: everything of it is forgotten at once. */
  readonly owner: string
  /** readKey of the identity. */
  readonly reader: string
  readonly path: string
  readonly version: number
  /** The one object that a lease is for; empty for values that objects may share. */
  readonly scope: string
}

/** Values as last read, bounded by their bytes and in time: a secret that nobody may use any more is not kept. */
export interface Cache {
  get(key: CacheKey, maxAgeMs: number): ItemValue | undefined
  /**
   * `fetchedAt` is when the read began. It is kept for the longest time that anybody asked for while it was there, a day at
   * most, and no longer than the lease that it may be.
   */
  put(key: CacheKey, value: ItemValue, fetchedAt: number, keepMs: number): void
  /** Forgets everything of an identity: its login was refused (security.md T9). */
  forget(owner: string): void
  /** A path is denied: where it was readable before, rights were taken away, and everything of the identity goes. */
  revoke(owner: string, path: string): void
  /** The item is gone: what was read of it must not come back. */
  drop(owner: string, path: string): void
}

interface Entry {
  readonly value: ItemValue
  readonly fetchedAt: number
  readonly key: CacheKey
  readonly keepMs: number
}

const largestBytes = 32 * 1024 * 1024
// key, entry and wrapper, roughly
const overheadBytes = 400
/** Longer than an interval usually is, and far below the 25 days that a timer can count. */
export const longestKeptMs = 24 * 3600e3

const spell = (key: CacheKey): string => JSON.stringify([key.owner, key.reader, key.path, key.version, key.scope])

export const createCache = (now: () => number, maxSize: number = largestBytes): Cache => {
  const owned = new Map<string, Set<string>>()
  const entries = new LRUCache<string, Entry>({
    maxSize,
    // by timers, or what is never asked for again would stay
    ttlAutopurge: true,
    ttl: longestKeptMs,
    sizeCalculation: (entry, name) => entry.value.text.size + name.length + overheadBytes,
    disposeAfter: (entry, name, reason) => {
      if (reason === 'set') return
      const names = owned.get(entry.key.owner)
      names?.delete(name)
      if (names?.size === 0) owned.delete(entry.key.owner)
    },
  })

  const forget = (owner: string): void => {
    for (const name of [...(owned.get(owner) ?? [])]) entries.delete(name)
  }

  return {
    get(key, maxAgeMs) {
      const entry = entries.get(spell(key))
      return entry && now() - entry.fetchedAt < maxAgeMs ? entry.value : undefined
    },
    put(key, value, fetchedAt, keepMs) {
      const name = spell(key)
      const wanted = Math.max(keepMs, entries.peek(name)?.keepMs ?? 0)
      const names = owned.get(key.owner) ?? new Set()
      owned.set(key.owner, names.add(name))
      const ttl = Math.max(1, Math.min(wanted, value.ttlMs ?? wanted, longestKeptMs))
      entries.set(name, { value, fetchedAt, key, keepMs: wanted }, { ttl })
      // a value beyond the bound is not kept at all
      if (!entries.has(name)) names.delete(name)
      if (names.size === 0) owned.delete(key.owner)
    },
    forget,
    drop(owner, path) {
      for (const name of [...(owned.get(owner) ?? [])]) {
        if (entries.peek(name)?.key.path === path) entries.delete(name)
      }
    },
    revoke(owner, path) {
      const names = [...(owned.get(owner) ?? [])]
      if (names.some(name => entries.peek(name)?.key.path === path)) forget(owner)
    },
  }
}

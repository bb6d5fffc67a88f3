import { LRUCache } from 'lru-cache'
import type { ItemQuery, ListedItem } from '#api'
import { longestKeptMs } from './cache.ts'
import { inTime } from './deadline.ts'
import { createFlights } from './flight.ts'
import type { List } from './list.ts'
import type { Peer } from './peer.ts'
import { Refusal } from './refusal.ts'
import type { Types } from './types.ts'

/** Listings: from memory, together with whoever wants the same one now, or from the gateway. */
export interface Listings {
  /** Throws Refusal, or the signal's reason. */
  of(peer: Peer, query: ItemQuery, maxAgeMs: number, signal: AbortSignal): Promise<readonly ListedItem[]>
  /** Forgets everything of an identity: its login was refused (security.md T9). */
  forget(owner: string): void
  /** Items could not be read: the listings of the identity that name one of them have become old. */
  doubt(owner: string, paths: ReadonlySet<string>): void
}

interface Deps {
  readonly list: List
  readonly types: Types
  readonly now: () => number
  /** For one listing with all its pages, waiting in line included. Milliseconds. */
  readonly longestMs: number
}

interface Entry {
  readonly owner: string
  readonly items: readonly ListedItem[]
  readonly startedAt: number
}

const largestBytes = 16 * 1024 * 1024
// of an item: its object, its string and their places; of an entry: key and wrapper
const itemBytes = 80
const entryBytes = 400

const sizeOf = ({ items }: Entry, name: string): number =>
  items.reduce((sum, { path }) => sum + path.length + itemBytes, name.length + entryBytes)

/** Listings as last read, bounded by their bytes: one that is larger than that is not kept. */
const createMemory = () => {
  const owned = new Map<string, Set<string>>()
  const entries = new LRUCache<string, Entry>({
    maxSize: largestBytes,
    ttl: longestKeptMs,
    ttlAutopurge: true,
    sizeCalculation: sizeOf,
    disposeAfter: ({ owner }, name, reason) => {
      if (reason === 'set') return
      const names = owned.get(owner)
      names?.delete(name)
      if (names?.size === 0) owned.delete(owner)
    },
  })
  return {
    get: (name: string) => entries.get(name),
    put: (name: string, entry: Entry) => {
      const names = owned.get(entry.owner) ?? new Set()
      owned.set(entry.owner, names.add(name))
      entries.set(name, entry)
      // one beyond the bound is not kept at all
      if (!entries.has(name)) names.delete(name)
      if (names.size === 0) owned.delete(entry.owner)
    },
    forget: (owner: string, which: (entry: Entry) => boolean) => {
      for (const name of [...(owned.get(owner) ?? [])]) {
        const entry = entries.peek(name)
        if (entry && which(entry)) entries.delete(name)
      }
    },
  }
}

export const createListings = ({ list, types, now, longestMs }: Deps): Listings => {
  const memory = createMemory()
  const flights = createFlights<readonly ListedItem[]>()
  const forget = (owner: string): void => memory.forget(owner, () => true)

  const read = async (name: string, peer: Peer, query: ItemQuery, signal: AbortSignal) => {
    const startedAt = now()
    try {
      const items = await inTime(peer, longestMs, signal, bound => list(peer, query, bound))
      types.learn(peer, items)
      memory.put(name, { owner: peer.loginKey, items, startedAt })
      return items
    } catch (thrown) {
      // what it listed before is not what it may list now
      if (thrown instanceof Refusal && thrown.why === 'denied') forget(peer.loginKey)
      throw thrown
    }
  }

  return {
    async of(peer, query, maxAgeMs, signal) {
      // ignoreCache means nothing to list-items, so that both kinds of readers share (akeyless.md §7.4)
      const name = JSON.stringify([peer.loginKey, query.path ?? '', [...new Set(query.tags)].sort()])
      const known = memory.get(name)
      if (known && now() - known.startedAt < maxAgeMs) return known.items
      return await flights.join(name, abort => read(name, peer, query, abort), signal)
    },
    forget,
    doubt: (owner, paths) => memory.forget(owner, ({ items }) => items.some(({ path }) => paths.has(path))),
  }
}

import { LRUCache } from 'lru-cache'
import type { ItemType, ListedItem } from '#api'
import type { Describe } from './describe.ts'
import { createFlights } from './flight.ts'
import { canonical, type Item, readableType } from './item.ts'
import type { Peer } from './peer.ts'

/** The type of each item, asked for once per identity: the type of a name does not change while it exists (akeyless.md §5.1). */
export interface Types {
  of(peer: Peer, path: string, signal: AbortSignal): Promise<ItemType>
  /** Forgets what was known and asks anew. */
  again(peer: Peer, path: string, signal: AbortSignal): Promise<{ readonly type: ItemType; readonly enabled: boolean }>
  /** A listing tells types too: none of its items need be described. */
  learn(peer: Peer, items: readonly ListedItem[]): void
}

// what fits into the memory below at the usual length; more would only push itself out
const mostLearnt = 50_000

// names are tenants' texts, so their length counts
const createMemory = () =>
  new LRUCache<string, ItemType>({
    maxSize: 10 * 1024 * 1024,
    sizeCalculation: (_type, key) => key.length + 50,
  })

export const createTypes = (describe: Describe): Types => {
  const known = createMemory()
  // apart, so that a large vault takes no room from those who name their items
  const listed = createMemory()
  const flights = createFlights<Item>()
  const keyOf = (peer: Peer, path: string) => `${peer.loginKey} ${canonical(path)}`

  const again: Types['again'] = async (peer, path, signal) => {
    const key = keyOf(peer, path)
    known.delete(key)
    const item = await flights.join(key, abort => describe(peer, path, abort), signal)
    const type = readableType(item, path)
    known.set(key, type)
    return { type, enabled: item.enabled }
  }

  return {
    again,
    async of(peer, path, signal) {
      const key = keyOf(peer, path)
      return known.get(key) ?? listed.get(key) ?? (await again(peer, path, signal)).type
    },
    learn(peer, items) {
      if (items.length > mostLearnt) return
      for (const { path, type } of items) listed.set(keyOf(peer, path), type)
    },
  }
}

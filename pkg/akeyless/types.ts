import { LRUCache } from 'lru-cache'
import type { ItemType } from '#api'
import type { Describe } from './describe.ts'
import { createFlights } from './flight.ts'
import { canonical, type Item, readableType } from './item.ts'
import type { Peer } from './peer.ts'

/** The type of each item, asked for once per identity: the type of a name does not change while it exists (akeyless.md §5.1). */
export interface Types {
  of(peer: Peer, path: string, signal: AbortSignal): Promise<ItemType>
  /** Forgets what was known and asks anew. */
  again(peer: Peer, path: string, signal: AbortSignal): Promise<{ readonly type: ItemType; readonly enabled: boolean }>
}

export const createTypes = (describe: Describe): Types => {
  // 50,000 paths of usual length; names are tenants' texts, so their length counts
  const known = new LRUCache<string, ItemType>({
    maxSize: 10 * 1024 * 1024,
    sizeCalculation: (_type, key) => key.length + 50,
  })
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
      return known.get(keyOf(peer, path)) ?? (await again(peer, path, signal)).type
    },
  }
}

import type { ItemValue } from '#api'
import type { Fault } from '#core'
import type { StoreName } from './refs.ts'
import { storeId } from './refs.ts'

/** Items of one store by refKey. */
export type Items = ReadonlyMap<string, ItemValue | Fault>

/** Everything that was read for one ExternalSecret, in one go (decision 15). */
export interface Fetched {
  /** By storeId. */
  readonly items: ReadonlyMap<string, Items>
  /** Paths of the items that each search found, by the field path of its find; or why it found none. */
  readonly found: ReadonlyMap<string, readonly string[] | Fault>
}

const none: Items = new Map()

/** The items that were read with a store. */
export const itemsOf = (fetched: Fetched, store: StoreName): Items => fetched.items.get(storeId(store)) ?? none

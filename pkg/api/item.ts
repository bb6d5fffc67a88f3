import type { Sensitive } from '#core'

/** The item types that hold a readable value; every other `item_type` is ItemTypeUnsupported. */
export const itemTypes = ['STATIC_SECRET', 'DYNAMIC_SECRET', 'ROTATED_SECRET', 'CERTIFICATE'] as const
export type ItemType = (typeof itemTypes)[number]

/** What an ExternalSecret asks for: one item in one version; version 0 is the latest. */
export interface ItemRef {
  /** Item path as written in the manifest, with or without the leading slash. */
  readonly path: string
  readonly version: number
}

/** Key of a ref in a result map. */
export const refKey = (ref: ItemRef): string => `${ref.path}@${ref.version}`

/** One item as read: everything that several refs of one object take from it comes from this one value (decision 15). */
export interface ItemValue {
  readonly type: ItemType
  /**
   * The raw text of akeyless.md §3.2 step 2: static = the string; dynamic = JSON of the whole answer, keys sorted as Go prints it;
   * rotated = payload, else JSON of target_value, else of value; certificate = JSON of certificate_pem and private_key_pem.
   */
  readonly text: Sensitive
  /** Life of the lease that came with a dynamic item. Milliseconds. */
  readonly ttlMs?: number
}

/** An item that has no value until somebody leases one, as described. */
export interface Leasable {
  readonly type: 'DYNAMIC_SECRET'
  /** Life of its leases, where the gateway tells. Milliseconds. */
  readonly leaseMs?: number
}

/** Which items a find asks for (akeyless.md §3.3). */
export interface ItemQuery {
  /** Text that the path of each begins with, with a slash at both ends; the whole vault where absent. */
  readonly path?: string
  /** Items that carry at least one of these tags; all where absent. */
  readonly tags?: readonly string[]
}

/** One item of a listing: there is a value to read. */
export interface ListedItem {
  /** Full path, with the leading slash. */
  readonly path: string
  readonly type: ItemType
}

/** What a push must know of an item before it writes: never its value. */
export interface RemoteItem {
  /** Any other type is made by Akeyless itself, and reading one can issue a credential. */
  readonly isStatic: boolean
  readonly enabled: boolean
  /** Whether a PushSecret made it, of ESO or of Latchkey. */
  readonly isTagged: boolean
  /** Whether Akeyless refuses to delete it. */
  readonly isProtected: boolean
  readonly lastVersion: number | undefined
}

/** The whole value of a static item, as it is to be. */
export interface RemoteValue {
  readonly path: string
  readonly value: Sensitive
  /** Version that the value was made from: with another one the write is a conflict. Undefined: whatever is there. */
  readonly lastVersion?: number | undefined
}

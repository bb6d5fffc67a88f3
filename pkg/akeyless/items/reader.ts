import type { ItemRef, ItemValue } from '#api'
import type { Ask } from '../ask.ts'
import type { Peer } from '../peer.ts'
import type { Fields } from '../wire.ts'

/** What the readers work with. */
export interface Desk {
  readonly ask: Ask
  /** Static values go out together (batch.ts). */
  readonly batched: (peer: Peer, ref: ItemRef, signal: AbortSignal) => Promise<ItemValue>
}

/** How items of one type are read. Throws Refusal, or the signal's reason. */
export interface ItemReader {
  /** True where every read makes something new: it is remembered for one object alone, and its version means nothing. */
  readonly lease: boolean
  read(desk: Desk, peer: Peer, ref: ItemRef, signal: AbortSignal): Promise<ItemValue>
}

/** Asks a gateway to bypass its cache, where the store says so; the flag is text on the wire (akeyless.md §1). */
export const cacheFields = (peer: Peer): Fields => (peer.identity.ignoreCache ? { 'ignore-cache': 'true' } : {})

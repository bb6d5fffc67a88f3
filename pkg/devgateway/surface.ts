import type { FaultOrderInput } from './faults.ts'
import type { Held } from './holds.ts'
import type { Json } from './item.ts'
import type { Call } from './journal.ts'
import type { Lease } from './leases.ts'
import type { SeedItemInput } from './seed.ts'

/** An item without its value. */
export interface ItemSummary {
  readonly path: string
  readonly type: string
  readonly lastVersion: number
  readonly enabled: boolean
  readonly tags: readonly string[]
}

/** A running development gateway. Everything but `value` and `hold` is offered on the control port as well. */
export interface Gateway {
  /** Base URL without a path; `/v2` and `/api/v2` below it are the same. */
  readonly url: string
  readonly controlUrl: string
  /** Calls in order of their answers. */
  journal(): readonly Call[]
  items(): readonly ItemSummary[]
  /** The last value of an item; undefined where there is none. */
  value(path: string): Json | undefined
  /** Leases that have not run out. */
  leases(): readonly Lease[]
  /** TCP connections accepted since start or reset. */
  connections(): number
  /** Back to the seed: tokens, journal, faults, limit, clock and counters are forgotten. */
  reset(): void
  put(item: SeedItemInput): Promise<void>
  /** Throws where there is no such item. */
  remove(path: string): void
  /** Adds a version. Throws where there is no such item. */
  rotate(path: string, value: Json): void
  /** Forgets every token. */
  revoke(): void
  /** Spoils the next calls; the result takes back what is left of the order. */
  fail(order: FaultOrderInput): () => void
  /** Lets the next call of an operation, and about an item where one is named, hang, before it is done or when it is done and not answered. */
  hold(op: string, when: 'before' | 'after', name?: string): Held
  /** Requests per second and access id; undefined ends it. */
  rateLimit(perSecond: number | undefined): void
  shiftClock(ms: number): void
  close(): Promise<void>
}

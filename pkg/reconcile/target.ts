import type { Fault } from '#core'
import type { Values } from '#materialize'
import type { Written } from './write.ts'

/** Told what a write would take away; throws Fault where it may not go, or not yet. */
export type Approve = (change: { readonly drops: readonly string[]; readonly of: number }) => void

export interface WriteOptions {
  /** The ExternalSecret is as it was at the last sync. */
  readonly settled: boolean
  readonly approve: Approve
  /** Asked when the templates are rendered, which may have taken a while; throws where the object changed meanwhile. */
  readonly mustHold: () => void
}

/** What an ExternalSecret makes: a Secret, or an object of another kind. Everything throws Fault or Refused. */
export interface Target {
  /** Whether there is one, as last seen. */
  isThere(): boolean
  /** Before the items are read: what must not be written costs no call. `absent`: it is not there, and nobody makes it. */
  check(): Promise<'absent' | undefined>
  write(data: Values, options: WriteOptions): Promise<Written>
  /** deletionPolicy Delete, once every item is gone; whether there was something to delete. */
  remove(missing: readonly Fault[]): Promise<boolean>
}

import type { Identity } from '#api'
import type { Store } from '../store.ts'

/** A store, and who it logs in as for a PushSecret. */
export interface Door {
  readonly store: Store
  readonly identity: Identity
  /** The namespace, where the store logs in as a ServiceAccount of each; else empty. */
  readonly reader: string
}

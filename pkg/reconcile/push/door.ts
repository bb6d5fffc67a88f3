import type { Identity } from '#api'
import { accessIdOf } from '../gateway.ts'
import { keyOf, type Store } from '../store.ts'

/** A store, and who it logs in as for a PushSecret. */
export interface Door {
  readonly store: Store
  readonly identity: Identity
  /** The namespace, where the store logs in as a ServiceAccount of each; else empty. */
  readonly reader: string
}

/** What tells the account behind a door, as far as anything does. */
export interface Account {
  readonly storeKey: string
  /** Undefined where nothing but a token tells it. */
  readonly accessId: string | undefined
}

export const accountOf = ({ store, identity }: Pick<Door, 'store' | 'identity'>): Account => ({
  storeKey: keyOf(store),
  accessId: accessIdOf(identity),
})

/** Whether two ways lead to one account for sure: one host serves many (docs/adr/0011-shared-items.md). */
export const isOneAccount = (a: Account, b: Account): boolean =>
  a.storeKey === b.storeKey || (a.accessId !== undefined && a.accessId === b.accessId)

import type { Login } from '#api'
import type { Fields } from '../wire.ts'
import type { Proofs } from './proofs.ts'

/** Every way to log in, by its name. */
export type Logins = { readonly [L in Login as L['type']]: L }

/** A part of what tells two logins apart; lists are told from their members. */
export type Trait = string | null | readonly string[]

/** What one kind of login sends, and what tells two logins of this kind apart. */
export interface AuthType<L> {
  /** `auth` exchanges the proof for a token; `validate-token` asks about one that is there already. */
  readonly op: 'auth' | 'validate-token'
  /** Body of that operation. Throws Fault where the proof cannot be had, or the signal's reason. */
  fields(login: L, proofs: Proofs, signal: AbortSignal): Promise<Fields>
  /**
   * Everything that makes it another login when it changes: secrets as fingerprints, and never a proof that is new each time.
   * Part of every cache key (security.md T8).
   */
  traits(login: L): readonly Trait[]
}

import type { Fields } from '../wire.ts'

/** What one kind of login sends, and what tells two logins of this kind apart. */
export interface AuthType<L> {
  /** Body of /auth. */
  fields(login: L): Fields
  /** Everything that makes it another login when it changes; secrets as fingerprints. Part of every cache key (security.md T8). */
  traits(login: L): readonly string[]
}

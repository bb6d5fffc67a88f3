import type { Identity } from '#api'
import { asFault } from '#core'
import { type IdentityDeps, type Resolved, resolveIdentity } from './identity.ts'
import { located } from './located.ts'
import type { ItemSource } from './ports.ts'
import type { Store } from './store.ts'
import type { Seen } from './store-status.ts'

/** What came of trying a store. */
export interface Trial extends Seen {
  /** Who it logs in as; undefined where its credentials do not tell. */
  readonly identity: Identity | undefined
}

interface Trying extends IdentityDeps {
  readonly source: Pick<ItemSource, 'login'>
}

/**
 * Reads the credentials of a store and logs in with them; without the login where `mayLogIn` is against it. Its words are those of
 * the status and of admission. Never throws: where the signal ended it, the fault is Unexpected.
 */
export const tryStore = async (
  deps: Trying,
  store: Store,
  signal: AbortSignal,
  mayLogIn: (identity: Identity) => boolean = () => true,
): Promise<Trial> => {
  let resolved: Resolved | undefined
  try {
    resolved = await resolveIdentity(store, store.metadata.namespace ?? '', deps, signal)
    if (mayLogIn(resolved.identity)) await deps.source.login(resolved.identity, signal)
    return { faults: [], notes: resolved.notes, identity: resolved.identity }
  } catch (thrown) {
    const { identity, notes = [] } = resolved ?? {}
    return { faults: [located(asFault(thrown), store, identity)], notes, identity }
  }
}

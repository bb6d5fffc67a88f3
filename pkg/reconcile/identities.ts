import type { Identity } from '#api'
import { isReferent } from './account.ts'
import { type IdentityDeps, resolveIdentity } from './identity.ts'
import { keyOf, type Store } from './store.ts'

/**
 * security.md F12: a rotated credential is noticed within 5 s even where no watch tells of it. Thousands of ExternalSecrets that
 * fall due together still read the credentials of their store once.
 */
const keptMs = 5e3
/** Of one store that logs in as a ServiceAccount of each namespace: enough for a large cluster, and what is gone is read again. */
const mostNamespaces = 1_000

export interface Identities {
  /**
   * The identity of a store for whoever reads in a namespace, found at most 5 s ago, single flight. Throws what resolveIdentity
   * throws; a fault is not kept.
   */
  of(store: Store, namespace: string, signal: AbortSignal): Promise<Identity>
  /** Forgets what was read for a store (a storeKey). */
  drop(key: string): void
}

interface Kept {
  readonly uid: string | undefined
  readonly generation: number | undefined
  readonly untilMs: number
  readonly identity: Promise<Identity>
}

export const createIdentities = (deps: IdentityDeps, now: () => Date): Identities => {
  /** By storeKey, and by namespace where that makes a difference. */
  const kept = new Map<string, Map<string, Kept>>()
  const good = (entry: Kept | undefined, { metadata }: Store): entry is Kept =>
    entry !== undefined &&
    entry.uid === metadata.uid &&
    entry.generation === metadata.generation &&
    now().getTime() < entry.untilMs

  const shelfOf = (key: string): Map<string, Kept> => {
    const shelf = kept.get(key) ?? new Map<string, Kept>()
    if (shelf.size >= mostNamespaces) shelf.clear()
    kept.set(key, shelf)
    return shelf
  }

  return {
    of: (store, namespace, signal) => {
      const shelf = shelfOf(keyOf(store))
      const reader = isReferent(store) ? namespace : ''
      const known = shelf.get(reader)
      if (good(known, store)) return known.identity
      const { uid, generation } = store.metadata
      const identity = resolveIdentity(store, namespace, deps, signal).then(resolved => resolved.identity)
      const entry = { uid, generation, untilMs: now().getTime() + keptMs, identity }
      shelf.set(reader, entry)
      identity.catch(() => {
        if (shelf.get(reader) === entry) shelf.delete(reader)
      })
      return identity
    },
    drop: key => {
      kept.delete(key)
    },
  }
}

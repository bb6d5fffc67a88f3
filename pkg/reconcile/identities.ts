import type { Identity } from '#api'
import { resolveIdentity } from './identity.ts'
import type { CredentialReader } from './ports.ts'
import { keyOf, type Store } from './store.ts'

/**
 * security.md F12: a rotated credential is noticed within 5 s even where no watch tells of it. Thousands of ExternalSecrets that
 * fall due together still read the credentials of their store once.
 */
const keptMs = 5e3

export interface Identities {
  /** The identity of a store, read at most 5 s ago, single flight. Throws what resolveIdentity throws; a fault is not kept. */
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

export const createIdentities = (credentials: CredentialReader, now: () => Date): Identities => {
  const kept = new Map<string, Kept>()
  const good = (entry: Kept | undefined, { metadata }: Store): entry is Kept =>
    entry !== undefined &&
    entry.uid === metadata.uid &&
    entry.generation === metadata.generation &&
    now().getTime() < entry.untilMs

  return {
    of: (store, namespace, signal) => {
      const key = keyOf(store)
      const known = kept.get(key)
      if (good(known, store)) return known.identity
      const { uid, generation } = store.metadata
      const identity = resolveIdentity(store, namespace, credentials, signal)
      const entry = { uid, generation, untilMs: now().getTime() + keptMs, identity }
      kept.set(key, entry)
      identity.catch(() => {
        if (kept.get(key) === entry) kept.delete(key)
      })
      return identity
    },
    drop: key => {
      kept.delete(key)
    },
  }
}

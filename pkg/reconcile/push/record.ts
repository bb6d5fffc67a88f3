import type { PushEntry, PushSecret } from '#api'
import { itemPath, type PushPart, pushKey, type StoreName } from '#materialize'

/** What was pushed, as status.syncedPushSecrets keeps it: by `Kind/name` of the store, then by place in it. */
export type Record = ReadonlyMap<string, ReadonlyMap<string, PushEntry>>

/**
 * Where an entry is, however it is written. Its name in the status does not tell: property b of item a and item a/b have the same (as
 * in ESO), and a leading slash makes two of one.
 */
const spotOf = ({ match: { remoteRef } }: PushEntry): string =>
  JSON.stringify([itemPath(remoteRef.remoteKey), remoteRef.property ?? ''])

/** The store that `Kind/name` names. */
export const storeOfId = (id: string): StoreName | undefined => {
  const [kind, name = ''] = id.split('/')
  return kind === 'SecretStore' || kind === 'ClusterSecretStore' ? { kind, name } : undefined
}

/** A record of these entries. */
export const recorded = (entries: readonly { readonly store: string; readonly entry: PushEntry }[]): Record => {
  const made = new Map<string, Map<string, PushEntry>>()
  for (const { store, entry } of entries) {
    made.set(store, (made.get(store) ?? new Map<string, PushEntry>()).set(spotOf(entry), entry))
  }
  return made
}

export const recordOf = ({ status }: PushSecret): Record =>
  recorded(
    Object.entries(status?.syncedPushSecrets ?? {}).flatMap(([store, entries]) =>
      Object.values(entries).map(entry => ({ store, entry })),
    ),
  )

/** Everything of both; where both have an entry, that of the second. */
export const union = (a: Record, b: Record): Record => {
  const made = new Map([...a].map(([store, entries]) => [store, new Map(entries)]))
  for (const [store, entries] of b) made.set(store, new Map([...(made.get(store) ?? []), ...entries]))
  return made
}

/** What is in the first and not in the second. */
export const minus = (a: Record, b: Record): readonly { readonly store: string; readonly entry: PushEntry }[] =>
  [...a].flatMap(([store, entries]) =>
    [...entries].flatMap(([spot, entry]) => (b.get(store)?.has(spot) ? [] : [{ store, entry }])),
  )

export const has = (record: Record, store: string, { entry }: PushPart): boolean =>
  record.get(store)?.has(spotOf(entry)) ?? false

/** Entries by the names that ESO gives them. Where two have one name, the later one is kept under another: none is forgotten. */
const named = (entries: Iterable<PushEntry>): Readonly<{ [name: string]: PushEntry }> => {
  const made = new Map<string, PushEntry>()
  for (const entry of entries) {
    let name = pushKey(entry)
    while (made.has(name)) name = `${name}/`
    made.set(name, entry)
  }
  return Object.fromEntries(made)
}

/** As the status holds it. */
export const shown = (record: Record): Readonly<{ [store: string]: Readonly<{ [name: string]: PushEntry }> }> =>
  Object.fromEntries(
    [...record].flatMap(([store, entries]) => (entries.size > 0 ? [[store, named(entries.values())]] : [])),
  )

export const isEmpty = (record: Record): boolean => [...record.values()].every(entries => entries.size === 0)

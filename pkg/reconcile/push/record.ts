import type { PushEntry, PushSecret } from '#api'
import { type PushPart, pushKey, type StoreName } from '#materialize'

/** What was pushed, as status.syncedPushSecrets keeps it: by `Kind/name` of the store, then by name of the entry. */
export type Record = ReadonlyMap<string, ReadonlyMap<string, PushEntry>>

/** The store that `Kind/name` names. */
export const storeOfId = (id: string): StoreName | undefined => {
  const [kind, name = ''] = id.split('/')
  return kind === 'SecretStore' || kind === 'ClusterSecretStore' ? { kind, name } : undefined
}

export const recordOf = ({ status }: PushSecret): Record =>
  new Map(
    Object.entries(status?.syncedPushSecrets ?? {}).map(([store, entries]) => [
      store,
      new Map(Object.entries(entries)),
    ]),
  )

/** Everything of both; where both have an entry, that of the second. */
export const union = (a: Record, b: Record): Record => {
  const made = new Map([...a].map(([store, entries]) => [store, new Map(entries)]))
  for (const [store, entries] of b) made.set(store, new Map([...(made.get(store) ?? []), ...entries]))
  return made
}

/** Whether an entry is in the record. Its name alone does not tell: property b of item a and item a/b have the same (as in ESO). */
const holds = (record: Record, store: string, entry: PushEntry): boolean => {
  const found = record.get(store)?.get(pushKey(entry))
  return found !== undefined && found.match.remoteRef.remoteKey === entry.match.remoteRef.remoteKey
}

/** What is in the first and not in the second. */
export const minus = (a: Record, b: Record): readonly { readonly store: string; readonly entry: PushEntry }[] =>
  [...a].flatMap(([store, entries]) =>
    [...entries.values()].flatMap(entry => (holds(b, store, entry) ? [] : [{ store, entry }])),
  )

export const has = (record: Record, store: string, part: PushPart): boolean => holds(record, store, part.entry)

/** A record of these entries. */
export const recorded = (entries: readonly { readonly store: string; readonly entry: PushEntry }[]): Record => {
  const made = new Map<string, Map<string, PushEntry>>()
  for (const { store, entry } of entries) {
    made.set(store, (made.get(store) ?? new Map<string, PushEntry>()).set(pushKey(entry), entry))
  }
  return made
}

/** As the status holds it. */
export const shown = (record: Record): Readonly<{ [store: string]: Readonly<{ [name: string]: PushEntry }> }> =>
  Object.fromEntries(
    [...record].flatMap(([store, entries]) => (entries.size > 0 ? [[store, Object.fromEntries(entries)]] : [])),
  )

export const isEmpty = (record: Record): boolean => [...record.values()].every(entries => entries.size === 0)

import type { PushEntry } from '#api'
import type { Sensitive } from '#core'
import type { StoreName } from '../refs.ts'

/** A store to push to, and which entries of spec.dataTo mean it. */
export interface PushStore extends StoreName {
  readonly dataTo: ReadonlySet<number>
}

/** One entry of the spec, or one key of many, on its way to an item. */
export interface PushPart {
  /** Field path of the entry. */
  readonly path: string
  /** As status.syncedPushSecrets keeps it. */
  readonly entry: PushEntry
  /** `value`: all that the item holds. `members`: members of its JSON object, by name. Every value is UTF-8. */
  readonly gives:
    | { readonly is: 'value'; readonly value: Sensitive }
    | { readonly is: 'members'; readonly members: ReadonlyMap<string, Sensitive> }
}

/** Everything that goes to one item of one store. */
export interface ItemPush {
  readonly store: StoreName
  /** Path of the item as the spec first writes it. */
  readonly remoteKey: string
  readonly parts: readonly PushPart[]
}

/** Under which status.syncedPushSecrets keeps an entry, as ESO names it (compatibility.md §5). */
export const pushKey = ({ match: { remoteRef } }: PushEntry): string =>
  remoteRef.property ? `${remoteRef.remoteKey}/${remoteRef.property}` : remoteRef.remoteKey

/** Whether what is written to a property is in what is read of one; undefined or empty: all of the item. */
export const isInRead = (written: string | undefined, read: string | undefined): boolean =>
  !written || !read || read === written || read.startsWith(`${written}.`)

/** The spelling under which an item is known, with or without the leading slash. */
export const itemPath = (remoteKey: string): string => (remoteKey.startsWith('/') ? remoteKey : `/${remoteKey}`)

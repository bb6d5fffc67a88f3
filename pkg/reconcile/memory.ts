type Status = Readonly<Record<string, unknown>>
interface Object {
  readonly metadata: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined }
  readonly status?: unknown
}

/**
 * What was written to a status and has not come back through the watch yet. Without it, the event of our own Secret write would
 * meet an ExternalSecret that looks as if it had never been synced.
 */
export interface StatusMemory {
  /** The object with the patch on top, for as long as the watch still shows the version that the patch was made for. */
  read<T extends Object>(key: string, object: T): T
  note(key: string, object: Object, patch: Status): void
  forget(key: string): void
}

interface Noted {
  readonly uid: string | undefined
  readonly resourceVersion: string | undefined
  readonly patch: Status
}

export const createStatusMemory = (): StatusMemory => {
  const noted = new Map<string, Noted>()
  const current = (key: string, { metadata }: Object): Noted | undefined => {
    const note = noted.get(key)
    return note?.uid === metadata.uid && note?.resourceVersion === metadata.resourceVersion ? note : undefined
  }
  return {
    read: (key, object) => {
      const note = current(key, object)
      if (!note) {
        noted.delete(key)
        return object
      }
      return { ...object, status: { ...(object.status ?? {}), ...note.patch } }
    },
    note: (key, object, patch) => {
      const { uid, resourceVersion } = object.metadata
      noted.set(key, { uid, resourceVersion, patch: { ...current(key, object)?.patch, ...patch } })
    },
    forget: key => {
      noted.delete(key)
    },
  }
}

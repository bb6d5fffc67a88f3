import type { Noted } from './ports.ts'

type Status = Readonly<Record<string, unknown>>
interface Object {
  readonly metadata: {
    readonly uid?: string | undefined
    readonly resourceVersion?: string | undefined
    readonly generation?: number | undefined
  }
  readonly status?: unknown
}

/**
 * What was written to an object and has not come back through the watch yet. Without it, the event of our own Secret write would
 * meet an ExternalSecret that looks as if it had never been synced; and an edit that comes between would hide what we wrote.
 */
export interface StatusMemory {
  /** The object with what was written on top, its resourceVersion too, until the watch shows that version or a later one. */
  read<T extends Object>(key: string, object: T): T
  /** `written`: what the write made; undefined where the object is gone. */
  note(key: string, object: Object, patch: Status, written: Noted | undefined): void
  forget(key: string): void
}

interface Note extends Noted {
  readonly uid: string | undefined
  readonly patch: Status
}

/** resourceVersions of one object are numbers that grow. */
const isBefore = (seen: string | undefined, version: string): boolean => {
  const [a, b] = [Number(seen), Number(version)]
  return Number.isSafeInteger(a) && Number.isSafeInteger(b) ? a < b : seen !== version
}

export const createStatusMemory = (): StatusMemory => {
  const noted = new Map<string, Note>()
  const current = (key: string, { metadata }: Object): Note | undefined => {
    const note = noted.get(key)
    return note?.uid === metadata.uid && note && isBefore(metadata.resourceVersion, note.version) ? note : undefined
  }
  return {
    read: (key, object) => {
      const note = current(key, object)
      if (!note) {
        noted.delete(key)
        return object
      }
      // of an edit that the watch has not shown nothing but its version is known: who writes with it would write over that edit
      const isSame = (note.generation ?? object.metadata.generation) === object.metadata.generation
      const metadata = isSame ? { ...object.metadata, resourceVersion: note.version } : object.metadata
      return { ...object, metadata, status: { ...(object.status ?? {}), ...note.patch } }
    },
    note: (key, object, patch, written) => {
      if (written === undefined) return
      const before = noted.get(key)
      const { uid } = object.metadata
      noted.set(key, { uid, ...written, patch: { ...(before?.uid === uid ? before?.patch : {}), ...patch } })
    },
    forget: key => {
      noted.delete(key)
    },
  }
}

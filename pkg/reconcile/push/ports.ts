import type { Identity, RemoteItem, RemoteValue } from '#api'
import type { Sensitive } from '#core'

/** `conflict`: somebody else was faster. `absent`: there is no item. */
export type RemoteWritten = 'written' | 'conflict' | 'absent'

/**
 * Items as a push sees them: static ones alone are read, live, and every write is sent once. Throws Fault; after one it is open
 * whether the write was done.
 */
export interface RemoteItems {
  /** What an item is, without its value; undefined where there is none. */
  look(identity: Identity, path: string, signal: AbortSignal): Promise<RemoteItem | undefined>
  /** Undefined where there is no such item. */
  value(identity: Identity, path: string, signal: AbortSignal): Promise<Sensitive | undefined>
  create(identity: Identity, item: RemoteValue, signal: AbortSignal): Promise<RemoteWritten>
  update(identity: Identity, item: RemoteValue, signal: AbortSignal): Promise<RemoteWritten>
  remove(identity: Identity, path: string, signal: AbortSignal): Promise<RemoteWritten>
}

/** A Secret to push, with what is in it: read when it is pushed, never kept. */
export interface SourceSecret {
  readonly name: string
  readonly resourceVersion: string
  readonly values: ReadonlyMap<string, Sensitive>
}

export interface SourceReader {
  /** Undefined when absent. Throws Fault. */
  read(namespace: string, name: string, signal: AbortSignal): Promise<SourceSecret | undefined>
  /**
   * All that have the labels, as they come; `labelSelector` as the API server takes it, empty for all. A Fault that `visit` throws
   * ends it. Throws Fault.
   */
  list(
    namespace: string,
    labelSelector: string,
    visit: (secret: SourceSecret) => void,
    signal: AbortSignal,
  ): Promise<void>
}

/** What is kept of every Secret: whether it is another than it was. */
export interface SecretSight {
  readonly resourceVersion: string
}

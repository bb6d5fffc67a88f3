import type { ManifestObject, ObjectDigest } from './object.ts'

/** One namespaced kind and the name of its collection. */
export interface ObjectKind {
  readonly apiVersion: string
  readonly kind: string
  readonly resource: string
}

/** `mark`: of what is there now; the watch tells the same of an object that nobody else wrote since. */
export type ObjectWritten = { readonly did: 'written'; readonly mark: string } | { readonly did: 'conflict' }

/**
 * Objects of any namespaced kind, live. Writes throw Fault: ClusterUnreachable, or ClusterRefused, whose path is the field of the
 * object where the API server names one.
 */
export interface ObjectClient {
  /** Throws Fault at spec.target.manifest where there is no such kind, or none that can be written in a namespace. */
  resolve(apiVersion: string, kind: string, signal: AbortSignal): Promise<ObjectKind>
  /** Undefined when absent. */
  read(kind: ObjectKind, namespace: string, name: string, signal: AbortSignal): Promise<ManifestObject | undefined>
  markOf(object: ManifestObject): string
  create(kind: ObjectKind, object: ManifestObject, manager: string, signal: AbortSignal): Promise<ObjectWritten>
  /** Sends metadata.resourceVersion; somebody else's write in between is a conflict. */
  replace(kind: ObjectKind, object: ManifestObject, manager: string, signal: AbortSignal): Promise<ObjectWritten>
  /** Deletes only the object with this uid and resourceVersion. */
  remove(
    kind: ObjectKind,
    object: { namespace: string; name: string; uid: string; resourceVersion: string },
    signal: AbortSignal,
  ): Promise<void>
}

/** One watch a kind, for as long as somebody holds the kind. Nothing here waits or throws. */
export interface ObjectWatches {
  /** `holder`: an ExternalSecret, by its key; it holds one kind at a time. */
  hold(holder: string, kind: ObjectKind): void
  release(holder: string): void
  /** As last seen; undefined where it is not there, or the watch has not seen it yet. */
  get(kind: ObjectKind, namespace: string, name: string): ObjectDigest | undefined
  /** Whether the first list of this kind is complete, so that what is not there is absent. */
  isSynced(kind: ObjectKind): boolean
}

/** What manifest targets need; there only under --unsafe-allow-generic-targets. */
export interface Objects {
  readonly client: ObjectClient
  readonly watches: ObjectWatches
}

import type { ClusterExternalSecret, ClusterPushSecret, ExternalSecret, OwnerRef, PushSecret } from '#api'

/** A cluster-scoped object of which one child is made in each of many namespaces. */
export type FanObject = (ClusterExternalSecret | ClusterPushSecret) & {
  /** What is stored cannot be read as its kind: the spec is a bare one, and says nothing about what there should be. */
  readonly unreadable?: true
}
export type FanKind = FanObject['kind']

export type Child = ExternalSecret | PushSecret
export type ChildKind = Child['kind']

export interface ChildPlace {
  readonly kind: ChildKind
  readonly apiVersion: string
  readonly namespace: string
  readonly name: string
}

/** A child as it is to be written. */
export interface ChildBody {
  readonly apiVersion: string
  readonly kind: ChildKind
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    /** Of the object that it replaces. */
    readonly resourceVersion?: string | undefined
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
    readonly ownerReferences: readonly OwnerRef[]
    readonly [field: string]: unknown
  }
  readonly spec: object
}

export type ChildWritten =
  /** `object`: as the API server has stored it, defaults and all. */
  | { readonly did: 'written'; readonly object: unknown }
  | { readonly did: 'conflict' }
  /** The namespace is being deleted, or there is none any more. */
  | { readonly did: 'gone' }

/**
 * Children, live. Throws Fault: ClusterUnreachable, or ClusterRefused with the words of whoever refused it (a quota, a webhook,
 * the authorizer): a child holds no secret, and whoever may read its maker may read what it says.
 */
export interface ChildWriter {
  /** Undefined when absent. */
  read(place: ChildPlace, signal: AbortSignal): Promise<unknown>
  create(body: ChildBody, signal: AbortSignal): Promise<ChildWritten>
  /** Needs metadata.resourceVersion. An object that is gone by now is a conflict too. */
  replace(body: ChildBody, signal: AbortSignal): Promise<ChildWritten>
  /** Deletes only what has this uid and resourceVersion; a newer version is a conflict, one that is gone is done. */
  remove(
    child: ChildPlace & { readonly uid: string; readonly resourceVersion: string },
    signal: AbortSignal,
  ): Promise<'done' | 'conflict'>
}

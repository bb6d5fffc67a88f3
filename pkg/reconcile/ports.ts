import type {
  ClusterSecretStore,
  ExternalSecret,
  Identity,
  ItemQuery,
  ItemRef,
  ItemValue,
  ListedItem,
  Policy,
  PushSecret,
  SecretStore,
} from '#api'
import type { Fault, Sensitive } from '#core'
import type { TemplateEngine, Turns } from '#materialize'
import type { ChildWriter, FanKind, FanObject } from './fan/port.ts'
import type { Objects } from './manifest/port.ts'
import type { RemoteItems, SecretSight, SourceReader } from './push/ports.ts'
import type { ManagedField, OwnerReference } from './reference.ts'

export type { ManagedField, OwnerReference } from './reference.ts'

/**
 * What the reconciler needs from the outside, declared by the one who needs it. server/ hands in pkg/akeyless and pkg/kube,
 * which satisfy these shapes without being named here.
 */

/** Akeyless, seen from here. Every method ends when the signal aborts. */
export interface ItemSource {
  /** A real login with TLS, CA and credentials; a token that is still good counts. Throws Fault. */
  login(identity: Identity, signal: AbortSignal): Promise<void>
  /**
   * One value or one fault per distinct ref, keyed by refKey: all refs of an object are answered from one read (decision 15).
   * A value younger than maxAgeMs may come from memory, only ever from the same identity. A dynamic item is remembered
   * for `scope` alone (the uid of the ExternalSecret), so that no other object shares its lease. After `keepMs` a value is
   * forgotten: nobody will ask for one that old.
   * Throws Fault where nothing could be read at all (login refused, gateway away).
   */
  read(
    identity: Identity,
    refs: readonly ItemRef[],
    options: { readonly maxAgeMs: number; readonly scope: string; readonly keepMs?: number | undefined },
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, ItemValue | Fault>>
  /**
   * Every readable item that the query asks for, or a Fault: never a part of them, since deletion may hang on it
   * (security.md F10). A listing younger than maxAgeMs may come from memory.
   */
  list(
    identity: Identity,
    query: ItemQuery,
    options: { readonly maxAgeMs: number },
    signal: AbortSignal,
  ): Promise<readonly ListedItem[]>
}

/** Objects as the watch last saw them. No call leaves the process. */
export interface Snapshot<T> {
  /** The key is `namespace/name`, or `name` for cluster-scoped objects. */
  get(key: string): T | undefined
  list(): readonly T[]
  /** Objects that an index files under `value`; the indexes are named where the snapshot is made. */
  by(index: string, value: string): readonly T[]
}

/** A Secret as kept in memory: what is needed to see drift and ownership, and no byte of its data. */
export interface SecretDigest {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly type: string
  readonly immutable: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly ownerReferences: readonly OwnerReference[]
  /** dataHash of the live data, computed as the object went by. */
  readonly dataHash: string
}

/** A Secret object as JSON on the wire, kept whole so that a replace loses no field. `data` is base64. */
export interface SecretObject {
  readonly apiVersion: 'v1'
  readonly kind: 'Secret'
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly uid?: string
    readonly resourceVersion?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly OwnerReference[]
    readonly finalizers?: readonly string[]
    readonly managedFields?: readonly ManagedField[]
    readonly [field: string]: unknown
  }
  readonly type?: string
  readonly immutable?: boolean
  readonly data?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/**
 * Secrets, live. Writes throw Fault: ClusterUnreachable, or ClusterRefused, whose path is the field of the Secret where the API
 * server names one. A conflict is told by the result.
 */
export interface SecretWriter {
  /** Undefined when absent. */
  read(namespace: string, name: string, signal: AbortSignal): Promise<SecretObject | undefined>
  create(secret: SecretObject, fieldManager: string, signal: AbortSignal): Promise<'written' | 'conflict'>
  /** Sends metadata.resourceVersion; somebody else's write in between is a conflict. */
  replace(secret: SecretObject, fieldManager: string, signal: AbortSignal): Promise<'written' | 'conflict'>
  /** Deletes only the object with this uid and resourceVersion. */
  remove(
    secret: { namespace: string; name: string; uid: string; resourceVersion: string },
    signal: AbortSignal,
  ): Promise<void>
}

/** What stores point at: read when used, never kept. */
export interface CredentialReader {
  /** Undefined when the object is absent. */
  secret(namespace: string, name: string, signal: AbortSignal): Promise<ReadonlyMap<string, Sensitive> | undefined>
  configMap(namespace: string, name: string, signal: AbortSignal): Promise<ReadonlyMap<string, string> | undefined>
  serviceAccount(
    namespace: string,
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly annotations: ReadonlyMap<string, string> } | undefined>
}

export type Kind = 'ExternalSecret' | 'SecretStore' | 'ClusterSecretStore' | 'PushSecret' | FanKind

export interface ObjectRef {
  readonly kind: Kind
  readonly apiVersion: string
  /** Undefined for cluster-scoped objects. */
  readonly namespace: string | undefined
  readonly name: string
  readonly uid: string
  /** As last seen: a status patch that carries it needs no read before. */
  readonly resourceVersion?: string
  /** Where it is given, an object that was edited since, or is being deleted, is one that is gone. */
  readonly generation?: number | undefined
}

/** An object as a write left it. */
export interface Noted {
  /** Its resourceVersion. */
  readonly version: string
  readonly generation: number | undefined
}

export interface StatusWriter {
  /** JSON merge patch of /status. What it made; undefined where the object is gone, or another of its name is there. */
  patch(object: ObjectRef, status: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<Noted | undefined>
}

/** A ServiceAccount as kept in memory: what of it a login depends on, beside that it is there. */
export interface AccountDigest {
  /** Its annotations of Azure's workload identity; empty where it has none. */
  readonly workload: string
}

/** What a ClusterSecretStore may ask of a namespace, and what decides whether something is made in it. */
export interface Namespace {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly uid?: string | undefined
  readonly finalizers?: readonly string[] | undefined
  /** It is being deleted: nothing can be made in it any more, and its Secrets go with it. */
  readonly terminating?: boolean | undefined
}

export interface EventRecorder {
  /** Never throws and never waits: an event that cannot be written is counted and dropped. */
  record(object: ObjectRef, event: { type: 'Normal' | 'Warning'; reason: string; message: string }): void
}

/** ESO holds namespaces too. */
export type Held = Omit<ObjectRef, 'kind'> & { readonly kind: Kind | 'Namespace' }

/** One finalizer of an object, by a JSON merge patch of metadata.finalizers with its resourceVersion. */
export interface Finalizers {
  /** What it made; undefined where the object is gone, or being deleted: then it takes none. */
  add(object: ObjectRef, name: string, signal: AbortSignal): Promise<Noted | undefined>
  remove(object: Held, name: string, signal: AbortSignal): Promise<Noted | undefined>
}

/** What the watch of a kind tells, once per difference. */
export type Change<T> =
  | { readonly type: 'added'; readonly key: string; readonly object: T }
  | { readonly type: 'updated'; readonly key: string; readonly object: T; readonly prior: T }
  /** The object as it was last seen. */
  | { readonly type: 'deleted'; readonly key: string; readonly object: T }

/** Everything that has been asked for, done, refused: counted by the server's metrics and logged. */
export interface Observer {
  /** A pass came to its end. `faults`: what it failed by; empty where it did not. Milliseconds. */
  synced(object: ObjectRef, outcome: { faults: readonly Fault[]; tookMs: number }): void
  removed(object: ObjectRef): void
  /** Items that were to be deleted and are left: events are not taken any more in a namespace that is being deleted. */
  left(object: ObjectRef, faults: readonly Fault[]): void
  /** Left alone, because it belongs to somebody else or waits for its store. */
  ignored(object: ObjectRef, why: string): void
}

export interface Deps {
  readonly source: ItemSource
  /** Go's templates and gjson's patterns; starts nothing before the first question. */
  readonly engine: { of(tenant: string): TemplateEngine }
  /** How long computing lets the rest of the process have a turn. */
  readonly turns: Turns
  readonly externalSecrets: Snapshot<ExternalSecret>
  readonly pushSecrets: Snapshot<PushSecret>
  readonly stores: Snapshot<SecretStore>
  readonly clusterStores: Snapshot<ClusterSecretStore>
  /** False where no ClusterSecretStore is watched: nothing is known of any then, not even whether it exists. */
  readonly seesClusterStores: boolean
  readonly namespaces: Snapshot<Namespace>
  /** Secrets that carry the managed label. */
  readonly secrets: Snapshot<SecretDigest>
  /** Every Secret, by `namespace/name`. */
  readonly secretSights: Snapshot<SecretSight>
  readonly secretWriter: SecretWriter
  /** Secrets to push. */
  readonly sources: SourceReader
  /** Akeyless, to be written. */
  readonly remote: RemoteItems
  /** Undefined where manifest targets are switched off. */
  readonly objects?: Objects | undefined
  readonly credentials: CredentialReader
  /** Hosts to which our own identity may go, as `gw.example.com` or `*.akeyless.io` (decision 25). */
  readonly trustedGateways: readonly string[]
  /** Told where the token of a universal identity stands, by its fingerprint: its successor goes there. */
  readonly onToken?: ((fingerprint: string, at: { namespace: string; name: string; key: string }) => void) | undefined
  readonly status: StatusWriter
  readonly finalizers: Finalizers
  readonly fans: Readonly<Record<FanKind, Snapshot<FanObject>>>
  /** What is made of them. */
  readonly children: ChildWriter
  readonly events: EventRecorder
  readonly observer: Observer
  /** Own class: objects of stores with another spec.controller are left alone. */
  readonly controllerClass: string
  /** Whether --allow-local-gateways is given: admission asks the same. */
  readonly localGateways?: boolean | undefined
  /** What the administrator insists on beside the rules; undefined: nothing. */
  readonly policy?: Policy | undefined
  readonly now: () => Date
  /** 0 <= x < 1, for jitter. */
  readonly random: () => number
}

import { type Backoff, backoff } from './backoff.ts'
import type { Cluster } from './cluster.ts'
import { pause } from './deadline.ts'
import { KubeError, transportError } from './error.ts'
import { type Collection, list } from './list.ts'
import { type Change, createMirror, type Mirror } from './mirror.ts'
import type { Indexes, Snapshot } from './store.ts'
import { type WatchEvent, watch } from './watch.ts'

export interface Limits {
  readonly pageSize: number
  /** How long the server keeps one watch open; shortened by up to a tenth so that watches do not end together. */
  readonly watchSeconds: number
  /** Silence after which a watch counts as dead. Bookmarks come every 60 s (measured, kube-apiserver 1.35). */
  readonly idleMs: number
  readonly retryMinMs: number
  readonly retryMaxMs: number
  /** Longest wait where the kind or the permission is not there yet: somebody is installing it just now. */
  readonly waitMaxMs: number
  /** A watch that lived this long proves that the server is well: back-off starts anew. */
  readonly healthyMs: number
  /** How often the copy is compared with a full list (security.md F14). */
  readonly auditMs: number
}

export const defaultLimits: Limits = {
  pageSize: 500,
  watchSeconds: 290,
  idleMs: 90_000,
  retryMinMs: 200,
  retryMaxMs: 30_000,
  waitMaxMs: 5_000,
  healthyMs: 30_000,
  auditMs: 30 * 60_000,
}

export type ReflectorState =
  | { readonly phase: 'listing' }
  | { readonly phase: 'watching' }
  /** `reason` is Kubernetes' own word or the kind of silence; `afterMs` the wait before the next try. */
  | { readonly phase: 'waiting'; readonly status: number; readonly reason: string; readonly afterMs: number }

export interface ReflectOptions<T> {
  readonly cluster: Cluster
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly metadataOnly?: boolean
  readonly transform: (raw: unknown) => T | undefined
  readonly indexes?: Indexes<T>
  readonly onChange?: (change: Change<T>) => void
  readonly onState?: (state: ReflectorState) => void
  /** What a handler or a transform threw; the reflector goes on. */
  readonly onError: (error: unknown, where: { path: string; key: string | undefined }) => void
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly random: () => number
  readonly limits?: Partial<Limits>
}

export interface Health {
  readonly synced: boolean
  /** Milliseconds since the last byte of this collection; what liveness looks at (peers.md §2b). */
  readonly silentMs: number
  /** Why nothing is being watched just now: `NotFound 404` before the CRD is installed, `Refused` while the server is away. */
  readonly waitingFor: string | undefined
}

export interface Stats {
  /** Full lists begun, audits included. */
  readonly lists: number
  readonly watches: number
  /** Watches that broke, in any way but their agreed end. */
  readonly cuts: number
  /** Differences that a list found after the server had forgotten our position: told late, not lost. */
  readonly caughtUp: number
  /** Differences that an audit found: changes the watch should have told and did not. Always 0 unless something is wrong. */
  readonly missed: number
}

export interface Reflector<T> {
  readonly snapshot: Snapshot<T>
  /** Resolves after the first complete list; never rejects. Stays open where the reflector is stopped before. */
  readonly synced: Promise<void>
  healthy(): Health
  stats(): Stats
  stop(): Promise<void>
}

interface Loop<T> {
  readonly options: ReflectOptions<T>
  readonly limits: Limits
  readonly collection: Collection
  readonly mirror: Mirror<T>
  readonly waits: Backoff
  readonly shortWaits: Backoff
  readonly stats: { -readonly [K in keyof Stats]: Stats[K] }
  readonly onSynced: () => void
  /** Where the next watch starts; undefined asks for a list first. */
  position: string | undefined
  synced: boolean
  listedAt: number
  lastByteAt: number
  waitingFor: string | undefined
  /** Answers in a row that refused to watch from our position. */
  refusals: number
}

const report = <T>(loop: Loop<T>, state: ReflectorState): void => {
  try {
    loop.options.onState?.(state)
  } catch (error) {
    loop.options.onError(error, { path: loop.options.path, key: undefined })
  }
}

const refresh = async <T>(loop: Loop<T>, exact?: string): Promise<void> => {
  report(loop, { phase: 'listing' })
  loop.stats.lists += 1
  let differences = 0
  const found = await list(loop.collection, {
    pageSize: loop.limits.pageSize,
    exact,
    visit: item => {
      loop.lastByteAt = loop.options.now()
      if (loop.mirror.put(item)) differences += 1
    },
  })
  differences += loop.mirror.retain(found.keys)
  if (exact !== undefined) loop.stats.missed += differences
  else if (loop.synced) loop.stats.caughtUp += differences
  // an audit looks at the past: the watch goes on from where it ended
  loop.position = exact ?? found.resourceVersion
  loop.listedAt = loop.lastByteAt = loop.options.now()
  loop.waitingFor = undefined
  if (loop.synced) return
  loop.synced = true
  loop.onSynced()
}

const apply = <T>(loop: Loop<T>, event: WatchEvent): void => {
  if (event.type === 'DELETED') loop.mirror.drop(event.object)
  else if (event.type !== 'BOOKMARK') loop.mirror.put(event.object)
  loop.position = event.resourceVersion
}

const follow = async <T>(loop: Loop<T>, position: string): Promise<void> => {
  loop.stats.watches += 1
  const { limits, options } = loop
  await watch(loop.collection, {
    resourceVersion: position,
    seconds: Math.max(1, Math.round(limits.watchSeconds * (1 - options.random() / 10))),
    idleMs: limits.idleMs,
    onOpen: () => {
      loop.refusals = 0
      loop.waitingFor = undefined
      report(loop, { phase: 'watching' })
    },
    onBytes: () => {
      loop.lastByteAt = options.now()
    },
    onEvent: event => apply(loop, event),
  })
}

// The kind is gone, or the position is: only a list can tell what happened meanwhile. Other refusals are first taken for a bad
// moment of the server, then for a position it cannot use (a restored etcd, whose versions lie behind ours).
const reposition = <T>(loop: Loop<T>, error: KubeError): void => {
  if (error.status >= 400 && ![401, 403, 429].includes(error.status)) loop.refusals += 1
  if (error.status === 404 || error.status === 410 || loop.refusals >= 3) {
    loop.position = undefined
    loop.refusals = 0
  }
}

const delay = <T>(loop: Loop<T>, error: KubeError): number => {
  const absent = [401, 403, 404].includes(error.status)
  return Math.max((absent ? loop.shortWaits : loop.waits).next(), error.retryAfterMs ?? 0)
}

const turn = async <T>(loop: Loop<T>): Promise<void> => {
  const due = loop.options.now() - loop.listedAt >= loop.limits.auditMs
  if (loop.position === undefined) await refresh(loop)
  else if (due) await refresh(loop, loop.position)
  if (loop.position !== undefined) await follow(loop, loop.position)
}

const run = async <T>(loop: Loop<T>): Promise<void> => {
  const { signal } = loop.collection
  while (!signal.aborted) {
    const begun = loop.options.now()
    let error = new KubeError({ status: 0, reason: 'Ended' })
    try {
      await turn(loop)
    } catch (thrown) {
      if (signal.aborted) return
      error = transportError(thrown)
      loop.stats.cuts += 1
      loop.waitingFor = error.message
      reposition(loop, error)
    }
    if (loop.options.now() - begun >= loop.limits.healthyMs) {
      loop.waits.reset()
      loop.shortWaits.reset()
    }
    const afterMs = delay(loop, error)
    report(loop, { phase: 'waiting', status: error.status, reason: error.reason, afterMs })
    await pause(afterMs, signal)
  }
}

/**
 * Keeps a copy of a collection: paged list, then watches from the last resourceVersion, for ever. No cut, refusal or throwing
 * handler ends it; only stop does. Changes are told once and in order; what happened unseen is told as a difference.
 */
export const reflect = <T>(options: ReflectOptions<T>): Reflector<T> => {
  const limits = { ...defaultLimits, ...options.limits }
  const controller = new AbortController()
  const { promise: synced, resolve: onSynced } = Promise.withResolvers<void>()
  const retry = { minMs: limits.retryMinMs, random: options.random }
  const loop: Loop<T> = {
    options,
    limits,
    collection: {
      cluster: options.cluster,
      path: options.path,
      query: options.query ?? {},
      metadataOnly: options.metadataOnly ?? false,
      signal: controller.signal,
    },
    mirror: createMirror<T>({
      transform: options.transform,
      indexes: options.indexes,
      onChange: options.onChange,
      onError: (error, key) => options.onError(error, { path: options.path, key }),
    }),
    waits: backoff({ ...retry, maxMs: limits.retryMaxMs }),
    shortWaits: backoff({ ...retry, maxMs: limits.waitMaxMs }),
    stats: { lists: 0, watches: 0, cuts: 0, caughtUp: 0, missed: 0 },
    onSynced,
    position: undefined,
    synced: false,
    listedAt: Number.NEGATIVE_INFINITY,
    lastByteAt: options.now(),
    waitingFor: undefined,
    refusals: 0,
  }
  const running = run(loop)
  return {
    snapshot: loop.mirror.snapshot,
    synced,
    healthy: () => ({
      synced: loop.synced,
      silentMs: options.now() - loop.lastByteAt,
      waitingFor: loop.waitingFor,
    }),
    stats: () => ({ ...loop.stats }),
    stop: async () => {
      controller.abort()
      await running
    },
  }
}

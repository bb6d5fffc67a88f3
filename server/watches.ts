import type { ClusterSecretStore, ExternalSecret, PushSecret, SecretStore } from '#api'
import { type Cluster, pathOf, type Reflector, type ReflectorState, reflect, type Snapshot } from '#kube'
import type { Log, Metrics } from '#observe'
import type { Namespace, SecretDigest, SecretSight } from '#reconcile'
import { type Kind, type Listeners, reconcileKinds, storeKinds } from './kinds.ts'
import { combine } from './snapshots.ts'

export interface WatchDeps {
  readonly cluster: Cluster
  /** Empty: the whole cluster. Otherwise only these, and nothing that is cluster-scoped. */
  readonly namespaces: readonly string[]
  /** False where only admission runs: it reads stores, and no Secret. */
  readonly reconciles: boolean
  readonly listeners: Listeners
  readonly log: Log
  readonly metrics: Pick<Metrics, 'count'>
}

export interface Watches {
  readonly externalSecrets: Snapshot<ExternalSecret>
  readonly stores: Snapshot<SecretStore>
  readonly clusterStores: Snapshot<ClusterSecretStore>
  readonly seesClusterStores: boolean
  readonly namespaces: Snapshot<Namespace>
  readonly secrets: Snapshot<SecretDigest>
  readonly pushSecrets: Snapshot<PushSecret>
  readonly secretSights: Snapshot<SecretSight>
  /** Resolves when every snapshot is complete. */
  readonly synced: Promise<void>
  /** Puts what the watches have counted since the last call into the metrics. */
  count(): void
  /** What is waited for, a line each; empty once everything has been listed. */
  waitsFor(): readonly string[]
  stop(): Promise<void>
}

interface Running {
  readonly resource: string
  readonly label: string
  readonly reflector: Reflector<unknown>
  /** Missed changes that the metric holds already. */
  counted: number
}

// a watch that ends and is taken up again at once is daily life; one that stays away is news
const newsAfter = 3

/** Counts every restart, and logs the beginning and the end of an outage: one line each. */
const tell = ({ log, metrics }: WatchDeps, resource: string) => {
  let failures = 0
  return (state: ReflectorState): void => {
    if (state.phase === 'watching') {
      if (failures >= newsAfter) log.info('a watch is back', { kind: resource, count: failures })
      failures = 0
    }
    if (state.phase !== 'waiting') return
    const { reason, status, afterMs } = state
    failures += 1
    metrics.count('latchkey_watch_restarts_total', { resource, reason })
    const say = failures === newsAfter ? log.warn : log.debug
    say('a watch cannot be taken up', { kind: resource, reason, status, afterMs })
  }
}

const follow = <T>(deps: WatchDeps, kind: Kind<T>, namespace: string | undefined): Reflector<T> => {
  const { resource, apiVersion, query, metadataOnly, pageSize, transform, onChange } = kind
  return reflect<T>({
    cluster: deps.cluster,
    path: pathOf({ apiVersion, resource, namespace }),
    ...(query && { query }),
    ...(metadataOnly && { metadataOnly }),
    ...(pageSize && { limits: { pageSize } }),
    ...(kind.indexes && { indexes: kind.indexes }),
    transform,
    onChange,
    onState: tell(deps, resource),
    onError: (fault, { key }) =>
      deps.log.error('an object of a watch could not be used', { kind: resource, name: key, fault }),
    now: () => performance.now(),
    random: Math.random,
  })
}

const waiting = ({ label, reflector }: Running): readonly string[] => {
  const { synced, waitingFor } = reflector.healthy()
  return synced ? [] : [`the list of ${label}${waitingFor ? ` (${waitingFor})` : ''}`]
}

/** Every collection that this process follows, and how its watch goes on after a cut. */
export const createWatches = (deps: WatchDeps): Watches => {
  const running: Running[] = []
  const scoped = deps.namespaces.length > 0

  const watch = <T>(kind: Kind<T>, wanted = true): Snapshot<T> => {
    if (!wanted || (scoped && kind.scope === 'cluster')) return combine<T>([])
    const places = scoped ? deps.namespaces : [undefined]
    return combine(
      places.map(namespace => {
        const reflector = follow(deps, kind, namespace)
        running.push({
          resource: kind.resource,
          reflector,
          counted: 0,
          label: namespace ? `${kind.resource} in ${namespace}` : kind.resource,
        })
        return reflector.snapshot
      }),
    )
  }

  const { stores, clusterStores } = storeKinds(deps.listeners)
  const more = reconcileKinds(deps.listeners)
  const snapshots = {
    stores: watch(stores),
    clusterStores: watch(clusterStores),
    externalSecrets: watch(more.externalSecrets, deps.reconciles),
    namespaces: watch(more.namespaces, deps.reconciles),
    secrets: watch(more.secrets, deps.reconciles),
    secretSights: watch(more.credentials, deps.reconciles),
    pushSecrets: watch(more.pushSecrets, deps.reconciles),
  }
  watch(more.authorities, deps.reconciles)
  return {
    ...snapshots,
    seesClusterStores: !scoped,
    synced: Promise.all(running.map(({ reflector }) => reflector.synced)).then(() => undefined),
    count: () => {
      for (const each of running) {
        const { missed } = each.reflector.stats()
        deps.metrics.count('latchkey_watch_missed_events_total', { resource: each.resource }, missed - each.counted)
        each.counted = missed
      }
    },
    waitsFor: () => running.flatMap(waiting),
    stop: async () => {
      await Promise.all(running.map(({ reflector }) => reflector.stop()))
    },
  }
}

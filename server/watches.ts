import type { ClusterSecretStore, ExternalSecret, PushSecret, SecretStore } from '#api'
import { type Cluster, pathOf, type Reflector, type ReflectorState, reflect, type Snapshot } from '#kube'
import type { Log, Metrics } from '#observe'
import type { FanKind, FanObject, Namespace, SecretDigest, SecretSight } from '#reconcile'
import { createAccountWatches } from './account-watches.ts'
import { accountKind, fanOutKinds, type Kind, type Listeners, reconcileKinds, storeKinds } from './kinds.ts'
import { combine } from './snapshots.ts'

export interface WatchDeps {
  readonly cluster: Cluster
  /** Empty: the whole cluster. Otherwise only these, and nothing that is cluster-scoped. */
  readonly namespaces: readonly string[]
  readonly controllerClass: string
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
  readonly secretSights: Snapshot<SecretSight>
  readonly pushSecrets: Snapshot<PushSecret>
  readonly fans: Readonly<Record<FanKind, Snapshot<FanObject>>>
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
  readonly optional: boolean
  /** Resolves when everything has been listed once, or need not be. */
  readonly listed: Promise<void>
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

/** `onMissing` hears when the kind turns out not to be installed. */
const follow = <T>(
  deps: WatchDeps,
  kind: Kind<T>,
  namespace: string | undefined,
  onMissing: () => void,
): Reflector<T> => {
  const { resource, apiVersion, query, metadataOnly, pageSize, waitMaxMs, transform, onChange } = kind
  const say = tell(deps, resource)
  return reflect<T>({
    cluster: deps.cluster,
    path: pathOf({ apiVersion, resource, namespace }),
    ...(query && { query }),
    ...(metadataOnly && { metadataOnly }),
    limits: { ...(pageSize && { pageSize }), ...(waitMaxMs && { waitMaxMs }) },
    ...(kind.indexes && { indexes: kind.indexes }),
    transform,
    onChange,
    onState: state => {
      say(state)
      if (state.phase === 'waiting' && state.status === 404) onMissing()
    },
    onError: (fault, { key }) =>
      deps.log.error('an object of a watch could not be used', { kind: resource, name: key, fault }),
    now: () => performance.now(),
    random: Math.random,
  })
}

// how a reflector says it
const notInstalled = 'NotFound 404'

const waiting = ({ label, reflector, optional }: Running): readonly string[] => {
  const { synced, waitingFor } = reflector.healthy()
  return synced || (optional && waitingFor === notInstalled)
    ? []
    : [`the list of ${label}${waitingFor ? ` (${waitingFor})` : ''}`]
}

const run = <T>(deps: WatchDeps, kind: Kind<T>, namespace: string | undefined) => {
  const { resource, optional = false } = kind
  const missing = Promise.withResolvers<void>()
  const reflector = follow(deps, kind, namespace, missing.resolve)
  const listed = optional ? Promise.race([reflector.synced, missing.promise]) : reflector.synced
  return {
    resource,
    label: namespace ? `${resource} in ${namespace}` : resource,
    reflector,
    listed,
    optional,
    counted: 0,
  }
}

/** ServiceAccounts, for as long as a store needs them. Nothing waits for their list: what it is for does without. */
const followAccounts = (deps: WatchDeps, demanded: Set<Running>) =>
  createAccountWatches({
    scoped: deps.namespaces.length > 0,
    controllerClass: deps.controllerClass,
    open: namespace => {
      const running = run(deps, accountKind(deps.listeners), namespace)
      demanded.add(running)
      return {
        stop: () => {
          demanded.delete(running)
          return running.reflector.stop()
        },
      }
    },
  })

/** Every collection that this process follows, and how its watch goes on after a cut. */
export const createWatches = (deps: WatchDeps): Watches => {
  const running: Running[] = []
  const demanded = new Set<Running>()
  const accounts = followAccounts(deps, demanded)
  const scoped = deps.namespaces.length > 0

  const watch = <T>(kind: Kind<T>, wanted = true): Snapshot<T> => {
    if (!wanted || (scoped && kind.scope === 'cluster')) return combine<T>([])
    const places = scoped ? deps.namespaces : [undefined]
    return combine(
      places.map(namespace => {
        const each = run(deps, kind, namespace)
        running.push(each)
        return each.reflector.snapshot
      }),
    )
  }

  const onStore: Listeners['onStore'] = change => {
    if (deps.reconciles) accounts.onStore(change)
    deps.listeners.onStore(change)
  }
  const { stores, clusterStores } = storeKinds({ ...deps.listeners, onStore })
  const more = { ...reconcileKinds(deps.listeners), ...fanOutKinds(deps.listeners) }
  const snapshots = {
    stores: watch(stores),
    clusterStores: watch(clusterStores),
    externalSecrets: watch(more.externalSecrets, deps.reconciles),
    // whoever judges wants to know which stores admit them
    namespaces: watch(more.namespaces),
    secrets: watch(more.secrets, deps.reconciles),
    secretSights: watch(more.credentials, deps.reconciles),
    pushSecrets: watch(more.pushSecrets, deps.reconciles),
    fans: {
      ClusterExternalSecret: watch(more.clusterExternalSecrets, deps.reconciles),
      ClusterPushSecret: watch(more.clusterPushSecrets, deps.reconciles),
    },
  }
  watch(more.authorities, deps.reconciles)
  return {
    ...snapshots,
    seesClusterStores: !scoped,
    synced: Promise.all(running.map(({ listed }) => listed)).then(() => undefined),
    count: () => {
      for (const each of [...running, ...demanded]) {
        const { missed } = each.reflector.stats()
        deps.metrics.count('latchkey_watch_missed_events_total', { resource: each.resource }, missed - each.counted)
        each.counted = missed
      }
    },
    waitsFor: () => running.flatMap(waiting),
    stop: async () => {
      await Promise.all(running.map(({ reflector }) => reflector.stop()))
      // no store can ask for one any more
      await accounts.stop()
    },
  }
}

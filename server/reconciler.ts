import { hostname } from 'node:os'
import type { Policy } from '#api'
import {
  type Cluster,
  childWriter,
  eventRecorder,
  finalizerWriter,
  objectClient,
  secretWriter,
  sourceReader,
  statusWriter,
  watchOnDemand,
} from '#kube'
import type { Log, Metrics } from '#observe'
import { type Controller, createController, managedLabel, type QueueSize } from '#reconcile'
import type { Config } from './config.ts'
import { fence } from './fence.ts'
import { alone, campaign, type Leadership } from './leadership.ts'
import { createObserver } from './observer.ts'
import { type Services, setTimer } from './services.ts'
import { turns } from './turns.ts'
import type { Watches } from './watches.ts'

export interface Reconciler {
  readonly controller: Controller
  /** Begins to reconcile, or to stand for election; `lost` settles when another replica took over. */
  start(): { readonly lost: Promise<void> }
  /** Brings the gauges of the queues up to date. */
  measure(): void
  /** What runs may finish for `graceMs`; nothing is begun any more. */
  stop(options: { graceMs: number }): Promise<void>
}

interface ReconcilerDeps {
  readonly config: Config
  readonly cluster: Cluster
  readonly watches: Watches
  readonly policy: Policy | undefined
  readonly log: Log
  readonly metrics: Metrics
  readonly services: Services
}

type OnObject = Controller['onObject']

/** Objects of other kinds; undefined unless the flag allows them. */
const createObjects = ({ config, cluster, log }: ReconcilerDeps, onObject: OnObject) => {
  if (!config.unsafeAllowGenericTargets) return undefined
  const [namespace, ...more] = config.watchNamespaces
  const watches = watchOnDemand({
    cluster,
    // of several namespaces all are watched, or, without the right to, none: then drift is found at the next refresh
    namespace: more.length > 0 ? undefined : namespace,
    labelSelector: `${managedLabel}=true`,
    onChange: (_, { key, object }) => onObject(key, object),
    onError: (fault, { path, key }) =>
      log.error('an object of a watch could not be used', { kind: path, name: key, fault }),
    now: () => performance.now(),
    random: Math.random,
  })
  return { client: objectClient(cluster), watches }
}

const measureQueues = (metrics: Metrics, queues: readonly QueueSize[]): void => {
  for (const lane of ['fresh', 'routine'] as const) {
    metrics.set(
      'latchkey_queue_depth',
      { lane },
      queues.reduce((sum, queue) => sum + queue[lane], 0),
    )
  }
  const longest = (of: 'oldestWaitMs' | 'longestRunMs') => Math.max(...queues.map(queue => queue[of])) / 1000
  metrics.set('latchkey_queue_oldest_wait_seconds', {}, longest('oldestWaitMs'))
  metrics.set('latchkey_queue_longest_run_seconds', {}, longest('longestRunMs'))
}

/** The reconciler with everything it needs from the outside. */
export const createReconciler = (deps: ReconcilerDeps): Reconciler => {
  const { config, cluster, watches, log, metrics, services } = deps
  const { source, engine, tokens, credentials } = services
  let leadership: Leadership | undefined
  const objects = createObjects(deps, (key, object) => controller.onObject(key, object))
  const events = eventRecorder({
    cluster,
    instance: hostname(),
    date: () => new Date(),
    onDropped: () => metrics.count('latchkey_events_dropped_total', {}),
  })
  const controller: Controller = createController({
    deps: {
      ...watches,
      ...fence(
        {
          source,
          secretWriter: secretWriter(cluster),
          objects,
          status: statusWriter(cluster),
          finalizers: finalizerWriter(cluster),
          children: childWriter(cluster),
          remote: source,
        },
        () => leadership?.leads() ?? true,
      ),
      engine,
      turns,
      events,
      credentials,
      sources: sourceReader(cluster),
      trustedGateways: config.trustedGateways,
      onToken: tokens.note,
      observer: createObserver(log, metrics),
      controllerClass: config.controllerClass,
      policy: deps.policy,
      localGateways: config.allowLocalGateways,
      now: () => new Date(),
      random: Math.random,
    },
    timing: { now: () => performance.now(), setTimer },
    concurrency: {
      externalSecrets: config.concurrency,
      stores: config.concurrency,
      pushSecrets: config.concurrency,
    },
    onError: (fault, key) => log.error('a reconcile failed', { name: key, fault }),
  })
  metrics.set('latchkey_leader', {}, 0)
  const begin = () => {
    metrics.set('latchkey_leader', {}, 1)
    controller.start()
  }

  return {
    controller,
    start: () => {
      const { namespace } = config
      leadership = config.leaderElect ? campaign({ cluster, namespace, log, begin }) : alone(begin)
      return { lost: leadership.lost }
    },
    measure: () => {
      measureQueues(metrics, Object.values(controller.size()))
    },
    stop: async ({ graceMs }) => {
      metrics.set('latchkey_leader', {}, 0)
      await controller.stop(graceMs)
      await leadership?.resign()
      await objects?.watches.stop()
      await events.stop()
    },
  }
}

import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { createAkeyless, isLocalAddress } from '#akeyless'
import {
  type Cluster,
  credentialReader,
  elect,
  eventRecorder,
  finalizerRemover,
  secretWriter,
  statusWriter,
} from '#kube'
import { callRecorder, type Log, type Metrics, objectRecorder } from '#observe'
import { type Controller, createController, type Observer } from '#reconcile'
import { names } from '../deploy/names.ts'
import type { Config } from './config.ts'
import type { Watches } from './watches.ts'

export interface Reconciler {
  readonly controller: Controller
  /** Begins to reconcile, or to stand for election; `lost` settles when another replica took over. */
  start(): { readonly lost: Promise<void> }
  /** Brings the gauges of the queues up to date. */
  measure(): void
  stop(): Promise<void>
}

interface ReconcilerDeps {
  readonly config: Config
  readonly cluster: Cluster
  readonly watches: Watches
  readonly log: Log
  readonly metrics: Metrics
}

const graceMs = 5_000

/** What was done, for people in the log and for machines in the metrics. */
const createObserver = (log: Log, metrics: Metrics): Observer => {
  const record = objectRecorder(metrics)
  return {
    synced(object, { code, tookMs }) {
      record.synced(object, { code, tookMs })
      const { kind, namespace, name } = object
      log.info('synced', { kind, namespace, name, code, tookMs: Math.round(tookMs * 10) / 10 })
    },
    removed: object => record.removed(object),
    ignored: ({ kind, namespace, name }, why) => log.debug('left alone', { kind, namespace, name, reason: why }),
  }
}

const createSource = ({ config, metrics }: ReconcilerDeps) =>
  createAkeyless({
    now: () => Date.now(),
    random: Math.random,
    resolve: new Map(config.resolve.map(({ host, port, to }) => [`${host}:${port}`, to])),
    // a tenant names the gateway: it must not become a way to this machine or to cloud metadata (security.md T1)
    ...(!config.allowLocalGateways && { addressAllowed: address => !isLocalAddress(address) }),
    onCall: callRecorder(metrics),
  })

const setTimer = (ms: number, run: () => void) => {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

/** The reconciler with everything it needs from the outside. */
export const createReconciler = (deps: ReconcilerDeps): Reconciler => {
  const { config, cluster, watches, log, metrics } = deps
  const source = createSource(deps)
  const events = eventRecorder({ cluster, instance: hostname(), date: () => new Date() })
  const controller = createController({
    deps: {
      ...watches,
      source,
      events,
      secretWriter: secretWriter(cluster),
      credentials: credentialReader(cluster),
      status: statusWriter(cluster),
      finalizers: finalizerRemover(cluster),
      observer: createObserver(log, metrics),
      controllerClass: config.controllerClass,
      now: () => new Date(),
      random: Math.random,
    },
    timing: { now: () => performance.now(), setTimer },
    concurrency: { externalSecrets: config.concurrency, stores: config.concurrency },
    onError: (fault, key) => log.error('a reconcile failed', { name: key, fault }),
  })
  let resign = async (): Promise<void> => {}

  metrics.set('latchkey_leader', {}, 0)
  const begin = () => {
    metrics.set('latchkey_leader', {}, 1)
    controller.start()
  }

  const campaign = (): Promise<void> =>
    new Promise(lost => {
      const election = elect({
        cluster,
        namespace: config.namespace,
        name: names.lease,
        identity: `${hostname()}_${randomUUID()}`,
        now: () => performance.now(),
        date: () => new Date(),
        random: Math.random,
        onStarted: begin,
        onStopped: why => (why === 'stopped' ? undefined : lost()),
        onTransition: transition => log.info('leader election', { step: transition.to }),
        onError: fault => log.warn('leader election', { fault }),
      })
      resign = () => election.stop()
    })

  return {
    controller,
    start: () => {
      if (config.leaderElect) return { lost: campaign() }
      begin()
      return { lost: new Promise<void>(() => {}) }
    },
    measure: () => {
      const { externalSecrets, stores } = controller.size()
      for (const lane of ['fresh', 'routine'] as const) {
        metrics.set('latchkey_queue_depth', { lane }, externalSecrets[lane] + stores[lane])
      }
    },
    stop: async () => {
      metrics.set('latchkey_leader', {}, 0)
      await controller.stop(graceMs)
      await resign()
      await events.stop()
      await source.close()
    },
  }
}

import { type Context, type StoreLookup, templateCheck } from '#admission'
import type { ClusterSecretStore, Policy } from '#api'
import type { Cluster } from '#kube'
import type { Log, Metrics } from '#observe'
import { admits, isOurs } from '#reconcile'
import { showAddress } from './address.ts'
import { createPlainApp } from './app.ts'
import type { Config } from './config.ts'
import type { Listeners } from './kinds.ts'
import { listenAt } from './listen.ts'
import { createLive } from './live.ts'
import { partnersIn } from './partners.ts'
import { createReconciler, type Reconciler } from './reconciler.ts'
import { refreshesIn } from './refreshes.ts'
import { metricsRoute } from './routes/metrics.ts'
import { probeRoutes } from './routes/probes.ts'
import { createServices, setTimer } from './services.ts'
import { createWatches, type Watches } from './watches.ts'
import { startWebhook, type Webhook } from './webhook.ts'

interface PartsDeps {
  readonly config: Config
  readonly cluster: Cluster
  readonly policy: Policy | undefined
  readonly log: Log
  readonly metrics: Metrics
  readonly threads: number
  readonly env: NodeJS.ProcessEnv
}

/** The running process: probes, metrics, watches, and by role the webhook and the reconciler. */
export interface Parts {
  /** Resolves when every watched collection has been listed once, and the webhook is registered. */
  readonly complete: Promise<'complete'>
  waitsFor(): readonly string[]
  /** To be called when complete. Begins to reconcile; settles when another replica took over. */
  start(): Promise<'lost'>
  /** `serveMs`: how long the webhook serves on. `finishMs`: how long passes that run may take to their end. */
  stop(options: { serveMs: number; finishMs: number }): Promise<void>
}

/** Hands changes to a reconciler that is made after the watches it hears from. */
const createRelay = () => {
  let target: Listeners | undefined
  const listeners: Listeners = {
    onExternalSecret: change => target?.onExternalSecret(change),
    onPushSecret: change => target?.onPushSecret(change),
    onStore: change => target?.onStore(change),
    onSecret: change => target?.onSecret(change),
    onCredentialObject: (namespace, name) => target?.onCredentialObject(namespace, name),
    onAccount: change => target?.onAccount(change),
    onNamespace: change => target?.onNamespace(change),
    onFan: change => target?.onFan(change),
  }
  const aim = (next: Listeners): void => {
    target = next
  }
  return { listeners, aim }
}

interface Looks {
  readonly waitsFor: () => readonly string[]
  /** Brings the gauges up to date; called at each scrape. */
  readonly measure: () => void
}

const listen = async ({ config, log, metrics }: PartsDeps, { waitsFor, measure }: Looks) => {
  const text = () => {
    measure()
    return metrics.text()
  }
  const probes = createPlainApp({ routes: app => probeRoutes(app, { waitsFor }), log })
  const scrape = createPlainApp({
    routes: app => metricsRoute(app, { metrics: { text, contentType: metrics.contentType } }),
    log,
  })
  const bound = [
    await listenAt(probes, config.healthBind, '--health-bind'),
    await listenAt(scrape, config.metricsBind, '--metrics-bind'),
  ]
  return {
    addresses: bound.map(showAddress).join(' '),
    close: () => Promise.all([probes.close({ graceMs: 0 }), scrape.close({ graceMs: 0 })]),
  }
}

/** What a scoped process does not watch, cluster-scoped stores and those of other namespaces, counts as there, and as another's: it serves none of them. */
const lookup = (
  { watchNamespaces, controllerClass }: Config,
  { stores, clusterStores, namespaces }: Watches,
): StoreLookup => {
  // a namespace that the watch has not seen yet may be anything
  const admitting =
    ({ spec }: ClusterSecretStore) =>
    (name: string) => {
      const labels = namespaces.get(name)?.labels
      return labels === undefined || admits(spec.conditions, { name, labels })
    }
  return ({ kind, namespace = '', name }) => {
    if (watchNamespaces.length > 0 && (kind === 'ClusterSecretStore' || !watchNamespaces.includes(namespace)))
      return { ours: false }
    const store = kind === 'ClusterSecretStore' ? clusterStores.get(name) : stores.get(`${namespace}/${name}`)
    return (
      store && {
        ours: isOurs(store, controllerClass) && store.spec.provider.akeyless !== undefined,
        admits: store.kind === 'ClusterSecretStore' ? admitting(store) : undefined,
      }
    )
  }
}

/** What the rules may know beside the object; a process that only judges follows no ExternalSecrets. */
const knowledge = (config: Config, watches: Watches): Pick<Context, 'stores' | 'refreshes' | 'partners'> => ({
  stores: lookup(config, watches),
  refreshes: config.role === 'webhook' ? undefined : refreshesIn(watches.externalSecrets),
  partners: config.role === 'webhook' ? undefined : partnersIn(watches),
})

/** Nothing until every collection has been listed: what is not seen yet would count as absent. */
const whenComplete =
  <T>(state: { readonly complete: boolean }, value: T) =>
  (): T | undefined =>
    state.complete ? value : undefined

/** Starts everything that needs no answer from the API server, in any order with what is installed there (decision 32). */
export const startParts = async (deps: PartsDeps): Promise<Parts> => {
  const { config, cluster, policy, log, metrics } = deps
  const started = performance.now()
  const reconciles = config.role !== 'webhook'
  const state = { complete: false, leaving: false }
  const relay = createRelay()
  const watches = createWatches({
    cluster,
    namespaces: config.watchNamespaces,
    controllerClass: config.controllerClass,
    reconciles,
    listeners: relay.listeners,
    log,
    metrics,
  })
  const known = whenComplete(state, knowledge(config, watches))
  const services = createServices(deps)
  const waits: (() => readonly string[])[] = [
    () => (state.leaving ? ['the end of this process'] : []),
    // an API server that goes away later leaves the webhook ready: it needs no answer from there (security.md F16)
    () => (state.complete ? [] : watches.waitsFor()),
  ]
  const waitsFor = () => waits.flatMap(wait => wait())
  let reconciler: Reconciler | undefined
  const measure = () => {
    watches.count()
    reconciler?.measure()
    webhook?.measure()
  }
  let webhook: Webhook | undefined
  const plain = await listen(deps, { waitsFor, measure })
  webhook =
    config.role === 'reconciler'
      ? undefined
      : await startWebhook({
          config,
          cluster,
          policy,
          known: () => known() ?? {},
          templates: templateCheck({ engine: services.engine, setTimer }),
          preview: whenComplete(state, createLive({ ...deps, watches, services })),
          log,
          metrics,
        })
  if (webhook) waits.push(webhook.waitsFor)

  return {
    complete: Promise.all([watches.synced, webhook?.registered]).then(() => 'complete' as const),
    waitsFor,
    start: () => {
      state.complete = true
      reconciler = reconciles ? createReconciler({ ...deps, watches, services }) : undefined
      if (reconciler) relay.aim(reconciler.controller)
      const lost = reconciler?.start().lost ?? new Promise<void>(() => {})
      log.info('ready', {
        role: config.role,
        tookMs: Math.round(performance.now() - started),
        ...(webhook && { url: `https://${showAddress(webhook.address)}`, notAfter: webhook.caNotAfter() }),
        address: plain.addresses,
      })
      return lost.then(() => 'lost' as const)
    },
    stop: async ({ serveMs, finishMs }) => {
      state.leaving = true
      await Promise.all([webhook?.close({ graceMs: serveMs }), reconciler?.stop({ graceMs: finishMs })])
      await services.close()
      await watches.stop()
      await plain.close()
    },
  }
}

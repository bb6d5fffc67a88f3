import { X509Certificate } from 'node:crypto'
import { admit, mutate, type StoreLookup } from '#admission'
import { createKeeper, randomSources, secretStore } from '#certs'
import { type Cluster, secretWriter } from '#kube'
import type { Log, Metrics } from '#observe'
import { names } from '../deploy/names.ts'
import { webhookConfigurations } from '../deploy/webhooks.ts'
import type { Address } from './address.ts'
import { createApp } from './app.ts'
import type { Config } from './config.ts'
import { createRegistration } from './register.ts'
import { createTls, servingNames } from './tls.ts'

export interface Webhook {
  /** Where it listens. */
  readonly address: Address
  /** End of the CA, as an ISO date. */
  caNotAfter(): string | undefined
  waitsFor(): readonly string[]
  close(options: { graceMs: number }): Promise<void>
}

interface WebhookDeps {
  readonly config: Config
  readonly cluster: Cluster
  /** Which stores exist, for warnings; undefined while that is not known yet. */
  readonly stores: () => StoreLookup | undefined
  readonly log: Log
  readonly metrics: Metrics
}

// the wall clock may jump and the Secret may go: look each minute; sooner while something is missing
const checkMs = 60_000
const retryMs = 1_000

const clientOf = ({ webhookUrl, namespace, serviceName }: Config) =>
  webhookUrl ? { url: webhookUrl.href.replace(/\/$/, '') } : { service: { namespace, name: serviceName } }

/** The CA as one of the registered trust: in URL mode by us, in Service mode beside what deploy/ installed. */
const createTrust = ({ config, cluster }: WebhookDeps) => {
  const registration = createRegistration({
    request: request => cluster.request(request),
    client: clientOf(config),
    configurations: webhookConfigurations,
    now: () => new Date(),
  })
  if (config.noRegister) return { trust: async () => {}, missing: () => [] as readonly string[] }
  return registration
}

/** Repeats a check until stopped; the pace is quicker while it fails. */
const repeat = (check: (signal: AbortSignal) => Promise<boolean>) => {
  const stopping = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const run = async () => {
    const well = await check(stopping.signal)
    if (!stopping.signal.aborted) timer = setTimeout(() => void run(), well ? checkMs : retryMs)
  }
  const first = run()
  return {
    first,
    stop: () => {
      stopping.abort()
      clearTimeout(timer)
    },
  }
}

/** The admission webhook: listens at once, serves as soon as it has a certificate, registers itself after that. */
export const startWebhook = async (deps: WebhookDeps): Promise<Webhook> => {
  const { config, log, metrics } = deps
  const tls = createTls()
  const app = createApp({
    admit: review => admit(review, { stores: deps.stores() }),
    mutate,
    tls,
    metrics,
    log,
    clock: () => performance.now(),
  })
  const trust = createTrust(deps)
  let caNotAfter: string | undefined
  const keeper = createKeeper({
    store: secretStore({ secrets: secretWriter(deps.cluster), namespace: config.namespace, name: names.ca }),
    sources: randomSources(),
    now: () => new Date(),
    names: servingNames({ service: config.serviceName, namespace: config.namespace, url: config.webhookUrl }),
    trust: async (caBundle, signal) => {
      const { validToDate } = new X509Certificate(caBundle)
      caNotAfter = validToDate.toISOString()
      metrics.set('latchkey_certificate_not_after_seconds', { certificate: 'ca' }, validToDate.getTime() / 1000)
      await trust.trust(caBundle, signal)
    },
    serve: leaf => {
      tls.serve(leaf)
      const ends = new X509Certificate(leaf.cert).validToDate
      metrics.set('latchkey_certificate_not_after_seconds', { certificate: 'serving' }, ends.getTime() / 1000)
    },
    told: (step, because) => log.info('the webhook certificate changes', { step, reason: because }),
  })
  const address = await app.listen(config.webhookBind)
  const checks = repeat(async signal => {
    try {
      await keeper.check(signal)
      return trust.missing().length === 0
    } catch (thrown) {
      if (!signal.aborted) log.warn('the webhook certificate could not be checked', { fault: thrown })
      return false
    }
  })
  await checks.first
  return {
    address,
    caNotAfter: () => caNotAfter,
    waitsFor: () => [...(tls.ready() ? [] : ['the serving certificate']), ...trust.missing()],
    close: async options => {
      checks.stop()
      await app.close(options)
    },
  }
}

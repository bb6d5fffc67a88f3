import { admit, type Check, type Context, examine, mutate } from '#admission'
import type { Policy } from '#api'
import { createKeeper, randomSources, secretStore } from '#certs'
import { asFault } from '#core'
import { type Cluster, secretWriter } from '#kube'
import type { Log, Metrics } from '#observe'
import type { Preview } from '#reconcile'
import { names } from '../deploy/names.ts'
import { plainPath, webhookConfigurations } from '../deploy/webhooks.ts'
import type { Address } from './address.ts'
import { createApp } from './app.ts'
import type { Config } from './config.ts'
import { listenAt } from './listen.ts'
import { liveBudgetMs } from './live.ts'
import { createPathToken, type PathToken } from './path-token.ts'
import { createRegistration } from './register.ts'
import { createTls, servingNames } from './tls.ts'

export interface Webhook {
  /** Where it listens. */
  readonly address: Address
  /** Resolves when the API server trusts it and knows where it is, or when others see to that. */
  readonly registered: Promise<void>
  /** End of the CA, as an ISO date. */
  caNotAfter(): string | undefined
  /** Brings the gauges of the certificates up to date. */
  measure(): void
  waitsFor(): readonly string[]
  close(options: { graceMs: number }): Promise<void>
}

interface WebhookDeps {
  readonly config: Config
  readonly cluster: Cluster
  /** What the watches show; nothing while they have not shown all. */
  readonly known: () => Pick<Context, 'stores' | 'refreshes' | 'partners'>
  readonly policy: Policy | undefined
  /** Parses templates. */
  readonly templates: Check
  /** What looks at the remote side; gives nothing while stores are not known, and where live checks are off. */
  readonly preview: () => Preview | undefined
  readonly log: Log
  readonly metrics: Metrics
}

// the wall clock may jump and the Secret may go: look each minute; sooner while something is missing
const checkMs = 60_000
const firstRetryMs = 500
const lastRetryMs = 30_000

const clientOf = ({ webhookUrl, namespace, serviceName }: Config) =>
  webhookUrl ? { url: webhookUrl.href.replace(/\/$/, '') } : { service: { namespace, name: serviceName } }

/** The CA as one of the registered trust: in URL mode by us, in Service mode beside what deploy/ installed. */
const createTrust = ({ config, cluster }: WebhookDeps, token: PathToken) => {
  const registration = createRegistration({
    request: request => cluster.request(request),
    client: clientOf(config),
    configurations: webhookConfigurations,
    path: () => token.path() ?? plainPath,
    now: () => new Date(),
  })
  if (config.noRegister) return { trust: async () => {}, missing: () => [] as readonly string[] }
  return registration
}

/** Repeats a check until stopped: each minute while it succeeds, with growing delay while it does not. */
const repeat = (check: (signal: AbortSignal) => Promise<boolean>) => {
  const stopping = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let retryMs = firstRetryMs
  const run = async () => {
    const well = await check(stopping.signal)
    retryMs = well ? firstRetryMs : Math.min(retryMs * 2, lastRetryMs)
    if (!stopping.signal.aborted) timer = setTimeout(() => void run(), well ? checkMs : retryMs)
  }
  void run()
  return () => {
    stopping.abort()
    clearTimeout(timer)
  }
}

/** One line when something begins to fail or fails in another way, not one for each try. */
const oncePerChange = (log: Log) => {
  let told = ''
  return (thrown: unknown): void => {
    const now = thrown === undefined ? '' : asFault(thrown).line()
    if (now !== told && now !== '') log.warn('the webhook certificate could not be checked', { fault: thrown })
    told = now
  }
}

/** The verdicts: by the pure rules, and where the request knows the token by the checks too (decision 28). */
export const verdicts = (
  {
    config,
    known,
    policy,
    templates,
    preview,
  }: Pick<WebhookDeps, 'config' | 'known' | 'policy' | 'templates' | 'preview'>,
  token: PathToken,
) => {
  const context = (): Context => ({
    ...known(),
    controllerClass: config.controllerClass,
    reconciledElsewhere: config.role === 'webhook',
    genericTargets: config.unsafeAllowGenericTargets,
    localGateways: config.allowLocalGateways,
    policy,
    now: new Date(),
  })
  return {
    admit: (review: unknown) => admit(review, context()),
    examine: (review: unknown, given: string) => {
      if (!token.accepts(given)) return admit(review, context())
      const remote = preview()?.check(AbortSignal.timeout(liveBudgetMs))
      return examine(review, context(), { local: templates, remote })
    },
  }
}

/** The admission webhook: listens at once, serves as soon as it has a certificate, registers itself after that. */
export const startWebhook = async (deps: WebhookDeps): Promise<Webhook> => {
  const { config, log, metrics } = deps
  const tls = createTls()
  const token = createPathToken(() => performance.now())
  const app = createApp({
    ...verdicts(deps, token),
    mutate,
    tls,
    metrics,
    log,
    clock: () => performance.now(),
  })
  const trust = createTrust(deps, token)
  const tell = oncePerChange(log)
  const keeper = createKeeper({
    store: secretStore({ secrets: secretWriter(deps.cluster), namespace: config.namespace, name: names.ca }),
    sources: randomSources(),
    now: () => new Date(),
    names: servingNames({ service: config.serviceName, namespace: config.namespace, url: config.webhookUrl }),
    trust: trust.trust,
    shares: token.use,
    serve: tls.serve,
    told: (step, because) => log.info('the webhook certificate changes', { step, reason: because }),
  })
  const address = await listenAt(app, config.webhookBind, '--webhook-bind')
  const registered = Promise.withResolvers<void>()
  const stopChecks = repeat(async signal => {
    try {
      await keeper.check(signal)
      tell(undefined)
      if (trust.missing().length > 0) return false
      registered.resolve()
      return true
    } catch (thrown) {
      if (!signal.aborted) tell(thrown)
      return false
    }
  })
  return {
    address,
    registered: registered.promise,
    caNotAfter: () => keeper.ends().ca?.toISOString(),
    measure: () => {
      const { ca, leaf } = keeper.ends()
      if (ca) metrics.set('latchkey_certificate_not_after_seconds', { certificate: 'ca' }, ca.getTime() / 1000)
      if (leaf) metrics.set('latchkey_certificate_not_after_seconds', { certificate: 'serving' }, leaf.getTime() / 1000)
    },
    waitsFor: () => [...(tls.ready() ? [] : ['the serving certificate']), ...trust.missing()],
    close: async options => {
      stopChecks()
      await app.close(options)
    },
  }
}

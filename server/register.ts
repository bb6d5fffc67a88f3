import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { mergeBundles } from '#certs'
import { Fault } from '#core'
import { plainPath, type WebhookClient } from '../deploy/webhooks.ts'

/** The one Kubernetes call that is needed here. Throws an error with a numeric `status` where the API server refuses. */
export type Request = (request: {
  readonly method: 'GET' | 'PATCH'
  readonly path: string
  readonly query?: Readonly<Record<string, string | boolean>>
  readonly contentType?: string
  readonly body?: unknown
  readonly signal: AbortSignal
}) => Promise<unknown>

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly [field: string]: unknown
}

export interface RegistrationDeps {
  readonly request: Request
  readonly client: WebhookClient
  /** deploy/webhooks.ts; the bundle is base64 of PEM. */
  readonly configurations: (
    client: WebhookClient,
    caBundle: string | undefined,
    path: string | undefined,
  ) => readonly Manifest[]
  /** Of validation, as it is now; the plain one where absent. It may hold a token, so it stands in no message. */
  readonly path?: () => string
  readonly now: () => Date
}

export interface Registration {
  /**
   * Makes both webhook configurations trust this PEM bundle, beside the CAs that they trust already and that have not
   * expired, and ask at the present path. Writes nothing where nothing differs, so it may be called each minute and heals what
   * others changed. Throws Fault ClusterRefused or ClusterUnreachable.
   */
  trust(caBundle: string, signal: AbortSignal): Promise<void>
  /** What is not registered yet, for /readyz and the log; empty after a good `trust`. */
  missing(): readonly string[]
}

const Webhook = z.looseObject({
  name: z.string(),
  clientConfig: z.looseObject({
    caBundle: z.string().optional(),
    service: z.looseObject({ path: z.string().optional() }).optional(),
  }),
})
type Webhook = z.infer<typeof Webhook>
const Configuration = z.looseObject({
  metadata: z.looseObject({ name: z.string(), resourceVersion: z.string().optional() }),
  webhooks: z.array(Webhook).default([]),
})
type Configuration = z.infer<typeof Configuration>

const fieldManager = 'latchkey'
// Each lost race is somebody else's success; after a handful the next check tries again.
const mostTries = 5

const validating = 'ValidatingWebhookConfiguration'
const resources: Readonly<Record<string, string>> = {
  [validating]: 'validatingwebhookconfigurations',
  MutatingWebhookConfiguration: 'mutatingwebhookconfigurations',
}

const Refusal = z.object({ status: z.number() })
const statusOf = (thrown: unknown): number => {
  const refusal = Refusal.safeParse(thrown)
  return refusal.success ? refusal.data.status : 0
}

const encode = (pem: string): string => Buffer.from(pem).toString('base64')
const decode = (text: string | undefined): string => Buffer.from(text ?? '', 'base64').toString()

const placeOf = (manifest: Manifest): { path: string; label: string } => {
  const { name } = Configuration.parse(manifest).metadata
  const resource = resources[manifest.kind] ?? ''
  return { path: `/apis/${manifest.apiVersion}/${resource}/${name}`, label: `${manifest.kind} ${name}` }
}

/** Whether the live object already says everything that we would write. */
const says = (live: unknown, wanted: unknown): boolean => {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(live) && live.length === wanted.length && wanted.every((item, index) => says(live[index], item))
    )
  }
  if (typeof wanted !== 'object' || wanted === null) return isDeepStrictEqual(live, wanted)
  if (typeof live !== 'object' || live === null) return false
  const fields = new Map<string, unknown>(Object.entries(live))
  return Object.entries(wanted).every(([field, value]) => says(fields.get(field), value))
}

/** What a webhook that is installed has to be told: our CA and, where it has a Service, the path. */
const corrections = ({ clientConfig }: Webhook, at: string, caBundle: string, path: string | undefined) => [
  ...(clientConfig.caBundle === caBundle ? [] : [{ op: 'add', path: `${at}/caBundle`, value: caBundle }]),
  ...(path === undefined || !clientConfig.service || clientConfig.service.path === path
    ? []
    : [{ op: 'add', path: `${at}/service/path`, value: path }]),
]

/** The caBundle of every webhook replaced, and its path, and only if the object is still the one that was read. */
const installedPatch = (live: Configuration, ours: string, path: string | undefined, now: Date): readonly object[] => {
  const changes = live.webhooks.flatMap((webhook, index) => {
    const caBundle = encode(mergeBundles(ours, decode(webhook.clientConfig.caBundle), now))
    return corrections(webhook, `/webhooks/${index}/clientConfig`, caBundle, path)
  })
  if (changes.length === 0) return []
  return [{ op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion ?? '' }, ...changes]
}

const read = async (request: Request, path: string, signal: AbortSignal): Promise<Configuration | undefined> => {
  try {
    return Configuration.parse(await request({ method: 'GET', path, signal }))
  } catch (thrown) {
    if (statusOf(thrown) === 404) return undefined
    throw thrown
  }
}

interface Patch {
  readonly contentType: string
  readonly query: Readonly<Record<string, string | boolean>>
  readonly body: unknown
}

/** What to send for the live object to trust the bundle; `absent` where somebody else has to make it first. */
type Plan = (
  deps: RegistrationDeps,
  target: { readonly manifest: Manifest; readonly live: Configuration | undefined; readonly pem: string },
) => Patch | 'nothing' | 'absent'

const pathNow = ({ path }: RegistrationDeps): string => path?.() ?? plainPath

/** URL mode: the whole configuration is ours, applied as deploy/ describes it. */
const applyUrl: Plan = (deps, { manifest, live, pem }) => {
  const found = (live?.webhooks ?? []).map(({ clientConfig }) => decode(clientConfig.caBundle)).join('\n')
  const bundle = encode(mergeBundles(pem, found, deps.now()))
  const body = deps.configurations(deps.client, bundle, pathNow(deps)).find(({ kind }) => kind === manifest.kind)
  if (says(live, body)) return 'nothing'
  // force: kubectl, or Service mode, may have owned the fields before
  return { contentType: 'application/apply-patch+yaml', query: { fieldManager, force: true }, body }
}

/** Service mode: deploy/ installs the configuration, we fill in the CA and the path of validation. */
const patchInstalled: Plan = (deps, { manifest, live, pem }) => {
  if (!live) return 'absent'
  const path = manifest.kind === validating ? pathNow(deps) : undefined
  const body = installedPatch(live, pem, path, deps.now())
  return body.length === 0 ? 'nothing' : { contentType: 'application/json-patch+json', query: { fieldManager }, body }
}

/** Reads, plans and writes, anew where somebody was faster. False where the configuration is not there. */
const put = async (deps: RegistrationDeps, manifest: Manifest, pem: string, signal: AbortSignal): Promise<boolean> => {
  const { path } = placeOf(manifest)
  const plan = 'url' in deps.client ? applyUrl : patchInstalled
  for (let tries = 1; ; tries += 1) {
    const live = await read(deps.request, path, signal)
    const patch = plan(deps, { manifest, live, pem })
    if (typeof patch === 'string') return patch === 'nothing'
    try {
      await deps.request({ method: 'PATCH', path, ...patch, signal })
      return true
    } catch (thrown) {
      if (statusOf(thrown) !== 409 || tries === mostTries) throw thrown
    }
  }
}

const refusal = (label: string, cause: unknown): Fault =>
  statusOf(cause) === 0
    ? new Fault('ClusterUnreachable', `${label} could not be written: the API server does not answer`, { cause })
    : new Fault('ClusterRefused', `${label} could not be written: HTTP ${statusOf(cause)}`, {
        remedy: 'grant get and patch on both webhook configurations, for --webhook-url also create',
        cause,
      })

/** Keeps the webhook configurations pointing at us and trusting our CA (security.md §6). */
export const createRegistration = (deps: RegistrationDeps): Registration => {
  const manifests = deps.configurations(deps.client, undefined, undefined)
  let missing: readonly string[] = manifests.map(manifest => placeOf(manifest).label)

  const putOne = async (manifest: Manifest, pem: string, signal: AbortSignal): Promise<string | undefined> => {
    const { label } = placeOf(manifest)
    try {
      return (await put(deps, manifest, pem, signal)) ? undefined : label
    } catch (thrown) {
      if (signal.aborted) throw thrown
      throw refusal(label, thrown)
    }
  }

  return {
    async trust(caBundle, signal) {
      const results = await Promise.all(manifests.map(manifest => putOne(manifest, caBundle, signal)))
      missing = results.filter(label => label !== undefined)
    },
    missing: () => missing,
  }
}

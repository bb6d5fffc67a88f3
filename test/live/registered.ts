// `latchkey serve` with its webhook registered for one namespace and for what carries its label: test files run beside each other,
// and a registration for the whole cluster would judge the manifests of all of them.
import { Agent, request as send } from 'undici'
import { deriveToken } from '#certs'
import { Sensitive } from '#core'
import { names } from '../../deploy/names.ts'
import { webhookConfigurations } from '../../deploy/webhooks.ts'
import { freePort } from '../../dev/controlplane/index.ts'
import { request, until } from '../support/cluster.ts'
import { type Process, startLatchkey } from '../support/latchkey.ts'
import { entry, externalSecret, pathsOf } from '../support/objects.ts'

interface Ending {
  teardown(fn: () => unknown): unknown
}

export interface Answer {
  readonly status: number
  readonly text: string
}

export interface Registered {
  readonly process: Process
  /** Speaks to the webhook port as an API server would, or as nobody should. */
  post(path: string, body: string | undefined, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** What the metrics port shows. */
  metrics(): Promise<string>
}

const admission = '/apis/admissionregistration.k8s.io/v1'
const collectionOf = (kind: unknown): string => `${admission}/${String(kind).toLowerCase()}s`

/** Cluster-scoped objects of a test carry this label, or its webhook never sees them. */
export const labelOf = (namespace: string) => ({ 'test.latchkey.dev/namespace': namespace })

interface Where {
  readonly namespace: string
  readonly url: string
  readonly ca: string
  /** Of validation; the plain one where undefined. */
  readonly path: string | undefined
}

/** Objects with this label are stored as they are, as if there were no webhook yet. */
export const unjudged = { 'test.latchkey.dev/unjudged': 'true' }

/** The shipped configurations under a name of their own, for one namespace. */
const scoped = ({ namespace, url, ca, path }: Where): readonly { kind: string }[] =>
  webhookConfigurations({ url }, Buffer.from(ca).toString('base64'), path).map(configuration => ({
    ...configuration,
    metadata: { name: namespace },
    webhooks: (configuration['webhooks'] as { name: string }[]).map(webhook => ({
      ...webhook,
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      objectSelector: { matchExpressions: Object.keys(unjudged).map(key => ({ key, operator: 'DoesNotExist' })) },
      // a namespace selector lets every cluster-scoped object through
      ...(webhook.name.includes('.cluster') && { objectSelector: { matchLabels: labelOf(namespace) } }),
    })),
  }))

const register = async (t: Ending, where: Where, controller: string | undefined): Promise<void> => {
  const { namespace } = where
  const configurations = scoped(where)
  // before the process ends, or the API server would call nobody
  t.teardown(() =>
    Promise.all(configurations.map(({ kind }) => request('DELETE', `${collectionOf(kind)}/${namespace}`))),
  )
  for (const configuration of configurations) {
    const { status } = await request('POST', collectionOf(configuration.kind), configuration)
    if (status !== 201) throw new Error(`${configuration.kind}: HTTP ${status}`)
  }
  // API servers take a configuration up a moment later
  const bad = { apiVersion: 'external-secrets.io/v1', kind: 'SecretStore', metadata: { name: 'probe' } }
  await until(t, 'the API server to ask the webhook', async () => {
    const provider = { akeyless: { akeylessGWApiURL: '', authSecretRef: {} } }
    const spec = { ...(controller && { controller }), provider }
    const { status } = await request('POST', `${pathsOf(namespace).stores}?dryRun=All`, { ...bad, spec })
    return status === 403 ? true : undefined
  })
}

/** The engine of templates starts with the first one. On a busy machine that one is answered by a warning, in place of what a test looks for. */
export const templatesJudged = (t: Ending, namespace: string): Promise<true> => {
  const spec = { refreshInterval: '1h', secretStoreRef: { name: 'store' }, data: [entry('k', '/apps/db-username')] }
  const object = externalSecret('probe', { ...spec, target: { template: { data: { k: '{{ nosuch }}' } } } })
  return until(t, 'templates to be judged', async () => {
    const { status } = await request('POST', `${pathsOf(namespace).externalSecrets}?dryRun=All`, object)
    return status === 403 ? true : undefined
  })
}

/** What the path ends in, by the Secret with the CA. */
export const tokenOf = (secret: { data: Record<string, string> }): string =>
  deriveToken(Sensitive.bytes(Buffer.from(secret.data['ca.key'] ?? '', 'base64')))
    .reveal()
    .toString()

/** Starts the process and registers it; both end with the test. */
export const startRegistered = async (
  t: Ending,
  options: {
    namespace: string
    gateway: { port: number; caFile: string }
    /** The class that it serves, where not the usual one. */
    controller?: string
    args?: readonly string[]
    /** Whether live checks are made. */
    live?: boolean
  },
): Promise<Registered> => {
  const { namespace, gateway, controller, args = [], live = false } = options
  const at = `127.0.0.1:${await freePort()}`
  const url = `https://${at}`
  const own = ['--role', 'all', '--namespace', namespace, '--webhook-bind', at, '--webhook-url', url]
  const shared = controller ? ['--controller-class', controller] : []
  const checks = live ? [] : ['--live-checks-stores', 'off', '--live-checks-items', 'off']
  const process = await startLatchkey(t, { namespace, gateway, args: [...own, ...shared, ...checks, ...args] })
  const { body: secret } = await request('GET', `${pathsOf(namespace).secrets}/${names.ca}`)
  const ca = Buffer.from(secret.data['ca.crt'], 'base64').toString()
  const path = `/validate/${tokenOf(secret)}`
  await register(t, { namespace, url, ca, path }, controller)
  const dispatcher = new Agent({ connect: { ca } })
  t.teardown(() => dispatcher.close())
  const [, metricsAt] = String(process.ready['address']).split(' ')
  return {
    process,
    post: async (path, body, headers = { 'content-type': 'application/json' }) => {
      const method = body === undefined ? 'GET' : 'POST'
      const answer = await send(`${url}${path}`, { method, dispatcher, headers, body: body ?? null })
      return { status: answer.statusCode, text: await answer.body.text() }
    },
    metrics: async () => (await send(`http://${metricsAt}/metrics`)).body.text(),
  }
}

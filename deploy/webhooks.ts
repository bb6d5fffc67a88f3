import { group, type KindDefinition, kinds } from '#api'
import { type Manifest, metadata, names } from './names.ts'

/** Where the API server finds the webhook: a Service in the cluster, or a URL for a process outside of it. */
export type WebhookClient =
  | { readonly service: { readonly namespace: string; readonly name: string; readonly port?: number } }
  /** https, without a path. */
  | { readonly url: string }

const stores = kinds.filter(({ kind }) => kind.endsWith('SecretStore'))
// stores first: the order of the configuration that is installed already
const judged = [...stores, ...kinds.filter(kind => !stores.includes(kind))]
const singular = ({ kind }: KindDefinition): string => kind.toLowerCase()

// CEL that cannot fail on an object of ours: an error would count as a failed call.
const untouched = [
  {
    name: 'spec-changed',
    expression:
      "request.operation != 'UPDATE' || has(object.spec) != has(oldObject.spec) || (has(object.spec) && object.spec != oldObject.spec)",
  },
  {
    name: 'not-being-deleted',
    expression: '!has(object.metadata) || !has(object.metadata.deletionTimestamp)',
  },
]
const aliased = {
  name: 'has-alias',
  expression:
    'has(object.spec) && has(object.spec.provider) && has(object.spec.provider.akeyless) && has(object.spec.provider.akeyless.serviceAccountRef)',
}

// What is undefined is left out, not empty: a later apply of the manifest then keeps what the process has put there.
const clientConfig = (client: WebhookClient, path: string | undefined, caBundle: string | undefined) => ({
  ...('url' in client
    ? { url: `${client.url}${path}` }
    : { service: { ...client.service, ...(path !== undefined && { path }) } }),
  ...(caBundle !== undefined && { caBundle }),
})

/** Where validation is asked for by whoever knows no token: the pure rules and nothing else (decision 28). */
export const plainPath = '/validate'

const rule = ({ plural, scope, versions: [stored] }: KindDefinition) => ({
  apiGroups: [group],
  // matchPolicy Equivalent brings every other served version as this one
  apiVersions: [stored],
  // never DELETE: a webhook that is away would keep namespaces from going
  operations: ['CREATE', 'UPDATE'],
  resources: [plural],
  scope,
})

const common = { admissionReviewVersions: ['v1'], sideEffects: 'None', matchPolicy: 'Equivalent' } as const

/**
 * The validating and the mutating configuration, in this order (security.md §6). `caBundle` is base64 of PEM; undefined
 * leaves it out, for manifests that the running process completes. So does it with `path`, that of validation, which a URL
 * cannot do without.
 */
export const webhookConfigurations = (
  client: WebhookClient,
  caBundle: string | undefined,
  path: string | undefined = 'url' in client ? plainPath : undefined,
): Manifest[] => [
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: metadata(names.webhooks),
    webhooks: judged.map(resource => ({
      name: `validate.${singular(resource)}.latchkey.dev`,
      clientConfig: clientConfig(client, path, caBundle),
      rules: [rule(resource)],
      ...common,
      failurePolicy: 'Fail',
      timeoutSeconds: 5,
      matchConditions: untouched,
    })),
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: metadata(names.webhooks),
    webhooks: stores.map(resource => ({
      name: `mutate.${singular(resource)}.latchkey.dev`,
      clientConfig: clientConfig(client, '/mutate', caBundle),
      rules: [rule(resource)],
      ...common,
      // Both places work without it: the move only tidies the stored object.
      failurePolicy: 'Ignore',
      timeoutSeconds: 2,
      reinvocationPolicy: 'Never',
      matchConditions: [...untouched, aliased],
    })),
  },
]

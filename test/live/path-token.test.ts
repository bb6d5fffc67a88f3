// The path of validation, which holds a token, on the real API server: it is left to the process, and nothing takes it away again.
import t from 'tap'
import { stringify } from 'yaml'
import { kinds as judged } from '#api'
import { issueCa, randomSources } from '#certs'
import { connect } from '#kube'
import { type WebhookClient, webhookConfigurations } from '../../deploy/webhooks.ts'
import { freePort } from '../../dev/controlplane/index.ts'
import { createRegistration } from '../../server/register.ts'
import { kubeconfigPath, kubectl, namespace as namespaceFor, request, until } from '../support/cluster.ts'
import { install } from './twin.ts'

const signal = new AbortController().signal
const namespace = await namespaceFor(t)
await install()
const cluster = connect({
  source: { from: 'file', path: kubeconfigPath },
  now: () => performance.now(),
  random: Math.random,
})
t.teardown(() => cluster.close())

const admission = '/apis/admissionregistration.k8s.io/v1'
const kinds = ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'] as const
const service = { service: { namespace: 'latchkey-system', name: 'latchkey' } }
/** Under a name of their own, for what carries a label of the test. */
const configurations =
  (name: string) => (client: WebhookClient, caBundle: string | undefined, path: string | undefined) =>
    webhookConfigurations(client, caBundle, path).map(configuration => ({
      ...configuration,
      metadata: { name },
      webhooks: (configuration['webhooks'] as object[]).map(webhook => ({
        ...webhook,
        objectSelector: { matchLabels: { test: name } },
      })),
    }))
const removed = (name: string) =>
  t.teardown(() => Promise.all(kinds.map(kind => request('DELETE', `${admission}/${kind}/${name}`))))

interface Client {
  readonly caBundle?: string
  readonly service?: { readonly path?: string }
}
const clientsOf = async (kind: (typeof kinds)[number], name: string): Promise<readonly Client[]> =>
  (await request('GET', `${admission}/${kind}/${name}`)).body.webhooks.map(
    ({ clientConfig }: { clientConfig: Client }) => clientConfig,
  )
const ca = (await issueCa({ sources: randomSources(), now: new Date() })).cert

for (const [way, ...flags] of [['client-side'], ['server-side', '--server-side']] as const) {
  t.test(`${way} apply: the manifest has no path, gets one from the process, and applied again keeps it`, async t => {
    const name = `${namespace}-${way}`
    const manifest = configurations(name)(service, undefined, undefined)
      .map(each => stringify(each))
      .join('---\n')
    const apply = () => kubectl(['apply', ...flags, '-f', '-'], { input: manifest })
    removed(name)
    t.equal((await apply()).code, 0, 'a Service needs no path')
    for (const { service: to } of await clientsOf(kinds[0], name)) t.equal(to?.path, undefined)
    let path = '/validate/token-one'
    const registration = createRegistration({
      request: call => cluster.request(call),
      client: service,
      configurations: configurations(name),
      path: () => path,
      now: () => new Date(),
    })
    await registration.trust(ca, signal)
    const wanted = Array.from(judged, () => path)
    const seen = async () => (await clientsOf(kinds[0], name)).map(({ service: to }) => to?.path)
    t.same(await seen(), wanted)
    for (const { service: to } of await clientsOf(kinds[1], name)) t.equal(to?.path, '/mutate')
    const again = await apply()
    t.equal(again.code, 0, again.stderr)
    t.same(await seen(), wanted, 'the path is as it was')
    t.ok(
      (await clientsOf(kinds[0], name)).every(({ caBundle }) => caBundle),
      'and so is the CA',
    )
    await request(
      'PATCH',
      `${admission}/${kinds[0]}/${name}`,
      [{ op: 'replace', path: '/webhooks/1/clientConfig/service/path', value: '/elsewhere' }],
      'application/json-patch+json',
    )
    path = '/validate/token-two'
    await registration.trust(ca, signal)
    t.same(
      await seen(),
      Array.from(judged, () => path),
      'a new token, and what somebody changed',
    )
  })
}

t.test(
  'an API server that cannot reach the webhook tells the whole path: the token fends off strangers, and is no credential',
  async t => {
    const name = `${namespace}-away`
    removed(name)
    const url = `https://127.0.0.1:${await freePort()}`
    const bundle = Buffer.from(ca).toString('base64')
    for (const each of configurations(name)({ url }, bundle, '/validate/a-token-that-is-told'))
      await request(
        'POST',
        `${admission}/${each['kind'] === 'MutatingWebhookConfiguration' ? kinds[1] : kinds[0]}`,
        each,
      )
    const store = {
      apiVersion: 'external-secrets.io/v1',
      kind: 'SecretStore',
      metadata: { name: 'away', namespace, labels: { test: name } },
      spec: { provider: { akeyless: { akeylessGWApiURL: 'https://api.akeyless.io', authSecretRef: {} } } },
    }
    const said = await until(t, 'the API server to ask nobody', async () => {
      const outcome = await kubectl(['create', '--dry-run=server', '-f', '-'], { input: stringify(store) })
      return outcome.code === 0 ? undefined : outcome.stderr
    })
    t.match(said, 'a-token-that-is-told', 'decision 28 did not foresee it: docs/adr/0009')
  },
)

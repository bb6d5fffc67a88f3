import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { stringify } from 'yaml'
import { admit, mutate } from '#admission'
import { createKeeper, issueCa, randomSources, readBundle, secretStore } from '#certs'
import { connect, secretWriter } from '#kube'
import { createLog, createMetrics } from '#observe'
import { names } from '../../deploy/names.ts'
import { type WebhookClient, webhookConfigurations } from '../../deploy/webhooks.ts'
import { createApp } from '../../server/app.ts'
import { createRegistration } from '../../server/register.ts'
import { createTls, servingNames } from '../../server/tls.ts'
import { kubeconfigPath, kubectl, namespace as namespaceFor, request, until } from '../support/cluster.ts'
import { install, must } from './twin.ts'

const day = 86_400e3
const minute = 60e3
const signal = new AbortController().signal
const stores = () => undefined
const judge = (review: unknown) => admit(review, { stores })

const namespace = await namespaceFor(t)
await install()

const cluster = connect({
  source: { from: 'file', path: kubeconfigPath },
  now: () => performance.now(),
  random: Math.random,
})
t.teardown(() => cluster.close())

const admissionPath = '/apis/admissionregistration.k8s.io/v1'
const kinds = ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'] as const
const bundlesOf = async (name: string) => {
  const replies = await Promise.all(kinds.map(kind => request('GET', `${admissionPath}/${kind}/${name}`)))
  const webhooks: { clientConfig: { caBundle?: string } }[] = replies.flatMap(({ body }) => body.webhooks)
  return webhooks.map(({ clientConfig }) =>
    readBundle(Buffer.from(clientConfig.caBundle ?? '', 'base64').toString()).map(cert => cert.fingerprint256),
  )
}
const remove = (name: string) => Promise.all(kinds.map(kind => request('DELETE', `${admissionPath}/${kind}/${name}`)))

/** The shipped configurations under a name of their own, for objects with our label only: other test files run beside us. */
const ownConfigurations = (name: string) => (client: WebhookClient, caBundle: string | undefined) =>
  webhookConfigurations(client, caBundle).map(configuration => ({
    ...configuration,
    metadata: { name },
    webhooks: (configuration['webhooks'] as object[]).map(webhook => ({
      ...webhook,
      objectSelector: { matchLabels: { test: name } },
    })),
  }))

/** Everything that `serve` puts together for admission, on a clock of ours. */
const start = async () => {
  const clock = { now: new Date() }
  const told: string[] = []
  const reviews = { count: 0 }
  const tls = createTls()
  const app = createApp({
    admit: review => {
      reviews.count += 1
      return judge(review)
    },
    mutate,
    tls,
    metrics: createMetrics({ runtime: false }),
    log: createLog({ level: 'error' }),
    clock: () => performance.now(),
  })
  // every review makes a handshake, or a rotation would not be seen
  app.fastify.addHook('onSend', async (_, reply) => void reply.header('connection', 'close'))
  const { port } = await app.listen({ host: '127.0.0.1', port: 0 })
  const url = `https://127.0.0.1:${port}`
  const registration = createRegistration({
    request: call => cluster.request(call),
    client: { url },
    configurations: ownConfigurations(namespace),
    now: () => clock.now,
  })
  const keeper = createKeeper({
    store: secretStore({ secrets: secretWriter(cluster), namespace, name: names.ca }),
    sources: randomSources(),
    now: () => clock.now,
    names: servingNames({ service: 'latchkey', namespace, url: new URL(url) }),
    trust: registration.trust,
    serve: tls.serve,
    told: step => told.push(step),
  })
  t.teardown(async () => {
    await remove(namespace)
    await app.close({ graceMs: 0 })
  })
  return { clock, told, reviews, keeper, registration }
}

const object = (kind: string, name: string, spec: object) => ({
  apiVersion: 'external-secrets.io/v1',
  kind,
  metadata: { name, namespace, labels: { test: namespace } },
  spec,
})
const store = (akeyless: object = {}, more: object = {}) => ({
  ...more,
  provider: {
    akeyless: {
      akeylessGWApiURL: 'https://api.akeyless.io',
      authSecretRef: {
        secretRef: {
          accessID: { name: 'akeyless-secret-creds', key: 'accessId' },
          accessType: { name: 'akeyless-secret-creds', key: 'accessType' },
          accessTypeParam: { name: 'akeyless-secret-creds', key: 'accessTypeParam' },
        },
      },
      ...akeyless,
    },
  },
})
const externalSecret = (more: object = {}) => ({
  refreshInterval: '1h',
  secretStoreRef: { kind: 'SecretStore', name: 'no-such-store' },
  target: { name: 'made' },
  data: [{ secretKey: 'a', remoteRef: { key: '/a' } }],
  ...more,
})
const apply = (manifest: object, ...args: string[]) =>
  kubectl(['apply', ...args, '-f', '-'], { input: stringify(manifest) })

/** What admission says about an object, asked directly. */
const verdict = (manifest: { kind: string }) =>
  judge({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'x',
      kind: { group: 'external-secrets.io', version: 'v1', kind: manifest.kind },
      resource: { group: 'external-secrets.io', version: 'v1', resource: `${manifest.kind.toLowerCase()}s` },
      operation: 'CREATE',
      namespace,
      object: manifest,
      oldObject: null,
    },
  }).response

const webhook = await start()
// 250 days ago this cluster got its CA, ten days ago its present leaf: the next check finds the CA due for renewal
const today = webhook.clock.now.getTime()
webhook.clock.now = new Date(today - 250 * day)
await webhook.keeper.check(signal)
webhook.clock.now = new Date(today - 10 * day)
await webhook.keeper.check(signal)

const bad = object('SecretStore', 'bad', store({ akeylessGWApiURL: 'not a url' }))
await until(t, 'the API server to ask the webhook', async () =>
  (await apply(bad, '--dry-run=server')).code === 0 ? undefined : true,
)

t.test('kubectl apply shows the refusal word for word', async t => {
  const { status } = verdict(bad)
  t.match(status?.message, /spec\.provider\.akeyless\.akeylessGWApiURL: .+ → .+/)
  const said = await apply(bad)
  t.equal(said.code, 1)
  t.ok(
    said.stderr.includes(
      `admission webhook "validate.secretstore.latchkey.dev" denied the request: ${status?.message}`,
    ),
    said.stderr,
  )
  t.equal((await request('GET', `/apis/external-secrets.io/v1/namespaces/${namespace}/secretstores/bad`)).status, 404)
})

t.test('several mistakes come in one answer', async t => {
  const incomplete = { secretRef: { accessID: { name: 'creds', key: 'id' }, accessType: {} } }
  const worse = object('SecretStore', 'worse', store({ akeylessGWApiURL: 'https://', authSecretRef: incomplete }))
  const findings = verdict(worse).status?.message.split('\n') ?? []
  t.ok(findings.length > 2)
  const said = await apply(worse)
  for (const finding of findings) t.ok(said.stderr.includes(finding), `${finding} in ${said.stderr}`)
})

t.test('a good store and its next version are accepted without a word', async t => {
  for (const refreshInterval of ['1h', '2h']) {
    const said = await apply(object('SecretStore', 'good', store({}, { refreshInterval })))
    t.same([said.code, said.stderr], [0, ''])
  }
})

t.test('an alias is moved to its place and the store accepted', async t => {
  const aliased = store({ serviceAccountRef: { name: 'app' } })
  const said = await apply(object('SecretStore', 'aliased', aliased))
  t.equal(said.code, 0, said.stderr)
  const { body } = await request('GET', `/apis/external-secrets.io/v1/namespaces/${namespace}/secretstores/aliased`)
  t.notOk(body.spec.provider.akeyless.serviceAccountRef)
  t.match(JSON.stringify(body.spec.provider.akeyless), /"serviceAccountRef":\{"name":"app"\}/)
})

t.test('a warning is printed and the object accepted', async t => {
  const lonely = object('ExternalSecret', 'lonely', externalSecret())
  const [warning = 'no warning'] = verdict(lonely).warnings ?? []
  const said = await apply(lonely)
  t.equal(said.code, 0, said.stderr)
  t.ok(said.stderr.includes(`Warning: ${warning}`), `${said.stderr} should hold ${warning}`)
})

t.test('a manifest of 6 MB is refused by the API server, one of 1.3 MB is judged like any other', async t => {
  const sized = (bytes: number, refreshInterval: string) => {
    const data = Array.from({ length: bytes / 2000 }, (_, index) => ({
      secretKey: `key-${index}`,
      remoteRef: { key: `/${'x'.repeat(1900)}/${index}` },
    }))
    return object('ExternalSecret', 'large', externalSecret({ refreshInterval, data }))
  }
  const before = webhook.reviews.count
  const huge = await kubectl(['create', '-f', '-'], { input: stringify(sized(6e6, '1h')) })
  t.equal(huge.code, 1)
  t.match(huge.stderr, /too large|limit is/)
  t.equal(webhook.reviews.count, before)
  for (const [verb, interval] of [
    ['create', '1h'],
    ['replace', '2h'],
  ] as const) {
    const large = await kubectl([verb, '-f', '-'], { input: stringify(sized(1.3e6, interval)) })
    t.equal(large.code, 0, large.stderr.slice(0, 300))
  }
  t.equal(webhook.reviews.count, before + 2)
})

t.test('the CA and the leaf change under 20 applies a second, and none fails', async t => {
  const outcomes: number[] = []
  let over = false
  const path = `/apis/external-secrets.io/v1/namespaces/${namespace}/secretstores/busy?fieldManager=test&force=true`
  const flow = async () => {
    for (let turn = 1; !over; turn += 1) {
      const manifest = object('SecretStore', 'busy', store({}, { refreshInterval: `${turn}m` }))
      const [{ status }] = await Promise.all([
        request('PATCH', path, manifest, 'application/apply-patch+yaml'),
        pause(50),
      ])
      outcomes.push(status)
    }
  }
  const more = (count: number) => {
    const wanted = outcomes.length + count
    return until(t, `${count} more applies`, () => (outcomes.length >= wanted ? true : undefined))
  }
  const reviewed = webhook.reviews.count
  const flowing = flow()
  await more(10)
  webhook.told.length = 0
  webhook.clock.now = new Date(today)
  await webhook.keeper.check(signal)
  t.same(webhook.told, ['new-ca'], 'announced')
  t.same(
    (await bundlesOf(namespace)).map(prints => prints.length),
    [2, 2, 2, 2, 2, 2, 2, 2],
  )
  await more(30)
  webhook.clock.now = new Date(today + 6 * minute)
  await webhook.keeper.check(signal)
  t.same(webhook.told, ['new-ca', 'new-leaf'], 'in use')
  await more(30)
  over = true
  await flowing
  t.same([...new Set(outcomes)].sort(), [200, 201])
  t.ok(webhook.reviews.count - reviewed >= outcomes.length - 1, 'each was judged')
})

t.test('a deleted CA Secret comes back and nothing changes for the API server', async t => {
  const before = await bundlesOf(namespace)
  const path = `/api/v1/namespaces/${namespace}/secrets/${names.ca}`
  const { body } = await request('GET', path)
  await request('DELETE', path)
  await webhook.keeper.check(signal)
  t.same((await request('GET', path)).body.data, body.data)
  t.same(await bundlesOf(namespace), before)
  t.equal((await apply(bad)).code, 1)
})

t.test('configurations that deploy/ installed get our CA, keep other CAs, and are healed', async t => {
  const name = `${namespace}-service`
  const client = { service: { namespace: names.namespace, name: names.service } }
  const configurations = ownConfigurations(name)
  const registration = createRegistration({
    request: call => cluster.request(call),
    client,
    configurations,
    now: () => new Date(),
  })
  const [one, two] = await Promise.all([1, 2].map(() => issueCa({ sources: randomSources(), now: new Date() })))
  const [ours, theirs] = [one?.cert ?? '', two?.cert ?? '']
  const prints = (...pems: string[]) => pems.flatMap(readBundle).map(cert => cert.fingerprint256)
  const everywhere = (wanted: string[]) => Array.from({ length: 8 }, () => wanted)

  await registration.trust(ours, signal)
  t.equal(registration.missing().length, 2, 'not installed yet')
  t.teardown(() => remove(name))
  await must(
    ['create', '-f', '-'],
    configurations(client, undefined)
      .map(each => stringify(each))
      .join('---\n'),
  )
  await registration.trust(ours, signal)
  t.same(registration.missing(), [])
  t.same(await bundlesOf(name), everywhere(prints(ours)))

  const version = async () =>
    (await request('GET', `${admissionPath}/${kinds[0]}/${name}`)).body.metadata.resourceVersion
  const settled = await version()
  await registration.trust(ours, signal)
  t.equal(await version(), settled, 'nothing is written where nothing differs')

  await Promise.all([registration.trust(theirs, signal), registration.trust(ours, signal)])
  for (const each of await bundlesOf(name))
    t.same([...each].sort(), prints(ours, theirs).sort(), 'a race of two replicas loses neither')

  const emptied = [{ op: 'remove', path: '/webhooks/0/clientConfig/caBundle' }]
  await request('PATCH', `${admissionPath}/${kinds[0]}/${name}`, emptied, 'application/json-patch+json')
  await registration.trust(ours, signal)
  t.same((await bundlesOf(name))[0], prints(ours))
})

// What a store says of everything that can be wrong with it, word for word; how soon it and those who hang on it follow a repair;
// and that it says nothing twice, nor anything that somebody else has said.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { issueCa, randomSources } from '#certs'
import type { SeedInput } from '#devgateway'
import { createAccount, reviewingCluster } from '../support/accounts.ts'
import { startAudit } from '../support/audit.ts'
import { namespace as namespaceFor, until } from '../support/cluster.ts'
import { accessKey, startGateway } from '../support/gateway.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  akeylessSpec,
  create,
  credentials,
  entry,
  externalSecret,
  get,
  type Json,
  patch,
  pathsOf,
  readyOf,
  remove,
  secretStore,
  settled,
  storeSpec,
  whenReady,
} from '../support/objects.ts'
import { install } from './twin.ts'

await install()
type Tap = Parameters<typeof whenReady>[0]

const canary = `canary-${randomBytes(12).toString('hex')}`
const encode = (text: string) => Buffer.from(text).toString('base64')
const namespace = await namespaceFor(t)
const paths = pathsOf(namespace)
const configMaps = `/api/v1/namespaces/${namespace}/configmaps`

// an identity a case: what one of them learns of its auth method must not hold the next one up
const ids = Array.from({ length: 20 }, (_, index) => `p-case${String(index).padStart(8, '0')}ab`)
const idOf = (index: number): string => ids[index] ?? ''
const rules = [{ path: '/*', allow: ['read' as const, 'list' as const] }]
const cluster = await reviewingCluster(t, namespace)
const seed: SeedInput = {
  kubernetes: [cluster],
  identities: [
    ...ids.map(accessId => ({ type: 'api_key' as const, accessId, accessKey, rules })),
    { type: 'k8s' as const, accessId: 'p-k8sk8sk8sk8skb', config: 'live', namespaces: [namespace], rules },
  ],
  items: [{ path: '/one', type: 'STATIC_SECRET', value: 'v' }],
}
const gateway = await startTlsGateway(t, seed)
const plainGateway = await startGateway(t, seed)
const expired = await startTlsGateway(t, seed, {
  serves: 'expired.example.com',
  caSince: new Date(Date.now() - 400 * 864e5),
})
const foreignCa = (await issueCa({ sources: randomSources(), now: new Date() })).cert
const ownCa = readFileSync(gateway.caFile, 'utf8')
const audit = await startAudit(t)
const latchkey = await startLatchkey(t, {
  namespace,
  gateway,
  kubeconfig: audit.kubeconfig,
  args: [
    ...['--resolve', `plain.example.com:80=127.0.0.1:${new URL(plainGateway.url).port}`],
    ...['--resolve', `expired.example.com:443=127.0.0.1:${expired.port}`],
    // a port that nobody listens on
    ...['--resolve', 'closed.example.com:443=127.0.0.1:1'],
  ],
})

const messageOf = (object: Json): string => readyOf(object)?.message ?? ''
const looks = () => latchkey.lines().filter(({ msg = '', kind }) => msg.endsWith('synced') && kind === 'SecretStore')
const logins = (accessId: string) =>
  gateway.journal().filter(call => call.op === 'auth' && call.accessId === accessId).length
const at = 'spec.provider.akeyless'
const auth = `${at}.authSecretRef`

const withFields = (secret: string, fields: object) =>
  akeylessSpec({ ...storeSpec({ secret }).provider.akeyless, ...fields })
const withAccount = (account: object) =>
  akeylessSpec({
    authSecretRef: {
      kubernetesAuth: { accessID: 'p-k8sk8sk8sk8skb', k8sConfName: 'live', serviceAccountRef: account },
    },
  })

interface Bad {
  readonly name: string
  /** What the Secret of this name holds beside good credentials; none where false. */
  readonly login?: Parameters<typeof credentials>[0] | false
  readonly spec?: (name: string) => object
  /** Made before the store. */
  readonly make?: () => Promise<unknown>
  readonly status?: 'True'
  readonly reason: 'Valid' | 'InvalidProviderConfig' | 'ValidationUnknown'
  /** Of the event. */
  readonly code: string
  /** NS stands for the namespace, NAME for the store and its Secret. */
  readonly message: string
}

const types = 'api_key, access_key, k8s, aws_iam, azure_ad, gcp, jwt, universal_identity, cert'
const inputs: readonly Bad[] = [
  {
    name: 'trailing-newline-in-the-type',
    login: { accessType: 'api_key\n' },
    status: 'True',
    reason: 'Valid',
    code: 'Valid',
    message:
      'store validated; Secret NS/NAME, key "accessType", has blanks or line ends around it, which are left out → write it without them, as printf does and echo does not',
  },
  {
    name: 'trailing-newline-in-the-id',
    login: { accessId: `${idOf(1)}\r\n` },
    status: 'True',
    reason: 'Valid',
    code: 'Valid',
    message:
      'store validated; Secret NS/NAME, key "accessId", has blanks or line ends around it, which are left out → write it without them, as printf does and echo does not',
  },
  {
    name: 'unknown-type',
    login: { accessType: canary },
    reason: 'InvalidProviderConfig',
    code: 'CredentialInvalid',
    message: `${auth}.secretRef.accessType: Secret NS/NAME, key "accessType", holds no access type that Akeyless has → write one of ${types}`,
  },
  {
    name: 'empty-type',
    login: { accessType: ' \n' },
    reason: 'InvalidProviderConfig',
    code: 'CredentialInvalid',
    message: `${auth}.secretRef.accessType: Secret NS/NAME, key "accessType", holds no access type that Akeyless has → write one of ${types}`,
  },
  {
    name: 'empty-id',
    login: { accessId: '\n' },
    reason: 'InvalidProviderConfig',
    code: 'CredentialInvalid',
    message: `${auth}.secretRef.accessID: Secret NS/NAME, key "accessId", is empty → put the access id there`,
  },
  {
    name: 'empty-parameter',
    login: { accessKey: '' },
    reason: 'InvalidProviderConfig',
    code: 'CredentialInvalid',
    message: `${auth}.secretRef.accessTypeParam: Secret NS/NAME, key "accessTypeParam", is empty → put the access key there`,
  },
  {
    name: 'secret-missing',
    login: false,
    reason: 'InvalidProviderConfig',
    code: 'CredentialMissing',
    message: `${auth}: Secret NS/NAME does not exist → create it`,
  },
  {
    name: 'key-missing',
    login: false,
    make: () =>
      create(paths.secrets, {
        metadata: { name: 'key-missing' },
        data: { accessId: encode(idOf(0)), accessType: encode('api_key') },
      }),
    reason: 'InvalidProviderConfig',
    code: 'CredentialMissing',
    message: `${auth}.secretRef.accessTypeParam: Secret NS/NAME has no key "accessTypeParam" → add the key, or name one that is there: "accessId", "accessType"`,
  },
  {
    name: 'account-missing',
    spec: () => withAccount({ name: 'nobody' }),
    reason: 'InvalidProviderConfig',
    code: 'CredentialMissing',
    message: `${auth}: ServiceAccount NS/nobody does not exist → create it`,
  },
  {
    name: 'bundle-of-a-foreign-ca',
    spec: name => withFields(name, { caBundle: encode(foreignCa) }),
    reason: 'InvalidProviderConfig',
    code: 'GatewayUntrusted',
    message: `${at}.akeylessGWApiURL: gateway api.akeyless.io is not trusted: its certificate is signed by an unknown CA → set caBundle or caProvider to the CA that signed the certificate of the gateway`,
  },
  {
    name: 'bundle-of-an-expired-ca',
    spec: name =>
      withFields(name, {
        akeylessGWApiURL: 'https://expired.example.com',
        caBundle: encode(readFileSync(expired.caFile, 'utf8')),
      }),
    reason: 'InvalidProviderConfig',
    code: 'GatewayUntrusted',
    message: `${at}.akeylessGWApiURL: gateway expired.example.com is not trusted: its certificate has expired → repair the certificate or the TLS settings of the gateway`,
  },
  {
    name: 'bundle-without-a-certificate',
    spec: name => withFields(name, { caBundle: encode(canary) }),
    reason: 'InvalidProviderConfig',
    code: 'SpecInvalid',
    message: `${at}.caBundle: holds no certificate that can be parsed → write base64 of a PEM file that holds CERTIFICATE blocks`,
  },
  {
    name: 'ca-key-missing',
    spec: name => withFields(name, { caProvider: { type: 'ConfigMap', name: 'empty-ca', key: 'ca.crt' } }),
    make: () => create(configMaps, { metadata: { name: 'empty-ca' }, data: {} }),
    reason: 'InvalidProviderConfig',
    code: 'CredentialMissing',
    message: `${at}.caProvider: ConfigMap NS/empty-ca has no key "ca.crt" → add the key, or name another in key`,
  },
  {
    name: 'plain-http',
    spec: name => withFields(name, { akeylessGWApiURL: 'http://plain.example.com' }),
    status: 'True',
    reason: 'Valid',
    code: 'Valid',
    message: `store validated; ${at}.akeylessGWApiURL: uses http: credentials and values cross the network in plain text → write https://`,
  },
  {
    name: 'unknown-host',
    spec: name => withFields(name, { akeylessGWApiURL: 'https://gateway.invalid' }),
    reason: 'ValidationUnknown',
    code: 'GatewayUnreachable',
    message: `${at}.akeylessGWApiURL: gateway gateway.invalid does not answer: DNS knows no such name → check akeylessGWApiURL, DNS and firewalls, and that the gateway runs`,
  },
  {
    name: 'closed-port',
    spec: name => withFields(name, { akeylessGWApiURL: 'https://closed.example.com' }),
    reason: 'ValidationUnknown',
    code: 'GatewayUnreachable',
    message: `${at}.akeylessGWApiURL: gateway closed.example.com does not answer: connection refused → check akeylessGWApiURL, DNS and firewalls, and that the gateway runs`,
  },
  {
    name: 'loopback',
    spec: name => withFields(name, { akeylessGWApiURL: 'https://127.0.0.1:8443' }),
    // in the words of admission; a name that leads there is refused when it is dialled (test/unit/akeyless/network.test.ts)
    reason: 'InvalidProviderConfig',
    code: 'SpecInvalid',
    message: `${at}.akeylessGWApiURL: "127.0.0.1" is local to the machine that Latchkey runs on → name a gateway elsewhere; for development, start Latchkey with --allow-local-gateways`,
  },
]

t.test('every bad input: field, cause and remedy, and a reason that tells them apart', async t => {
  await Promise.all(
    inputs.map(async ({ name, login, spec, make, status = 'False', reason, code, message }, index) => {
      await make?.()
      if (login !== false)
        await create(paths.secrets, credentials({ name, accessId: idOf(index), accessKey, ...login }))
      await create(paths.stores, secretStore(name, spec?.(name) ?? storeSpec({ secret: name })))
      const store = await settled(t, `${paths.stores}/${name}`, object => readyOf(object) !== undefined, 25_000)
      const said = messageOf(store).replaceAll(namespace, 'NS').replaceAll(`NS/${name}`, 'NS/NAME')
      t.same([readyOf(store).status, readyOf(store).reason, said], [status, reason, message], name)
      t.equal(store.status.capabilities, 'ReadWrite')
      const event = await until(t, `an event of ${name}`, async () =>
        (await get(paths.events)).items.find(({ involvedObject }: Json) => involvedObject.name === name),
      )
      t.equal(event.reason, code, `${name} as event`)
      t.equal(event.message, messageOf(store))
    }),
  )
  for (const { name } of inputs) await remove(`${paths.stores}/${name}`)
})

interface Answered {
  readonly name: string
  readonly order: Parameters<typeof gateway.fail>[0]
  readonly reason: 'InvalidProviderConfig' | 'ValidationUnknown'
  readonly message: RegExp
}
const html = `<!doctype html><title>${canary}</title>`
const answers: readonly Answered[] = [
  {
    name: 'no-token',
    order: { status: 200, body: { token: '', creds: canary } },
    reason: 'InvalidProviderConfig',
    message: /^spec\.provider\.akeyless\.akeylessGWApiURL: gateway api\.akeyless\.io answered auth with no token → ./,
  },
  {
    name: 'html',
    order: { status: 200, body: html, headers: { 'content-type': 'text/html' } },
    reason: 'InvalidProviderConfig',
    message:
      /^spec\.provider\.akeyless\.akeylessGWApiURL: gateway api\.akeyless\.io answered auth with something that is not JSON → ./,
  },
  {
    name: 'html-not-found',
    order: { status: 404, body: html, headers: { 'content-type': 'text/html' } },
    reason: 'InvalidProviderConfig',
    message:
      /^spec\.provider\.akeyless\.akeylessGWApiURL: gateway api\.akeyless\.io serves no Akeyless API at \/auth → ./,
  },
  {
    name: 'refused',
    order: { status: 401, body: { error: `Failed to authenticate ${canary}` } },
    reason: 'InvalidProviderConfig',
    message:
      /^spec\.provider\.akeyless\.authSecretRef: gateway api\.akeyless\.io refuses the login → check key "accessId" of Secret \S+\/refused and key "accessTypeParam" of Secret \S+\/refused$/,
  },
  {
    name: 'failed',
    order: { status: 500, body: { error: canary } },
    reason: 'ValidationUnknown',
    message: /gateway api\.akeyless\.io failed \(HTTP 500\) at auth → ./,
  },
  {
    name: 'too-many',
    order: { status: 429, body: { error: canary }, headers: { 'retry-after': '30' } },
    reason: 'ValidationUnknown',
    message: /too many requests → ./,
  },
]
t.test('a gateway that answers a login oddly: what it is in our words, and nothing of theirs', async t => {
  for (const [index, { name, order, reason, message }] of answers.entries()) {
    gateway.reset()
    gateway.fail({ ...order, op: 'auth', times: 20 })
    await create(paths.secrets, credentials({ name, accessId: idOf(index), accessKey: `${accessKey}-${name}` }))
    await create(paths.stores, secretStore(name, storeSpec({ secret: name })))
    const store = await whenReady(t, `${paths.stores}/${name}`, 'False')
    t.match(messageOf(store), message, name)
    t.equal(readyOf(store).reason, reason, name)
    await remove(`${paths.stores}/${name}`)
  }
  gateway.reset()
})

/** A store of its own, and three that read through it. */
const dependents = async (name: string): Promise<readonly string[]> => {
  const names = ['x', 'y', 'z'].map(suffix => `${name}-${suffix}`)
  const secretStoreRef = { name }
  const data = [entry('k', '/one')]
  for (const each of names) await create(paths.externalSecrets, externalSecret(each, { secretStoreRef, data }))
  return names.map(each => `${paths.externalSecrets}/${each}`)
}
/** Milliseconds until the store and all who depend on it are Ready. */
const cured = async (t: Tap, name: string, readers: readonly string[], repair: () => Promise<unknown>) => {
  const begun = performance.now()
  await repair()
  await whenReady(t, `${paths.stores}/${name}`)
  for (const reader of readers) await whenReady(t, reader)
  return performance.now() - begun
}

const secretOf = (index: number, name: string, key = accessKey, labels = {}) => {
  const { metadata, ...secret } = credentials({ name, accessId: idOf(index), accessKey: key })
  return { ...secret, metadata: { ...metadata, labels } }
}
const withKey = (key: string) => ({ data: { accessTypeParam: encode(key) } })
interface Repair {
  readonly name: string
  readonly break: () => Promise<unknown>
  readonly spec?: object
  readonly repair: () => Promise<unknown>
}
// made by an ExternalSecret itself
const managed = { 'reconcile.external-secrets.io/managed': 'true' }
const repairs: readonly Repair[] = [
  {
    name: 'secret-made',
    break: async () => {},
    repair: () => create(paths.secrets, secretOf(10, 'secret-made')),
  },
  {
    name: 'key-corrected',
    break: () => create(paths.secrets, secretOf(11, 'key-corrected', '')),
    repair: () => patch(`${paths.secrets}/key-corrected`, withKey(accessKey)),
  },
  {
    name: 'key-of-a-managed-secret',
    break: () => create(paths.secrets, secretOf(12, 'key-of-a-managed-secret', 'wrong', managed)),
    repair: () => patch(`${paths.secrets}/key-of-a-managed-secret`, withKey(accessKey)),
  },
  {
    name: 'ca-corrected',
    break: async () => {
      await create(paths.secrets, secretOf(13, 'ca-corrected'))
      await create(configMaps, { metadata: { name: 'wrong-ca' }, data: { 'ca.crt': foreignCa } })
    },
    spec: withFields('ca-corrected', { caProvider: { type: 'ConfigMap', name: 'wrong-ca', key: 'ca.crt' } }),
    repair: () => patch(`${configMaps}/wrong-ca`, { data: { 'ca.crt': ownCa } }),
  },
  {
    name: 'account-made',
    break: async () => {},
    spec: withAccount({ name: 'later' }),
    // within the second in which its proof is not asked for again
    repair: () => createAccount(namespace, 'later'),
  },
]
for (const { name, break: spoil, spec, repair } of repairs) {
  t.test(`${name}: the store and those who depend on it are well within 2 s`, async t => {
    await spoil()
    await create(paths.stores, secretStore(name, spec ?? storeSpec({ secret: name })))
    const readers = await dependents(name)
    await whenReady(t, `${paths.stores}/${name}`, 'False')
    for (const reader of readers) await whenReady(t, reader, 'False')
    const took = await cured(t, name, readers, repair)
    t.comment(`${Math.round(took)} ms`)
    t.ok(took < 2_000, `${Math.round(took)} ms`)
  })
}

t.test('a CA that is rotated is noticed within 5 s, in a ConfigMap and in a Secret', async t => {
  for (const [index, type] of (['ConfigMap', 'Secret'] as const).entries()) {
    const name = `rotated-${type.toLowerCase()}`
    const [collection, put] =
      type === 'Secret'
        ? [paths.secrets, (ca: string) => ({ data: { 'ca.crt': encode(ca) } })]
        : [configMaps, (ca: string) => ({ data: { 'ca.crt': ca } })]
    await create(paths.secrets, secretOf(14 + index, name))
    await create(collection, { metadata: { name: `${name}-ca` }, ...put(ownCa) })
    const spec = withFields(name, { caProvider: { type, name: `${name}-ca`, key: 'ca.crt' } })
    await create(paths.stores, secretStore(name, spec))
    await whenReady(t, `${paths.stores}/${name}`)
    const readers = await dependents(name)
    for (const reader of readers) await whenReady(t, reader)
    const begun = performance.now()
    await patch(`${collection}/${name}-ca`, put(foreignCa))
    t.match(messageOf(await whenReady(t, `${paths.stores}/${name}`, 'False')), /signed by an unknown CA/)
    const took = performance.now() - begun
    t.ok(took < 5_000, `${type}: ${Math.round(took)} ms`)
    const back = await cured(t, name, readers, () => patch(`${collection}/${name}-ca`, put(`${foreignCa}\n${ownCa}`)))
    t.ok(back < 2_000, `${type} back: ${Math.round(back)} ms`)
  }
})

t.test('ten looks at a store that stays as it is: no status write, no event, and a refused login once', async t => {
  for (const { name, key, status, index } of [
    { name: 'steady', key: accessKey, status: 'True' as const, index: 16 },
    { name: 'steadily-wrong', key: 'wrong', status: 'False' as const, index: 17 },
  ]) {
    await create(paths.secrets, secretOf(index, name, key))
    await create(paths.stores, secretStore(name, storeSpec({ secret: name })))
    const { status: before } = await whenReady(t, `${paths.stores}/${name}`, status)
    const eventsOf = async () =>
      (await get(paths.events)).items.filter(({ involvedObject }: Json) => involvedObject.name === name)
    await until(t, 'the event', async () => ((await eventsOf()).length > 0 ? true : undefined))
    audit.forget()
    const seen = () => looks().filter(line => line['name'] === name).length
    for (let round = 1; round <= 10; round += 1) {
      const last = seen()
      await patch(`${paths.secrets}/${name}`, { metadata: { annotations: { round: String(round) } } })
      await until(t, 'another look', () => (seen() > last ? true : undefined))
    }
    const events = await eventsOf()
    t.same(
      events.map(({ count }: Json) => count ?? 1),
      [1],
      name,
    )
    t.same(
      audit.writes().filter(write => write.includes(`/secretstores/${name}`)),
      [],
    )
    t.same((await get(`${paths.stores}/${name}`)).status, before)
    t.equal(logins(idOf(index)), 1, 'ten looks and one login')
  }
})

t.test('ten stores with one wrong key never lock the auth method, and the right one gets in at once', async t => {
  const accessId = idOf(18)
  const names = Array.from({ length: 10 }, (_, index) => `wrong-${index}`)
  for (const name of names) {
    await create(paths.secrets, secretOf(18, name, 'wrong'))
    await create(paths.stores, secretStore(name, storeSpec({ secret: name })))
  }
  for (const name of names) await whenReady(t, `${paths.stores}/${name}`, 'False')
  t.equal(logins(accessId), 1)
  await patch(`${paths.secrets}/wrong-0`, withKey(accessKey))
  await whenReady(t, `${paths.stores}/wrong-0`)
})

t.test('what others said stands nowhere', async t => {
  const places = {
    log: JSON.stringify(latchkey.lines()),
    events: JSON.stringify(await get(paths.events)),
    stores: JSON.stringify(await get(paths.stores)),
    externalSecrets: JSON.stringify(await get(paths.externalSecrets)),
  }
  for (const [place, text] of Object.entries(places)) {
    t.ok(text.length > 1_000, `${place} said something`)
    for (const secret of [canary, encode(canary), accessKey]) t.notOk(text.includes(secret), place)
  }
})

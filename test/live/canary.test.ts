// Every place that holds something secret is planted with a text that is easy to find again; then much goes well and more goes
// wrong, and whatever Latchkey said about it is searched.
import t from 'tap'
import { stringify } from 'yaml'
import type { FaultOrderInput, SeedInput, SeedItemInput } from '#devgateway'
import { canary, found, marker } from '../support/canary.ts'
import { kubectl, namespace as namespaceFor, request } from '../support/cluster.ts'
import { startTlsGateway } from '../support/latchkey.ts'
import {
  create,
  credentials,
  entry,
  externalSecret,
  get,
  type Json,
  patch,
  pathsOf,
  readyOf,
  secretStore,
  settled,
  storeSpec,
  textsOf,
  whenReady,
} from '../support/objects.ts'
import { startRegistered } from './registered.ts'
import { install } from './twin.ts'

const encode = (text: string) => Buffer.from(text).toString('base64')

const accessKeys = { good: canary(), failing: canary() }
const good = 'p-goodgoodgoodab'
const accessIds = ['a', 'b', 'c', 'd', 'e', 'f'].map(letter => `p-failing${letter}12ab`)
const rules = [{ path: '/*', allow: ['read' as const, 'list' as const] }]

const items = {
  text: canary(),
  json: `{"user":"${canary()}","nested":{"password":"${canary()}"}}`,
  broken: `{"user":"${canary()}"`,
  list: `["${canary()}"]`,
  oddKeys: `{"..":"${canary()}"}`,
  nullByte: `${canary()}\0`,
}
const statics = Object.entries(items).map(
  ([name, value]): SeedItemInput => ({ path: `/${name}`, type: 'STATIC_SECRET', value, description: canary() }),
)
// one for each failure, for what is known of an item is asked once
const fresh = Array.from(
  { length: 20 },
  (_, index): SeedItemInput => ({ path: `/fresh/${index}`, type: 'STATIC_SECRET', value: canary() }),
)
const seed: SeedInput = {
  identities: [
    { type: 'api_key', accessId: good, accessKey: accessKeys.good, rules },
    ...accessIds.map(accessId => ({ type: 'api_key' as const, accessId, accessKey: accessKeys.failing, rules })),
  ],
  items: [
    ...statics,
    ...fresh,
    { path: '/rotated', type: 'ROTATED_SECRET', value: { username: 'root', password: canary() } },
    { path: '/dynamic', type: 'DYNAMIC_SECRET', fields: { note: canary() } },
    { path: '/producer', type: 'DYNAMIC_SECRET', producer: 'custom', error: `refused with ${canary()}` },
    { path: '/certificate', type: 'CERTIFICATE', certificate: canary(), key: canary() },
  ],
}

const namespace = await namespaceFor(t)
await install()
// its tokens and the passwords of its leases are 32 hexadecimal digits, the marker in them
const random = (size: number) =>
  Buffer.from(
    `${marker.repeat(2)}${canary()
      .slice(0, 4)
      .padStart(size - 12, '-')}`,
  )
const gateway = await startTlsGateway(t, seed, { random })
const { secrets, externalSecrets, stores, events } = pathsOf(namespace)
// every object is looked at when it is applied, too; what is wrong with it is a warning, so that it gets as far as its status
const args = ['--live-checks-stores', 'warn', '--live-checks-items', 'warn']
const latchkey = await startRegistered(t, { namespace, gateway, args, live: true })
const answers: string[] = []

/** What somebody sees who applies an object; nothing is stored. */
const show = async (object: object): Promise<string> => {
  const said = await kubectl(['apply', '--dry-run=server', '-f', '-'], { namespace, input: stringify(object) })
  answers.push(said.stderr)
  return said.stderr
}

const login = (name: string, change: { accessId?: string; accessKey?: string; accessType?: string } = {}) =>
  create(secrets, credentials({ name, accessId: good, accessKey: accessKeys.good, ...change }))
const makeStore = (name: string) => create(stores, secretStore(name, storeSpec({ secret: name })))
const make = (name: string, spec: object) =>
  create(externalSecrets, externalSecret(name, { target: { name }, ...spec }))

t.test('what is secret reaches the Secret', async t => {
  await login('store')
  await makeStore('store')
  await whenReady(t, `${stores}/store`)
  await make('all', {
    data: [
      entry('text', '/text'),
      entry('property', '/json', 'nested.password'),
      entry('rotated', '/rotated', 'password'),
      entry('dynamic', '/dynamic'),
      entry('certificate', '/certificate', 'certificate_pem'),
    ],
    dataFrom: [{ extract: { key: '/json' } }],
  })
  await whenReady(t, `${externalSecrets}/all`)
  const made: Json = await get(`${secrets}/all`)
  t.equal(textsOf(made)['text'], items.text)
  t.equal(Object.values(textsOf(made)).filter(found).length, 7, 'each of its keys')
  t.ok(found(JSON.stringify(made)), 'and the search would find it')
  const { data: _, ...rest } = made
  t.notOk(found(JSON.stringify(rest)), 'nothing of it stands beside the data')
})

const unreadable: Readonly<Record<string, { says: string; spec: object }>> = {
  'property-of-text': { says: 'holds plain text', spec: { data: [entry('a', '/text', 'password')] } },
  'property-of-broken': { says: 'holds plain text', spec: { data: [entry('a', '/broken', 'user.name')] } },
  'property-missing': { says: 'has no property "nobody"', spec: { data: [entry('a', '/json', 'nobody')] } },
  'not-base64': {
    says: 'is not Base64',
    spec: { data: [{ secretKey: 'a', remoteRef: { key: '/text', decodingStrategy: 'Base64' } }] },
  },
  'null-byte': {
    says: 'has a null byte',
    spec: { data: [{ secretKey: 'a', remoteRef: { key: '/nullByte', nullBytePolicy: 'Fail' } }] },
  },
  'extract-of-text': { says: 'holds plain text', spec: { dataFrom: [{ extract: { key: '/text' } }] } },
  'extract-of-broken': { says: 'holds plain text', spec: { dataFrom: [{ extract: { key: '/broken' } }] } },
  'extract-of-list': { says: 'is not an object', spec: { dataFrom: [{ extract: { key: '/list' } }] } },
  'extract-of-odd-keys': { says: 'gives the key ".."', spec: { dataFrom: [{ extract: { key: '/oddKeys' } }] } },
  'producer-fails': { says: 'made no credential', spec: { data: [entry('a', '/producer')] } },
  'refused-by-kubernetes': {
    says: 'data[.dockerconfigjson]',
    spec: {
      target: { name: 'refused-by-kubernetes', template: { type: 'kubernetes.io/dockerconfigjson' } },
      data: [entry('.dockerconfigjson', '/text')],
    },
  },
  'secret-of-somebody-else': {
    says: 'is immutable and holds other data',
    spec: { target: { name: 'immutable' }, data: [entry('a', '/text')] },
  },
}
/** Neither a lease nor a write is tried when something is applied. */
const seenAtAdmission = (says: string): boolean =>
  !['made no credential', 'data[.dockerconfigjson]', 'is immutable and holds other data'].includes(says)

t.test('values that cannot be used', async t => {
  const metadata = { name: 'immutable' }
  await create(secrets, { metadata, data: { a: encode(canary()) }, immutable: true })
  await Promise.all(
    Object.entries(unreadable).map(async ([name, { says, spec }]) => {
      await make(name, spec)
      const { message } = readyOf(await whenReady(t, `${externalSecrets}/${name}`, 'False'))
      t.ok(message.includes(says), message)
      const told = await show(externalSecret(`${name}-applied`, { target: { name }, ...spec }))
      if (seenAtAdmission(says)) t.ok(told.includes(says), `${name} at admission: ${told}`)
    }),
  )
})

const page = (): string => `<!doctype html><html><body><h1>${canary()}</h1></body></html>`
interface Failure {
  readonly order: FaultOrderInput
  /** What the message says about it, so that it is known to have happened. */
  readonly says: string
}
const html = { 'content-type': 'text/html' }
const notAkeyless = 'that is not from Akeyless'

// by turns at the value and at the look at its item
const reading: readonly Failure[] = [
  { order: { status: 400, body: { error: `invalid ${canary()}` } }, says: 'refuses get-secret-value' },
  { order: { status: 401, body: { error: `UnauthorizedAccess ${canary()}` } }, says: 'may not be read' },
  { order: { status: 403, body: canary() }, says: `HTTP 403 ${notAkeyless}` },
  { order: { status: 404, body: page(), headers: html }, says: 'serves no Akeyless API at /describe-item' },
  { order: { status: 409, body: { error: { nested: canary() } } }, says: '(HTTP 409)' },
  { order: { status: 500, body: { error: canary() } }, says: 'failed (HTTP 500) at describe-item' },
  { order: { status: 502, body: page(), headers: html }, says: 'failed (HTTP 502) at get-secret-value' },
  { order: { status: 200, body: canary() }, says: 'something that is not JSON' },
  { order: { status: 200, body: page(), headers: html }, says: 'something that is not JSON' },
  { order: { status: 200, body: { [canary()]: canary() } }, says: 'something that is no item' },
  { order: { status: 200, body: { [canary()]: canary() } }, says: 'something else than item "/fresh/10"' },
  {
    order: { status: 200, body: `{"item_name":"${canary()}`, headers: { 'content-type': 'application/json' } },
    says: 'something that is no item',
  },
  { order: { status: 200, body: { token: canary() }, truncate: true }, says: 'broke the connection off' },
  { order: { status: 200, body: { item_name: canary(), item_type: canary() } }, says: 'of an unknown type' },
  {
    order: { status: 302, body: '', headers: { location: `https://${canary()}.example.com/` } },
    says: 'a redirect (HTTP 302)',
  },
  {
    order: {
      status: 200,
      body: '{}',
      headers: { 'content-type': canary(), 'set-cookie': canary(), 'content-encoding': canary() },
    },
    says: 'a compressed body',
  },
  { order: { reset: true }, says: 'broke the connection off' },
  // last: this token is not asked about again for a minute
  { order: { status: 401, body: { error: `token ${canary()}` } }, says: 'may not be read' },
]
t.test('a gateway that fails in every way, in words of its own', async t => {
  for (const [index, { order, says }] of reading.entries()) {
    const op = index % 2 === 0 ? 'get-secret-value' : 'describe-item'
    gateway.reset()
    gateway.fail({ ...order, op, times: 100 })
    await make(`reading-${index}`, { data: [entry('a', `/fresh/${index}`)] })
    const { message } = readyOf(await whenReady(t, `${externalSecrets}/reading-${index}`, 'False'))
    t.ok(message.includes(says), `${says}: ${message}`)
    const told = await show(externalSecret(`applied-${index}`, { data: [entry('a', `/fresh/${index}`)] }))
    t.match(told, /Warning: /, says)
  }
  gateway.reset()
})

const loggingIn: readonly Failure[] = [
  { order: { status: 401, body: { error: `the key ${canary()} is wrong` } }, says: 'refuses the login' },
  { order: { status: 500, body: canary() }, says: 'failed (HTTP 500) at auth' },
  { order: { status: 200, body: { token: '', creds: canary() } }, says: 'answered auth with no token' },
  { order: { status: 200, body: { complete_auth_link: `https://${canary()}` } }, says: 'a link for a person' },
  // a token is a login, whatever stands beside it
  { order: { status: 200, body: { token: canary(), expiration: canary() } }, says: 'store validated' },
  {
    order: { status: 429, body: { error: canary() }, headers: { 'retry-after': canary() } },
    says: 'too many requests',
  },
]
t.test('a login that fails, or answers oddly', async t => {
  for (const [index, { order, says }] of loggingIn.entries()) {
    const name = `login-${index}`
    gateway.reset()
    gateway.fail({ ...order, op: 'auth', times: 100 })
    await login(name, { accessId: accessIds[index] ?? good, accessKey: accessKeys.failing })
    await show(secretStore(name, storeSpec({ secret: name })))
    await makeStore(name)
    const { message } = readyOf(await settled(t, `${stores}/${name}`, store => readyOf(store) !== undefined))
    t.ok(message.includes(says), `${says}: ${message}`)
  }
  gateway.reset()
})

t.test('credentials that are not what they should be', async t => {
  const wrong = { accessId: 'refuses the login', accessType: 'no access type', accessKey: 'refuses the login' }
  for (const [field, says] of Object.entries(wrong)) {
    const name = `wrong-${field.toLowerCase()}`
    await login(name, { accessId: accessIds[0] ?? '', accessKey: accessKeys.failing, [field]: canary() })
    await makeStore(name)
    const { message } = readyOf(await whenReady(t, `${stores}/${name}`, 'False'))
    t.ok(message.includes(says), message)
  }
  await login('bad-ca')
  await patch(`${secrets}/bad-ca`, { data: { 'ca.crt': encode(canary()) } })
  const { akeyless } = storeSpec({ secret: 'bad-ca' }).provider
  const caProvider = { type: 'Secret', name: 'bad-ca', key: 'ca.crt' }
  await create(stores, secretStore('bad-ca', { provider: { akeyless: { ...akeyless, caProvider } } }))
  const { message } = readyOf(await whenReady(t, `${stores}/bad-ca`, 'False'))
  t.ok(message.includes('holds no PEM certificate'), message)
})

const { akeyless } = storeSpec().provider
const badStore = (change: object) => secretStore('refused', { provider: { akeyless: { ...akeyless, ...change } } })
const template = { type: 'Opaque', data: { password: canary() }, metadata: { labels: { 'a b': canary() } } }
const refused = [
  badStore({ akeylessGWApiURL: `https://user:${canary()}@gateway.example.com` }),
  badStore({ akeylessGWApiURL: `https://gateway.example.com?token=${canary()}` }),
  badStore({ caBundle: encode(canary()) }),
  externalSecret('refused', { target: { template }, data: [entry('a', '/text')] }),
]
const misdirected = JSON.stringify({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: 'u',
    operation: 'CREATE',
    kind: { group: '', version: 'v1', kind: 'Secret' },
    resource: { group: '', version: 'v1', resource: 'secrets' },
    object: { kind: 'Secret', data: { a: canary() } },
  },
})
t.test('manifests that are refused, and reviews that are none', async t => {
  for (const manifest of refused) {
    const said = await kubectl(['create', '-f', '-'], { namespace, input: stringify(manifest) })
    t.equal(said.code, 1)
    t.match(said.stderr, 'denied the request')
    answers.push(said.stderr)
  }
  for (const body of [canary(), `{"token":"${canary()}"`, `{"token":"${canary()}"}`, misdirected])
    for (const path of ['/validate', '/mutate', `/${canary()}`]) answers.push((await latchkey.post(path, body)).text)
})

const described = async (): Promise<string> => {
  const kinds = 'externalsecrets.external-secrets.io,secretstores.external-secrets.io,events'
  const { code, stdout, stderr } = await kubectl(['describe', kinds], { namespace })
  if (code !== 0) throw new Error(stderr)
  return stdout
}

t.test('nobody hears of it', async t => {
  const log = latchkey.process.lines()
  t.ok(log.length > 30, 'the log is a long one')
  const told: Json = await get(events)
  t.ok(told.items.length > 30, 'events were written')
  const objects = await Promise.all([stores, externalSecrets].map(collection => request('GET', collection)))
  const made: Json = await get(secrets)
  const ours = made.items.filter((secret: Json) => secret.metadata.labels?.['reconcile.external-secrets.io/managed'])
  t.ok(ours.length > 0)
  const places = {
    'the log': log.map(line => JSON.stringify(line)).join('\n'),
    events: JSON.stringify(told),
    'the objects and their status': JSON.stringify(objects.map(({ body }) => body)),
    'the labels and annotations of Secrets': JSON.stringify(ours.map(({ metadata }: Json) => metadata)),
    metrics: await latchkey.metrics(),
    'kubectl describe': await described(),
    'answers of the webhook': answers.join('\n'),
  }
  for (const [place, text] of Object.entries(places)) {
    t.ok(text.length > 100, `${place} said something`)
    t.equal(found(text), undefined, place)
  }
})

import t from 'tap'
import { type AccessType, accessTypes, type Identity, type Login } from '#api'
import { Fault, Sensitive } from '#core'
import { isReferent } from '../../../pkg/reconcile/account.ts'
import { resolveIdentity } from '../../../pkg/reconcile/identity.ts'
import type { Store } from '../../../pkg/reconcile/store.ts'
import { effortMs } from '../../support/effort.ts'
import { clusterStore, namespace, secretStore } from './build.ts'
import { credentialsIn } from './credentials.ts'

const none = new AbortController().signal
const at = 'spec.provider.akeyless.authSecretRef'
const accessId = 'p-abcdefghijklam'
const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'
const key = '-----BEGIN PRIVATE KEY-----\nMIIC\n-----END PRIVATE KEY-----'
const pem = `${certificate}\n${key}\n`
type Given = Record<string, string>

interface Outside {
  readonly creds?: Given | undefined
  readonly accounts?: Record<string, Given>
  /** Who reads; the namespace of the SecretStore where absent. */
  readonly reader?: string
}

const resolve = (store: Store, { creds, accounts = {}, reader = namespace }: Outside) => {
  const secrets = creds ? { 'demo/creds': creds, 'ops/creds': creds } : {}
  const credentials = credentialsIn(secrets, {}, accounts)
  return resolveIdentity(store, reader, { credentials, trustedGateways: ['gateway.example.com'] }, none)
}

const loginOf = async (store: Store, outside: Outside): Promise<Login> => (await resolve(store, outside)).identity.login
const faultOf = (store: Store, outside: Outside): Promise<string> =>
  resolve(store, outside).then(
    () => 'no fault',
    thrown => (thrown instanceof Fault ? `${thrown.code} ${thrown.line()}` : String(thrown)),
  )

/** A login with its secrets opened, to be compared. */
const opened = (value: unknown): unknown => {
  if (value instanceof Sensitive) return value.reveal().toString()
  if (Array.isArray(value)) return value.map(opened)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, opened(part)]))
}

interface Row {
  readonly param: string
  readonly needed: boolean
  /** What comes out with the parameter, and without. */
  readonly full: object
  readonly bare?: object
  readonly withoutId?: boolean
  /** How the parameter may be padded without a difference. */
  readonly pad?: readonly [string, string]
}

const own = (...audiences: string[]) => ({ from: 'own', audiences })
const rows = {
  api_key: { param: 'a2V5', needed: true, full: { type: 'api_key', accessId, accessKey: 'a2V5' }, pad: ['', '\r\n'] },
  access_key: { param: 'k', needed: true, full: { type: 'api_key', accessId, accessKey: 'k' }, pad: ['', '\n\n'] },
  k8s: { param: 'conf', needed: true, full: { type: 'k8s', accessId, config: 'conf', token: own() } },
  aws_iam: {
    param: 'ignored',
    needed: false,
    full: { type: 'aws_iam', accessId },
    bare: { type: 'aws_iam', accessId },
  },
  azure_ad: {
    param: 'object',
    needed: false,
    full: { type: 'azure_ad', accessId, objectId: 'object' },
    bare: { type: 'azure_ad', accessId },
  },
  gcp: {
    param: 'vault',
    needed: false,
    full: { type: 'gcp', accessId, audience: 'vault' },
    bare: { type: 'gcp', accessId, audience: 'akeyless.io' },
  },
  jwt: {
    param: 'aud',
    needed: false,
    full: { type: 'jwt', accessId, token: own('aud') },
    bare: { type: 'jwt', accessId, token: own('akeyless.io') },
  },
  universal_identity: {
    param: 'u-AAAA',
    needed: true,
    full: { type: 'universal_identity', token: 'u-AAAA' },
    withoutId: true,
  },
  cert: {
    param: pem,
    needed: true,
    full: { type: 'cert', accessId, certificate: `${certificate}\n`, key: `${key}\n` },
  },
} as const satisfies Record<AccessType, Row>

const without = (given: Given, field: string): Given =>
  Object.fromEntries(Object.entries(given).filter(([name]) => name !== field))
const unnamed = (field: string) => {
  const store = secretStore()
  const { secretRef } = store.spec.provider.akeyless?.authSecretRef ?? {}
  return secretStore({ akeyless: { authSecretRef: { secretRef: { ...secretRef, [field]: undefined } } } })
}

for (const type of accessTypes) {
  const { param, needed, full, bare, withoutId = false, pad = [' ', ' \n'] }: Row = rows[type]
  const creds: Given = { accessId, accessType: type, accessTypeParam: param }
  const pathOf = (field: string) => `${at}.secretRef.${field.replace('accessId', 'accessID')}`
  const missing = (field: string) => `${pathOf(field)}: Secret demo/creds has no key "${field}"`
  const empty = (field: string) => `${pathOf(field)}: Secret demo/creds, key "${field}", is empty → put `

  t.test(`${type} with all that it takes`, async t => {
    t.same(opened(await loginOf(secretStore(), { creds })), full)
    t.same(opened(await loginOf(clusterStore(), { creds, reader: '' })), full, 'of a ClusterSecretStore')
    const padded = { accessId: `\t${accessId}\n`, accessType: ` ${type}\r\n` }
    const resolved = await resolve(secretStore(), {
      creds: { ...padded, accessTypeParam: `${pad[0]}${param}${pad[1]}` },
    })
    t.same(opened(resolved.identity.login), full, 'blanks and line ends around it')
    const places = resolved.notes.flatMap(
      note => /key "(\w+)", has blanks or line ends around it/.exec(note)?.[1] ?? [],
    )
    t.same(places, ['accessId', 'accessType'])
  })

  t.test(`${type} without its parameter`, async t => {
    const gone = await faultOf(secretStore(), { creds: without(creds, 'accessTypeParam') })
    t.ok(gone.startsWith(`CredentialMissing ${missing('accessTypeParam')}`), 'a key that is named must be there')
    for (const text of ['', '\n', '  ']) {
      const emptied = { creds: { ...creds, accessTypeParam: text } }
      if (needed)
        t.ok((await faultOf(secretStore(), emptied)).startsWith(`CredentialInvalid ${empty('accessTypeParam')}`))
      else t.same(opened(await loginOf(secretStore(), emptied)), bare)
    }
    const outside = { creds: without(creds, 'accessTypeParam') }
    if (needed) t.match(await faultOf(unnamed('accessTypeParam'), outside), /^SpecInvalid .*the name is missing/)
    else t.same(opened(await loginOf(unnamed('accessTypeParam'), outside)), bare)
  })

  t.test(`${type} without its access id, its type or its Secret`, async t => {
    t.ok((await faultOf(secretStore(), { creds: without(creds, 'accessId') })).includes(missing('accessId')))
    const blank = await faultOf(secretStore(), { creds: { ...creds, accessId: ' \n' } })
    if (withoutId) {
      t.equal(blank, 'no fault')
      t.same(opened(await loginOf(unnamed('accessID'), { creds })), full)
    } else {
      t.ok(blank.startsWith(`CredentialInvalid ${empty('accessId')}the access id`), blank)
      t.match(await faultOf(unnamed('accessID'), { creds }), /^SpecInvalid .*accessID: the name is missing/)
    }
    t.ok((await faultOf(secretStore(), { creds: without(creds, 'accessType') })).includes(missing('accessType')))
    for (const word of [type.toUpperCase(), `${type}x`, type.replace(/_?.$/, ''), '']) {
      const said = await faultOf(secretStore(), { creds: { ...creds, accessType: word } })
      t.match(said, /^CredentialInvalid .*accessType: .*holds no access type that Akeyless has → write one of/, word)
    }
    t.equal(await faultOf(secretStore(), {}), `CredentialMissing ${at}: Secret demo/creds does not exist → create it`)
    if (needed && !withoutId) {
      const said = await faultOf(secretStore(), { creds: { accessId: '\n', accessType: type, accessTypeParam: '' } })
      t.match(said, /key "accessId", is empty → .*; .*key "accessTypeParam", is empty/, 'both at once')
    }
  })
}

t.test('an access key keeps the blanks that may belong to it', async t => {
  const creds = { accessId, accessType: 'api_key', accessTypeParam: ' a b \n' }
  t.same(opened(await loginOf(secretStore(), { creds })), { type: 'api_key', accessId, accessKey: ' a b ' })
})

const kubernetes = (auth: object, build: typeof secretStore | typeof clusterStore = secretStore): Store =>
  build({ akeyless: { authSecretRef: { kubernetesAuth: { accessID: accessId, k8sConfName: 'conf', ...auth } } } })
const account = (from: string, ...audiences: string[]) => ({
  from: 'service-account',
  namespace: from,
  name: 'sa',
  audiences,
})
const jwt = { creds: { token: 'e30.e30.x\n', other: 'o.o.o' } }

const tokens: { name: string; store: Store; outside?: Outside; token: object }[] = [
  { name: 'a ServiceAccount', store: kubernetes({ serviceAccountRef: { name: 'sa' } }), token: account('demo') },
  {
    name: 'a ServiceAccount and audiences',
    store: kubernetes({ serviceAccountRef: { name: 'sa', namespace: 'demo', audiences: ['a', 'b'] } }),
    token: account('demo', 'a', 'b'),
  },
  {
    name: 'a ServiceAccount before a Secret',
    store: kubernetes({ serviceAccountRef: { name: 'sa' }, secretRef: { name: 'creds' } }),
    outside: jwt,
    token: account('demo'),
  },
  {
    name: 'a Secret, by its usual key',
    store: kubernetes({ secretRef: { name: 'creds' } }),
    outside: jwt,
    token: { from: 'secret', token: 'e30.e30.x' },
  },
  {
    name: 'a Secret by another key',
    store: kubernetes({ secretRef: { name: 'creds', key: 'other' } }),
    outside: jwt,
    token: { from: 'secret', token: 'o.o.o' },
  },
  { name: 'neither: our own', store: kubernetes({}), token: { from: 'own', audiences: [] } },
  {
    name: 'a ServiceAccount of another namespace, for a ClusterSecretStore that names it',
    store: kubernetes({ serviceAccountRef: { name: 'sa', namespace: 'ops' } }, clusterStore),
    token: account('ops'),
  },
  {
    name: 'the ServiceAccount beside the reader, for a ClusterSecretStore that names no namespace',
    store: kubernetes({ serviceAccountRef: { name: 'sa' } }, clusterStore),
    outside: { reader: 'team-b' },
    token: account('team-b'),
  },
]
for (const { name, store, outside = {}, token } of tokens) {
  t.test(`kubernetesAuth takes the token of ${name}`, async t => {
    t.same(opened(await loginOf(store, outside)), { type: 'k8s', accessId, config: 'conf', token })
  })
}

const { secretRef } = secretStore().spec.provider.akeyless?.authSecretRef ?? {}
const beside = (serviceAccountRef: object) =>
  secretStore({ akeyless: { authSecretRef: { secretRef, serviceAccountRef } } })
const ofType = (accessType: string): Outside => ({ creds: { accessId, accessType, accessTypeParam: 'x' } })
const ownToken = `${at}: sends the gateway the token of Latchkey itself, which the API server takes too → name a serviceAccountRef with audiences, and bind the same ones in the auth method`
const noAudiences = `${at}.serviceAccountRef: names no audiences: the gateway gets a token that the API server takes too → write audiences, and bind the same ones in the auth method`
const noted: { name: string; store: Store; outside?: Outside; notes: readonly string[] }[] = [
  { name: 'our own token', store: kubernetes({}), notes: [ownToken] },
  { name: 'our own token, by a Secret', store: secretStore(), outside: ofType('k8s'), notes: [ownToken] },
  {
    name: 'an account without audiences, by a Secret',
    store: beside({ name: 'sa' }),
    outside: ofType('k8s'),
    notes: [noAudiences],
  },
  {
    name: 'an account with audiences',
    store: beside({ name: 'sa', audiences: ['a'] }),
    outside: ofType('k8s'),
    notes: [],
  },
  { name: 'jwt, which has an audience of its own', store: beside({ name: 'sa' }), outside: ofType('jwt'), notes: [] },
  { name: 'a token that a Secret holds', store: kubernetes({ secretRef: { name: 'creds' } }), outside: jwt, notes: [] },
  {
    name: 'what the rule token-audience says already',
    store: kubernetes({ serviceAccountRef: { name: 'sa' } }),
    notes: [],
  },
]
for (const { name, store, outside = {}, notes } of noted) {
  t.test(`a token that the API server takes too is ${notes.length > 0 ? '' : 'not '}noted: ${name}`, async t => {
    t.same((await resolve(store, outside)).notes, notes)
  })
}

const broken: { name: string; store: Store; outside?: Outside; want: RegExp }[] = [
  {
    name: 'a Secret that is not there',
    store: kubernetes({ secretRef: { name: 'creds' } }),
    want: /^CredentialMissing .*: Secret demo\/creds does not exist/,
  },
  {
    name: 'a Secret without the key',
    store: kubernetes({ secretRef: { name: 'creds', key: 'x' } }),
    outside: jwt,
    want: /^CredentialMissing .*kubernetesAuth\.secretRef: .*no key "x" → .*: "token", "other"$/,
  },
  {
    name: 'an empty token',
    store: kubernetes({ secretRef: { name: 'creds' } }),
    outside: { creds: { token: ' \n' } },
    want: /^CredentialInvalid .*kubernetesAuth\.secretRef: .*key "token", is empty/,
  },
  {
    name: 'no access id',
    store: kubernetes({ accessID: ' ' }),
    want: /^SpecInvalid .*kubernetesAuth\.accessID: is empty/,
  },
  { name: 'no config', store: kubernetes({ k8sConfName: '' }), want: /^SpecInvalid .*k8sConfName: is empty/ },
  {
    name: 'a ServiceAccount of another namespace, named by a SecretStore',
    store: kubernetes({ serviceAccountRef: { name: 'sa', namespace: 'ops' } }),
    want: /^SpecInvalid .*kubernetesAuth\.serviceAccountRef\.namespace: a SecretStore reaches no other namespace/,
  },
  {
    name: 'a Secret of another namespace, named by a SecretStore',
    store: kubernetes({ secretRef: { name: 'creds', namespace: 'ops' } }),
    outside: jwt,
    want: /^SpecInvalid .*kubernetesAuth\.secretRef\.namespace: a SecretStore reaches no other namespace/,
  },
  {
    name: 'a Secret without a namespace, named by a ClusterSecretStore',
    store: kubernetes({ secretRef: { name: 'creds' } }, clusterStore),
    outside: jwt,
    want: /^SpecInvalid .*kubernetesAuth\.secretRef\.namespace: a ClusterSecretStore has no namespace/,
  },
]
for (const { name, store, outside = {}, want } of broken) {
  t.test(`kubernetesAuth says what is wrong with ${name}`, async t => t.match(await faultOf(store, outside), want))
}

const clientId = 'azure.workload.identity/client-id'
const tenantId = 'azure.workload.identity/tenant-id'
const azure = (
  ref: object,
  place: 'inside' | 'beside',
  build: typeof secretStore | typeof clusterStore = secretStore,
) => {
  const { secretRef } = build().spec.provider.akeyless?.authSecretRef ?? {}
  return place === 'inside'
    ? build({ akeyless: { authSecretRef: { secretRef, serviceAccountRef: ref } } })
    : build({ akeyless: { serviceAccountRef: ref } })
}
const workload = (from: string, more: object = {}) => ({
  type: 'azure_ad',
  accessId,
  workload: { clientId: 'client', serviceAccount: { namespace: from, name: 'sa', audiences: [] }, ...more },
})
const azureCreds = (accessTypeParam = '') => ({ accessId, accessType: 'azure_ad', accessTypeParam })

t.test('Azure takes the workload identity of a ServiceAccount, named in either place', async t => {
  for (const place of ['inside', 'beside'] as const) {
    const accounts = {
      'demo/sa': { [clientId]: 'client', [tenantId]: 'tenant' },
      'team-b/sa': { [clientId]: 'client' },
    }
    const outside = { creds: azureCreds(), accounts }
    t.same(opened(await loginOf(azure({ name: 'sa' }, place), outside)), workload('demo', { tenantId: 'tenant' }))
    const referent = azure({ name: 'sa' }, place, clusterStore)
    t.same(opened(await loginOf(referent, { ...outside, reader: 'team-b' })), workload('team-b'))
    t.equal(isReferent(referent), true)
    t.equal(isReferent(azure({ name: 'sa', namespace: 'demo' }, place, clusterStore)), false)
  }
})

t.test('Azure’s client id stands in the annotation, or else in the parameter', async t => {
  const store = azure({ name: 'sa' }, 'inside')
  const accounts = { 'demo/sa': { [clientId]: '', other: 'x' } }
  t.same(opened(await loginOf(store, { creds: azureCreds('client\n'), accounts })), workload('demo'))
  t.match(
    await faultOf(store, { creds: azureCreds(), accounts }),
    /^CredentialMissing .*serviceAccountRef: ServiceAccount demo\/sa has no annotation azure\.workload\.identity\/client-id → add it/,
  )
  t.match(
    await faultOf(store, { creds: azureCreds(), accounts: {} }),
    /^CredentialMissing .*authSecretRef\.serviceAccountRef: ServiceAccount demo\/sa does not exist → create it/,
  )
  t.match(
    await faultOf(azure({ name: 'sa', namespace: 'ops' }, 'beside'), {
      creds: azureCreds(),
      accounts: { 'ops/sa': {} },
    }),
    /^SpecInvalid .*serviceAccountRef\.namespace: a SecretStore reaches no other namespace/,
  )
  t.match(
    await faultOf(store, { creds: { ...azureCreds(), accessId: '' }, accounts: {} }),
    /key "accessId", is empty → .*; .*ServiceAccount demo\/sa does not exist/,
    'and both at once',
  )
})

t.test('k8s and jwt by a credentials Secret log in as the ServiceAccount beside it', async t => {
  for (const [type, audiences] of [
    ['k8s', []],
    ['jwt', ['param']],
  ] as const) {
    const creds = { accessId, accessType: type, accessTypeParam: 'param' }
    t.match(await loginOf(azure({ name: 'sa' }, 'inside'), { creds }), { token: account('demo', ...audiences) })
    const asked = azure({ name: 'sa', audiences: ['mine'] }, 'inside')
    t.match(await loginOf(asked, { creds }), { token: account('demo', 'mine') })
  }
})

t.test('a store is referent by the ServiceAccount that it uses, and by no other', async t => {
  const auth = (parts: object) => clusterStore({ akeyless: { authSecretRef: { ...parts } } })
  const kubernetesAuth = { accessID: 'p-x', k8sConfName: 'c' }
  t.same(
    [
      clusterStore(),
      kubernetes({ serviceAccountRef: { name: 'sa' } }),
      auth({ kubernetesAuth: { ...kubernetesAuth, serviceAccountRef: { name: 'sa' } } }),
      auth({ kubernetesAuth, serviceAccountRef: { name: 'unused' } }),
    ].map(isReferent),
    [false, false, true, false],
  )
})

const withCert = (text: string): Outside => ({ creds: { accessId, accessType: 'cert', accessTypeParam: text } })
const ecKey = key.replaceAll('PRIVATE', 'EC PRIVATE')
t.test('a certificate and its key are found in either order, with anything around them', async t => {
  const chain = certificate.replace('MIIB', 'MIIX')
  const texts: [string, string, string][] = [
    [`${key}\n${certificate}`, certificate, key],
    [`Bag Attributes\n  x: y\n${certificate}\njunk ü\n${chain}\n${ecKey}\nend`, `${certificate}\n${chain}`, ecKey],
    [`-----BEGIN EC PARAMETERS-----\nBgg=\n-----END EC PARAMETERS-----\n${ecKey}\n${certificate}`, certificate, ecKey],
    [pem.replaceAll('\n', '\r\n'), certificate.replaceAll('\n', '\r\n'), key.replaceAll('\n', '\r\n')],
    [`-----BEGIN CERTIFICATE-----\ncut off\n${pem}`, certificate, key],
  ]
  for (const [text, wantCertificate, wantKey] of texts) {
    const login = await loginOf(secretStore(), withCert(text))
    t.match(opened(login), { certificate: `${wantCertificate}\n`, key: `${wantKey}\n` }, text.slice(0, 30))
  }
})

t.test('what is wrong with a certificate is said without a byte of it', async t => {
  const encrypted = key.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE')
  const texts: [string, RegExp][] = [
    [key, /holds no certificate → put the certificate and its private key there/],
    [certificate, /holds no private key/],
    [`${pem}${ecKey}`, /holds more than one private key/],
    ['hunter2', /holds no certificate/],
    [certificate.replace('END CERTIFICATE', 'END CERT') + key, /holds no certificate/],
    [`${certificate}${encrypted}`, /holds an encrypted private key → store it without a passphrase/],
    [`${certificate}${ecKey.replace('MIIC', 'Proc-Type: 4,ENCRYPTED\n\nMIIC')}`, /holds an encrypted private key/],
    [`${pem}${'x'.repeat(64 * 1024)}`, /is longer than 64 KiB/],
  ]
  for (const [text, want] of texts) {
    const said = await faultOf(secretStore(), withCert(text))
    t.match(said, want)
    t.match(said, /^CredentialInvalid .*accessTypeParam: Secret demo\/creds, key "accessTypeParam",/)
    t.notMatch(said, /hunter2|MII/)
  }
})

t.test('a text of beginnings costs no time', async t => {
  const started = effortMs()
  for (const text of [
    '-----BEGIN A-----'.repeat(3_800),
    '-----BEGIN CERTIFICATE-----'.repeat(2_400),
    '-'.repeat(65_000),
  ]) {
    t.match(await faultOf(secretStore(), withCert(text)), /holds no certificate/)
  }
  t.ok(effortMs() - started < 500)
})

const retriesWith = async (retrySettings: object | undefined): Promise<Identity['retries']> => {
  const creds = { accessId, accessType: 'aws_iam', accessTypeParam: '' }
  return (await resolve(secretStore({ spec: { retrySettings } }), { creds })).identity.retries
}
t.test('retrySettings go to the client; what says nothing usable leaves it its own', async t => {
  t.same(await retriesWith({ maxRetries: 5, retryInterval: '10s' }), { max: 5, intervalMs: 10_000 })
  t.same(await retriesWith({ maxRetries: 0 }), { max: 0, intervalMs: 0 })
  for (const retryInterval of ['soon', '-5s', '']) {
    t.same(await retriesWith({ maxRetries: 2, retryInterval }), { max: 2, intervalMs: 0 }, retryInterval)
  }
  for (const settings of [undefined, {}, { retryInterval: '10s' }, { maxRetries: -1 }]) {
    t.equal(await retriesWith(settings), undefined)
  }
})

t.test('where the token of a universal identity stands is told by its fingerprint', async t => {
  const told: object[] = []
  const find = (accessType: string) =>
    resolveIdentity(
      secretStore(),
      namespace,
      {
        credentials: credentialsIn({ 'demo/creds': { accessId, accessType, accessTypeParam: ' u-AAAA\n' } }),
        trustedGateways: [],
        onToken: (fingerprint, place) => told.push({ fingerprint, ...place }),
      },
      none,
    )
  const { identity } = await find('universal_identity')
  await find('api_key')
  const fingerprint = identity.login.type === 'universal_identity' && identity.login.token.fingerprint()
  t.same(told, [{ fingerprint, namespace: 'demo', name: 'creds', key: 'accessTypeParam' }])
})

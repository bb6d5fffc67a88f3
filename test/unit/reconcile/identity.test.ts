import forge from 'node-forge'
import t from 'tap'
import { Fault, Sensitive } from '#core'
import { resolveIdentity } from '../../../pkg/reconcile/identity.ts'
import type { Store } from '../../../pkg/reconcile/store.ts'
import { effortMs } from '../../support/effort.ts'
import { clusterStore, namespace, secretStore } from './build.ts'
import { credentialsIn } from './credentials.ts'

const apiKey = { accessId: 'p-abcdefghijklam', accessType: 'api_key', accessTypeParam: 'a2V5' }
const none = new AbortController().signal

const certificate = ((): string => {
  const keys = forge.pki.rsa.generateKeyPair(1024)
  const cert = forge.pki.createCertificate()
  cert.publicKey = keys.publicKey
  cert.serialNumber = '01'
  cert.validity.notBefore = new Date('2026-01-01')
  cert.validity.notAfter = new Date('2036-01-01')
  cert.setSubject([{ name: 'commonName', value: 'ca' }])
  cert.setIssuer([{ name: 'commonName', value: 'ca' }])
  cert.sign(keys.privateKey, forge.md.sha256.create())
  return forge.pki.certificateToPem(cert).replaceAll('\r\n', '\n')
})()
const encoded = Buffer.from(certificate).toString('base64')

const resolve = (
  store: Store,
  secrets: Record<string, Record<string, string>>,
  configMaps: Record<string, Record<string, string>> = {},
) =>
  resolveIdentity(
    store,
    namespace,
    { credentials: credentialsIn(secrets, configMaps), trustedGateways: [] },
    none,
  ).then(({ identity }) => identity)

const faultOf = async (...args: Parameters<typeof resolve>): Promise<string> => {
  const thrown = await resolve(...args).then(
    () => undefined,
    (error: unknown) => error,
  )
  return thrown instanceof Fault ? `${thrown.code} ${thrown.line()}` : String(thrown)
}

t.test('an API key is read from the Secret that the store names', async t => {
  const identity = await resolve(secretStore({ akeyless: { ignoreCache: true } }), { 'demo/creds': apiKey })
  t.equal(identity.gateway, 'https://gateway.example.com')
  t.equal(identity.ignoreCache, true)
  t.equal(identity.ca, undefined)
  t.equal(identity.login.accessId, apiKey.accessId)
  t.ok(identity.login.type === 'api_key' && identity.login.accessKey.equals(Sensitive.text('a2V5')))
})

t.test('an empty URL means Akeyless itself', async t => {
  const { gateway } = await resolve(secretStore({ akeyless: { akeylessGWApiURL: '' } }), { 'demo/creds': apiKey })
  t.equal(gateway, 'https://api.akeyless.io')
})

t.test('line ends around credentials are not part of them', async t => {
  const sloppy = { accessId: ' p-abcdefghijklam\n', accessType: 'access_key\r\n', accessTypeParam: 'a2V5\n' }
  const { login } = await resolve(secretStore(), { 'demo/creds': sloppy })
  t.equal(login.accessId, apiKey.accessId)
  t.ok(login.type === 'api_key' && login.accessKey.equals(Sensitive.text('a2V5')))
})

t.test('one Secret is read once for its three keys', async t => {
  const credentials = credentialsIn({ 'ops/creds': apiKey })
  await resolveIdentity(clusterStore(), '', { credentials, trustedGateways: [] }, none)
  t.same(credentials.reads, ['Secret ops/creds'])
})

const at = 'spec.provider.akeyless.authSecretRef'
const foreign = { secretRef: { accessID: { name: 'creds', key: 'accessId', namespace: 'ops' } } }
const nowhere = { secretRef: { accessID: { name: 'creds', key: 'accessId' } } }
const cases: { name: string; store?: Store; creds?: Record<string, string> | 'none'; want: string | RegExp }[] = [
  { name: 'no Secret', creds: 'none', want: `CredentialMissing ${at}: Secret demo/creds does not exist → create it` },
  {
    name: 'no key',
    creds: { accessId: 'p-x', accessType: 'api_key' },
    want: `CredentialMissing ${at}.secretRef.accessTypeParam: Secret demo/creds has no key "accessTypeParam" → add the key, or name one that is there: "accessId", "accessType"`,
  },
  {
    name: 'two keys missing at once',
    creds: { accessType: 'api_key' },
    want: /has no key "accessId" → add the key, or name one that is there: "accessType"; .*has no key "accessTypeParam"/,
  },
  {
    name: 'an unknown access type',
    creds: { ...apiKey, accessType: 'hunter2' },
    want: `CredentialInvalid ${at}.secretRef.accessType: Secret demo/creds, key "accessType", holds no access type that Akeyless has → write one of api_key, access_key, k8s, aws_iam, azure_ad, gcp, jwt, universal_identity, cert`,
  },
  {
    name: 'an empty access key and id',
    creds: { accessId: '\n', accessType: 'api_key', accessTypeParam: '' },
    want: /^CredentialInvalid .*key "accessId", is empty → .*; .*key "accessTypeParam", is empty/,
  },
  {
    name: 'an unknown access type beside an empty Secret',
    creds: { accessType: 'hunter2' },
    want: /^CredentialInvalid .*holds no access type that Akeyless has → write one of .*; .*no key "accessId" → .*; .*no key "accessTypeParam"/,
  },
  {
    name: 'no way to log in',
    store: secretStore({ akeyless: { authSecretRef: {} } }),
    want: /^SpecInvalid .*says no way to log in/,
  },
  {
    name: 'a selector without a name',
    store: secretStore({ akeyless: { authSecretRef: { secretRef: { accessID: { key: 'a' } } } } }),
    want: /^SpecInvalid .*secretRef\.accessType: the name is missing → give name and key of a Secret; .*accessID: the name is missing/,
  },
  {
    name: 'a SecretStore that reaches into another namespace',
    store: secretStore({ akeyless: { authSecretRef: foreign } }),
    want: /SpecInvalid .*accessID\.namespace: a SecretStore reaches no other namespace than its own → leave it out, or write demo/,
  },
  {
    name: 'a ClusterSecretStore that names no namespace',
    store: clusterStore({ akeyless: { authSecretRef: nowhere } }),
    want: /SpecInvalid .*accessID\.namespace: a ClusterSecretStore has no namespace of its own/,
  },
  {
    name: 'another provider',
    store: { ...secretStore(), spec: { provider: { vault: {} } } } as unknown as Store,
    want: /^NotSupported spec\.provider: Latchkey serves no provider vault/,
  },
]
for (const { name, store = secretStore(), creds, want } of cases) {
  t.test(`says what is wrong: ${name}`, async t => {
    const said = await faultOf(store, creds === 'none' ? {} : { 'demo/creds': creds ?? apiKey, 'ops/creds': apiKey })
    if (typeof want === 'string') t.equal(said, want)
    else t.match(said, want)
    t.notMatch(said, /hunter2|a2V5/)
  })
}

t.test('a CA comes from PEM, base64 of PEM, or base64 of that', async t => {
  for (const caBundle of [certificate, encoded, Buffer.from(encoded).toString('base64')]) {
    const identity = await resolve(secretStore({ akeyless: { caBundle } }), { 'demo/creds': apiKey })
    t.equal(identity.ca, certificate)
  }
})

t.test('a CA comes from a Secret or a ConfigMap, with what stands around it left out', async t => {
  const text = `# our CA\n${certificate}trailing`
  const fromMap = secretStore({ akeyless: { caProvider: { type: 'ConfigMap', name: 'ca', key: 'root.pem' } } })
  const mapped = await resolve(fromMap, { 'demo/creds': apiKey }, { 'demo/ca': { 'root.pem': text } })
  t.equal(mapped.ca, certificate)
  const fromSecret = clusterStore({ akeyless: { caProvider: { type: 'Secret', name: 'ca', namespace: 'pki' } } })
  const kept = await resolve(fromSecret, { 'ops/creds': apiKey, 'pki/ca': { 'ca.crt': text } })
  t.equal(kept.ca, certificate)
})

const provider = (extra: object) => ({ caProvider: { type: 'ConfigMap', name: 'ca', key: 'k', ...extra } })
const authorities: { name: string; akeyless: Record<string, unknown>; want: RegExp }[] = [
  {
    name: 'no certificate',
    akeyless: { caBundle: 'aGVsbG8=' },
    want: /^SpecInvalid .*caBundle: the bundle holds no PEM/,
  },
  {
    name: 'a certificate that is none',
    akeyless: { caBundle: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
    want: /^SpecInvalid .*holds no PEM certificate, or one that cannot be read/,
  },
  { name: 'a huge text', akeyless: { caBundle: 'A'.repeat(600_000) }, want: /is longer than 512 KiB/ },
  {
    name: 'a ConfigMap of another namespace',
    akeyless: provider({ namespace: 'ops' }),
    want: /^SpecInvalid .*caProvider\.namespace: a SecretStore reaches no other namespace/,
  },
  {
    name: 'no ConfigMap',
    akeyless: provider({ name: 'gone' }),
    want: /^CredentialMissing .*caProvider: ConfigMap demo\/gone does not exist/,
  },
  { name: 'no key', akeyless: provider({ key: 'x' }), want: /^CredentialMissing .*ConfigMap demo\/ca has no key "x"/ },
  { name: 'a key without PEM', akeyless: provider({}), want: /^CredentialInvalid .*demo\/ca, key "k", holds no PEM/ },
]
for (const { name, akeyless, want } of authorities) {
  t.test(`says what is wrong with a CA: ${name}`, async t => {
    const said = await faultOf(secretStore({ akeyless }), { 'demo/creds': apiKey }, { 'demo/ca': { k: 'text' } })
    t.match(said, want)
  })
}

t.test('a CA text of a tenant costs no time, whatever stands in it', async t => {
  // backtracking over 512 KiB of white space takes minutes on the one thread that serves everybody
  for (const text of [
    `A${' '.repeat(500_000)}!`,
    'A '.repeat(250_000),
    '-----BEGIN CERTIFICATE-----A'.repeat(18_000),
  ]) {
    const started = effortMs()
    const said = await faultOf(
      secretStore({ akeyless: provider({}) }),
      { 'demo/creds': apiKey },
      { 'demo/ca': { k: text } },
    )
    t.match(said, /^CredentialInvalid .*holds no PEM/)
    t.ok(effortMs() - started < 200, text.slice(0, 4))
  }
})

t.test('base64 may be broken into lines, or padded with white space', async t => {
  const lines = `  ${encoded.replaceAll(/.{64}/g, '$&\r\n')}\n\n`
  const identity = await resolve(secretStore({ akeyless: { caBundle: lines } }), { 'demo/creds': apiKey })
  t.equal(identity.ca, certificate)
})

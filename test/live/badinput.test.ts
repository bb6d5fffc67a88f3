import t from 'tap'
import { stringify } from 'yaml'
import type { SeedInput } from '#devgateway'
import { kubectl, namespace as namespaceFor, request, until } from '../support/cluster.ts'
import { accessKey, testSeed } from '../support/gateway.ts'
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
  readyStore,
  remove,
  secretStore,
  settled,
  storeSpec,
  whenReady,
} from '../support/objects.ts'
import { labelOf, startRegistered } from './registered.ts'
import { install } from './twin.ts'

// five failed logins block an identity: the one that fails on purpose is used for nothing else
const mistaken = 'p-mistakenmistab'
const seed: SeedInput = {
  identities: [
    ...testSeed.identities,
    { type: 'api_key', accessId: mistaken, accessKey, rules: [{ path: '/*', allow: ['read', 'list'] }] },
    // all but one folder
    {
      type: 'api_key',
      accessId: 'p-curiouscuriosb',
      accessKey,
      rules: [
        { path: '/*', allow: ['read', 'list'] },
        { path: '/private/*', deny: true },
      ],
    },
  ],
  items: [
    ...testSeed.items,
    { path: '/apps/banner', type: 'STATIC_SECRET', value: 'plain text, not JSON' },
    { path: '/apps/list', type: 'STATIC_SECRET', value: '["a","b"]' },
    { path: '/apps/odd-keys', type: 'STATIC_SECRET', value: '{"..":"dots"}' },
  ],
}

const namespace = await namespaceFor(t)
await install()
const gateway = await startTlsGateway(t, seed)
const { secrets, externalSecrets, stores, clusterStores } = pathsOf(namespace)
const good = { target: { name: 'kept' }, data: [entry('password', '/apps/db-password')] }

// made while nobody judges: objects of an older version, or of a time before Latchkey
const outlived = ['edited', 'labelled', 'deleted']
const twice = [entry('a', '/apps/db-username'), entry('a', '/apps/db-password')]
for (const name of outlived) {
  const object = externalSecret(name, { target: { name }, data: twice })
  await until(t, `${name} to be made`, async () =>
    (await request('POST', externalSecrets, object)).status === 201 ? true : undefined,
  )
}

const latchkey = await startRegistered(t, { namespace, gateway })
await readyStore(t, namespace)
await create(externalSecrets, externalSecret('kept', good))
await whenReady(t, `${externalSecrets}/kept`)
const kept: Json = await get(`${secrets}/kept`)

/** What a person reads: the name of the test's namespace, of kubectl's input and the time of the last good sync are left out. */
const plain = (text = ''): string =>
  text
    .trim()
    .replaceAll(namespace, 'NS')
    .replace(/ error when (creating|patching) "STDIN":/, '')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, 'TIME')
const apply = (...manifests: object[]) =>
  kubectl(['apply', '-f', '-'], { namespace, input: manifests.map(manifest => stringify(manifest)).join('---\n') })

const store = (akeyless: object, name = 'main') => {
  const spec = storeSpec()
  return secretStore(name, { provider: { akeyless: { ...spec.provider.akeyless, ...akeyless } } })
}
const { secretRef } = storeSpec().provider.akeyless.authSecretRef
const login = (refs: object) => ({ authSecretRef: { secretRef: refs } })
const object = (spec: object) => externalSecret('app', { target: { name: 'app' }, ...spec })
const one = [entry('a', '/apps/db-username')]
const at = 'spec.provider.akeyless'
const credsAt = `${at}.authSecretRef.secretRef`

const deniedBy = (kind: string, subject: string, lines: readonly string[]): string =>
  [
    `Error from server (Forbidden): admission webhook "validate.${kind.toLowerCase()}.latchkey.dev" denied the request: ${kind} ${subject}: ${lines.length} fault${lines.length === 1 ? '' : 's'}`,
    ...lines.map(line => `  ${line}`),
  ].join('\n')
const deniedStore = (...lines: string[]) => deniedBy('SecretStore', 'NS/main', lines)
const denied = (...lines: string[]) => deniedBy('ExternalSecret', 'NS/app', lines)

interface Refusal {
  readonly name: string
  readonly manifest: object
  readonly text: string
}

const refusedStores: readonly Refusal[] = [
  {
    name: 'a missing access id',
    manifest: store(login({ accessType: secretRef.accessType, accessTypeParam: secretRef.accessTypeParam })),
    text: deniedStore(
      `${credsAt}.accessID.name: names no Secret → name the Secret that holds accessID`,
      `${credsAt}.accessID.key: names no key → name the key of the Secret, as accessID`,
    ),
  },
  {
    name: 'an access id without a key',
    manifest: store(login({ ...secretRef, accessID: { name: 'creds' } })),
    text: deniedStore(`${credsAt}.accessID.key: names no key → name the key of the Secret, as accessID`),
  },
  {
    name: 'a gateway URL without a host',
    manifest: store({ akeylessGWApiURL: 'https://:8080/v2' }),
    text: deniedStore(
      `${at}.akeylessGWApiURL: "https://:8080/v2" names no host → write it as https://gateway.example.com:8080/v2`,
    ),
  },
  {
    name: 'a gateway URL without a scheme',
    manifest: store({ akeylessGWApiURL: 'api.akeyless.io' }),
    text: deniedStore(
      `${at}.akeylessGWApiURL: "api.akeyless.io" does not start with https:// → write it as https://gateway.example.com:8080/v2`,
    ),
  },
  {
    name: 'a gateway URL with a password, which is not repeated',
    manifest: store({ akeylessGWApiURL: 'https://me:hunter2@gw.example.com' }),
    text: deniedStore(
      `${at}.akeylessGWApiURL: has a user or password in front of the host → remove it; credentials belong in authSecretRef`,
    ),
  },
  {
    name: 'a namespaced store with a foreign namespace',
    manifest: store(login({ ...secretRef, accessTypeParam: { ...secretRef.accessTypeParam, namespace: 'team-b' } })),
    text: deniedStore(
      `${credsAt}.accessTypeParam.namespace: "team-b" is not the namespace of this SecretStore → leave it out or write NS; across namespaces use a ClusterSecretStore`,
    ),
  },
  {
    name: 'a ClusterSecretStore without namespaces',
    manifest: {
      ...secretStore('', storeSpec()),
      kind: 'ClusterSecretStore',
      metadata: { name: `main-${namespace}`, labels: labelOf(namespace) },
    },
    text: deniedBy(
      'ClusterSecretStore',
      'main-NS',
      ['accessID', 'accessType', 'accessTypeParam'].map(
        field => `${credsAt}.${field}.namespace: is missing → a ClusterSecretStore has none of its own: name it`,
      ),
    ),
  },
  {
    name: 'a store that names no way to log in',
    manifest: store({ authSecretRef: {} }),
    text: deniedStore(
      `${at}.authSecretRef: names no way to log in → add secretRef with accessID and accessType, or kubernetesAuth`,
    ),
  },
  {
    name: 'two providers, by the schema',
    manifest: secretStore('main', { provider: { ...storeSpec().provider, vault: {} } }),
    text: 'The SecretStore "main" is invalid: spec.provider: Too many: 2: must have at most 1 item',
  },
]

const refusedExternalSecrets: readonly Refusal[] = [
  {
    name: 'empty data and dataFrom',
    manifest: object({ data: [], dataFrom: [] }),
    text: denied('spec: has neither data nor dataFrom → name at least one item under data'),
  },
  {
    name: 'a secretKey that is there twice',
    manifest: object({ data: [...one, entry('b', '/apps/dynamic'), entry('a', '/apps/db-password')] }),
    text: denied('spec.data[2].secretKey: "a" is the key of spec.data[0] too → give each entry a key of its own'),
  },
  {
    name: 'an interval in words',
    manifest: object({ refreshInterval: '5 minutes', data: one }),
    text: denied('spec.refreshInterval: "5 minutes" is not a duration → write 5m'),
  },
  {
    name: 'an interval in days',
    manifest: object({ refreshInterval: '1d', data: one }),
    text: denied('spec.refreshInterval: "1d" is not a duration → write 24h'),
  },
  {
    name: 'an interval that nobody can guess',
    manifest: object({ refreshInterval: 'soon', data: one }),
    text: denied('spec.refreshInterval: "soon" is not a duration → write it as 90s, 5m or 1h30m'),
  },
  {
    name: 'a generator',
    manifest: object({
      dataFrom: [
        {
          sourceRef: {
            generatorRef: { apiVersion: 'generators.external-secrets.io/v1alpha1', kind: 'Password', name: 'p' },
          },
        },
      ],
    }),
    text: denied(
      'spec.dataFrom[0].sourceRef.generatorRef: Latchkey runs no generators → leave it out, or keep this object with ESO',
    ),
  },
  {
    name: 'several faults at once, all of them in one answer',
    manifest: object({
      refreshInterval: 'soon',
      secretStoreRef: {},
      data: [...one, { secretKey: 'a', remoteRef: { key: '', version: 'latest' } }],
      dataFrom: [{}],
    }),
    text: denied(
      'spec.secretStoreRef.name: names no store → write the name of a SecretStore',
      'spec.refreshInterval: "soon" is not a duration → write it as 90s, 5m or 1h30m',
      'spec.dataFrom[0]: names nothing to read → give it an extract',
      'spec.data[1].remoteRef.key: is empty → write the path of an item',
      'spec.data[1].remoteRef.version: "latest" is not a version number → write a number as "3", or leave it out for the latest',
      'spec.data[1].secretKey: "a" is the key of spec.data[0] too → give each entry a key of its own',
    ),
  },
  {
    name: 'an unknown kind of store, by the schema',
    manifest: object({ secretStoreRef: { kind: 'Store', name: 'store' }, data: one }),
    text: 'The ExternalSecret "app" is invalid: spec.secretStoreRef.kind: Unsupported value: "Store": supported values: "SecretStore", "ClusterSecretStore"',
  },
  {
    name: 'a secretKey with a blank, by the schema',
    manifest: object({ data: [entry('db password', '/apps/db-password')] }),
    text: `The ExternalSecret "app" is invalid: spec.data[0].secretKey: Invalid value: "db password": spec.data[0].secretKey in body should match '^[-._a-zA-Z0-9]+$'`,
  },
  {
    name: 'a field that does not exist, by the schema',
    manifest: object({ refreshIntervall: '1h', data: one }),
    text: 'Error from server (BadRequest): ExternalSecret in version "v1" cannot be handled as a ExternalSecret: strict decoding error: unknown field "spec.refreshIntervall"',
  },
]

for (const { name, manifest, text } of [...refusedStores, ...refusedExternalSecrets]) {
  t.test(`refused: ${name}`, async t => {
    const said = await apply(manifest)
    t.same({ code: said.code, stdout: said.stdout, stderr: plain(said.stderr) }, { code: 1, stdout: '', stderr: text })
  })
}

t.test('what is refused at creation is refused as an edit, and the Secret stays', async t => {
  for (const { name, manifest } of refusedExternalSecrets) {
    const { spec } = manifest as { spec: object }
    // every field of the good spec is replaced, none is merged
    const { body } = await request('GET', `${externalSecrets}/kept`)
    const path = `${externalSecrets}/kept?fieldValidation=Strict`
    const { status } = await request('PUT', path, { ...body, spec })
    t.ok([400, 403, 422].includes(status), `${name}: HTTP ${status}`)
  }
  const now: Json = await get(`${secrets}/kept`)
  t.equal(now.metadata.resourceVersion, kept.metadata.resourceVersion)
})

const warned = [
  {
    name: 'a store that does not exist',
    manifest: externalSecret('early', { secretStoreRef: { name: 'absent' }, target: { name: 'early' }, data: one }),
    text: 'Warning: spec.secretStoreRef.name: SecretStore "absent" does not exist in namespace NS → create it, or correct the name or the kind [store-exists]',
    path: `${externalSecrets}/early`,
    status:
      'spec.secretStoreRef: SecretStore "absent" does not exist in this namespace → create it, or name another store or kind',
  },
  {
    name: 'a gateway without TLS',
    manifest: store({ akeylessGWApiURL: 'http://gateway.invalid:8080' }, 'plain-http'),
    text: 'Warning: spec.provider.akeyless.akeylessGWApiURL: uses http: credentials and values cross the network in plain text → write https:// [gateway-url]',
    path: `${stores}/plain-http`,
    status:
      /^spec\.provider\.akeyless\.akeylessGWApiURL: gateway gateway\.invalid:8080 does not answer: DNS .* → check akeylessGWApiURL, DNS and firewalls, and that the gateway runs$/,
  },
]
for (const { name, manifest, text, path, status } of warned) {
  t.test(`warned of: ${name}`, async t => {
    const said = await apply(manifest)
    t.equal(said.code, 0)
    t.equal(plain(said.stderr), text)
    const { message } = readyOf(await whenReady(t, path, 'False'))
    if (typeof status === 'string') t.equal(message, status)
    else t.match(message, status)
  })
}

const extract = (key: string) => ({ data: null, dataFrom: [{ extract: { key } }] })
const ref = 'spec.data[0].remoteRef'
const unreadable = [
  {
    name: 'item-missing',
    spec: { data: [entry('a', '/apps/none')] },
    text: `${ref}.key: item /apps/none not found → check the path, or create the item`,
  },
  {
    name: 'item-forbidden',
    spec: { data: [entry('a', '/private/token')] },
    text: `${ref}.key: item /private/token may not be read by this identity → grant read on the path to the access role of the identity`,
  },
  {
    name: 'version-missing',
    spec: { data: [{ secretKey: 'a', remoteRef: { key: '/apps/db-password', version: '9' } }] },
    text: `${ref}.version: item /apps/db-password has no version 9 → name a version that exists, or leave it out for the latest`,
  },
  {
    name: 'property-missing',
    spec: { data: [entry('a', '/apps/config', 'passwort')] },
    text: `${ref}.property: item "/apps/config" has no property "passwort" → name a property of its JSON value`,
  },
  {
    name: 'property-of-certificate',
    spec: { data: [entry('a', '/apps/certificate', 'tls.crt')] },
    text: `${ref}.property: item "/apps/certificate" has no property "tls.crt" → a certificate item has certificate_pem and private_key_pem`,
  },
  {
    name: 'property-of-plain-text',
    spec: { data: [entry('a', '/apps/banner', 'password')] },
    text: `${ref}.property: item "/apps/banner" holds plain text, which has no property "password" → leave property out to take the whole value, or store JSON in the item`,
  },
  {
    name: 'item-of-another-type',
    spec: { data: [entry('a', '/apps/key')] },
    text: `${ref}.key: item /apps/key is of type CLASSIC_KEY, which holds no readable value → name a static, dynamic, rotated or certificate item`,
  },
  {
    name: 'extract-of-plain-text',
    spec: extract('/apps/banner'),
    text: 'spec.dataFrom[0].extract.key: item "/apps/banner" holds plain text → take it as one value with data, or store a JSON object in the item',
  },
  {
    name: 'extract-of-a-list',
    spec: extract('/apps/list'),
    text: 'spec.dataFrom[0].extract.key: item "/apps/list" holds JSON that is not an object → take it as one value with data, or store a JSON object in the item',
  },
  {
    name: 'extract-of-odd-keys',
    spec: extract('/apps/odd-keys'),
    text: 'spec.dataFrom[0].extract.key: item "/apps/odd-keys" gives the key "..", which must not be . or start with .. → rename it in the item, or take it with data under another secretKey',
  },
  {
    name: 'several-items',
    spec: { data: [entry('a', '/apps/none'), entry('b', '/apps/db-username'), entry('c', '/apps/config', 'x')] },
    text: [
      `${ref}.key: item /apps/none not found → check the path, or create the item`,
      'spec.data[2].remoteRef.property: item "/apps/config" has no property "x" → name a property of its JSON value',
    ].join('; '),
  },
]

t.test('an item that cannot be read as asked is told in the status, and the Secret stays', async t => {
  await create(secrets, credentials({ name: 'curious', accessId: 'p-curiouscuriosb' }))
  await create(stores, secretStore('curious', storeSpec({ secret: 'curious' })))
  await whenReady(t, `${stores}/curious`)
  const secretStoreRef = { name: 'curious' }
  await Promise.all(
    unreadable.map(async ({ name, spec, text }) => {
      const path = `${externalSecrets}/${name}`
      await create(externalSecrets, externalSecret(name, { ...good, secretStoreRef, target: { name } }))
      await whenReady(t, path)
      const before: Json = await get(`${secrets}/${name}`)
      await patch(path, { spec })
      const { reason, message } = readyOf(await whenReady(t, path, 'False'))
      t.equal(reason, 'SecretSyncedError')
      t.equal(plain(message), `${text}; Secret kept as of TIME`)
      t.same(await get(`${secrets}/${name}`), before, name)
    }),
  )
})

const key = (secret: string, name: string) => `Secret NS/${secret}, key "${name}",`
const encode = (text: string) => Buffer.from(text).toString('base64')
const unusable = [
  {
    name: 'unknown-access-type',
    change: { data: { accessType: encode('apikey') } },
    text: `${credsAt}.accessType: ${key('unknown-access-type', 'accessType')} holds no access type that Akeyless has → write one of api_key, access_key, k8s, aws_iam, azure_ad, gcp`,
  },
  {
    name: 'access-type-of-a-later-version',
    change: { data: { accessType: encode('gcp') } },
    text: `${credsAt}.accessType: access type gcp is not supported by this version → use an API key with access type api_key, or keep this store with ESO`,
  },
  {
    name: 'no-access-id',
    change: { data: { accessId: null } },
    text: `${credsAt}.accessID: Secret NS/no-access-id has no key "accessId" → add the key`,
  },
  {
    name: 'empty-access-id',
    change: { data: { accessId: '' } },
    text: `${credsAt}.accessID: ${key('empty-access-id', 'accessId')} is empty → put the access id there`,
  },
  {
    name: 'empty-access-key',
    change: { data: { accessTypeParam: '' } },
    text: `${credsAt}.accessTypeParam: ${key('empty-access-key', 'accessTypeParam')} is empty → put the access key there`,
  },
  {
    name: 'no-credentials',
    change: undefined,
    text: `${at}.authSecretRef: Secret NS/no-credentials does not exist → create it`,
  },
  {
    name: 'wrong-credentials',
    accessId: mistaken,
    change: { data: { accessTypeParam: encode('wrong') } },
    text: `${at}.authSecretRef: gateway api.akeyless.io refuses the login → check access id, access type and its parameter`,
  },
]

t.test('credentials that cannot be used are told by the store, and its Secrets stay', async t => {
  await Promise.all(
    unusable.map(async ({ name, accessId, change, text }) => {
      await create(secrets, credentials({ name, ...(accessId && { accessId }) }))
      await create(stores, secretStore(name, storeSpec({ secret: name })))
      const target = { name: `${name}-made` }
      await create(externalSecrets, externalSecret(name, { ...good, secretStoreRef: { name }, target }))
      await whenReady(t, `${externalSecrets}/${name}`)
      const before: Json = await get(`${secrets}/${target.name}`)
      if (change) await patch(`${secrets}/${name}`, change)
      else await remove(`${secrets}/${name}`)
      const { reason, message } = readyOf(await whenReady(t, `${stores}/${name}`, 'False'))
      t.equal(reason, 'InvalidProviderConfig')
      t.equal(plain(message), text)
      // whoever asks for a sync now learns where to look
      await patch(`${externalSecrets}/${name}`, { metadata: { annotations: { 'force-sync': '1' } } })
      const dependent = readyOf(await whenReady(t, `${externalSecrets}/${name}`, 'False'))
      t.equal(
        plain(dependent.message),
        `spec.secretStoreRef: SecretStore "${name}" is not ready → read the status of the store; Secret kept as of TIME`,
      )
      t.same(await get(`${secrets}/${target.name}`), before, name)
    }),
  )
})

const duplicate = 'spec.data[1].secretKey: "a" is the key of spec.data[0] too → give each entry a key of its own'

t.test('an object that was there before its rule', async t => {
  const invalid = readyOf(await whenReady(t, `${externalSecrets}/edited`, 'False'))
  t.equal(invalid.message, duplicate, 'its status says what admission would')

  await t.test('an edit elsewhere is accepted with a warning', async t => {
    const edited = { spec: { refreshInterval: '2h' } }
    const said = await kubectl(['patch', 'externalsecret', 'edited', '--type=merge', '-p', JSON.stringify(edited)], {
      namespace,
    })
    t.equal(said.code, 0)
    t.equal(plain(said.stderr), `Warning: ${duplicate} [duplicate-key]`)
  })
  await t.test('an edit that adds a fault is refused for that fault', async t => {
    const edited = { spec: { refreshInterval: '5 minutes' } }
    const said = await kubectl(['patch', 'externalsecret', 'edited', '--type=merge', '-p', JSON.stringify(edited)], {
      namespace,
    })
    t.equal(said.code, 1)
    const [warning, ...rest] = plain(said.stderr).split('\n')
    t.equal(warning, `Warning: ${duplicate} [duplicate-key]`)
    t.equal(
      rest.join('\n'),
      deniedBy('ExternalSecret', 'NS/edited', ['spec.refreshInterval: "5 minutes" is not a duration → write 5m']),
    )
  })
  await t.test('a label is accepted without a word', async t => {
    const said = await kubectl(['label', 'externalsecret', 'labelled', 'team=a'], { namespace })
    t.same([said.code, said.stderr], [0, ''])
  })
  await t.test('it can be deleted', async t => {
    const said = await kubectl(['delete', 'externalsecret', 'deleted', '--timeout=10s'], { namespace })
    t.same([said.code, said.stderr], [0, ''])
    t.equal(await get(`${externalSecrets}/deleted`), undefined)
  })
})

t.test('v1beta1 is taken with a word of advice, and works', async t => {
  const apiVersion = 'external-secrets.io/v1beta1'
  const said = await apply(
    { ...secretStore('old'), apiVersion },
    {
      ...externalSecret('old', { ...good, secretStoreRef: { name: 'old' }, target: { name: 'old' } }),
      apiVersion,
    },
  )
  t.equal(said.code, 0)
  const advice = (kind: string) =>
    `Warning: external-secrets.io/v1beta1 ${kind} is deprecated; write apiVersion: external-secrets.io/v1`
  const lines = plain(said.stderr).split('\n')
  t.same(
    lines.filter(line => line.includes('deprecated')),
    [advice('SecretStore'), advice('ExternalSecret')],
  )
  await whenReady(t, `${externalSecrets}/old`)
  t.same((await get(`${secrets}/old`)).data, kept.data)
  const bad = { ...object({ refreshInterval: '1d', data: one }), apiVersion }
  t.ok(
    plain((await apply(bad)).stderr).endsWith(denied('spec.refreshInterval: "1d" is not a duration → write 24h')),
    'and judged by the same rules',
  )
})

const sized = (megabytes: number) => {
  const data = Array.from({ length: megabytes * 1000 }, (_, index) =>
    entry(`key-${index}`, `/${'x'.repeat(950)}/${index}`),
  )
  return stringify(externalSecret('large', { target: { name: 'large' }, data }))
}

t.test('a manifest that is too large', async t => {
  const create = (megabytes: number) => kubectl(['create', '-f', '-'], { namespace, input: sized(megabytes) })
  const reviews = async () =>
    /^latchkey_admission_reviews_total\{webhook="validate",kind="ExternalSecret",result="allowed"\} (\d+)$/m.exec(
      await latchkey.metrics(),
    )?.[1]
  const before = Number(await reviews())

  t.equal(
    plain((await create(6)).stderr),
    'Error from server (RequestEntityTooLarge): Request entity too large: limit is 3145728',
    'of 6 MB: the API server reads no more than 3 MiB',
  )
  t.equal(Number(await reviews()), before, 'nobody had to judge it')

  const { code, stderr } = await create(2.5)
  t.equal(code, 1)
  t.match(stderr, /ResourceExhausted|request is too large/, 'of 2.5 MB: refused by etcd in words of its own')
  t.notMatch(stderr, /failed calling webhook/)
  // the API server tries such a one again without managedFields
  t.ok(Number(await reviews()) > before, 'it was judged')
  t.equal(await get(`${externalSecrets}/large`), undefined)
})

const review = (request: object, more: object = {}) =>
  JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: 'u-1', operation: 'CREATE', namespace, object: null, oldObject: null, ...request },
    ...more,
  })
const kindOf = (kind: string, group = 'external-secrets.io') => ({
  kind: { group, version: 'v1', kind },
  resource: { group, version: 'v1', resource: `${kind.toLowerCase()}s` },
})
const sendJson = 'send an AdmissionReview as application/json'
const json = { 'content-type': 'application/json' }

const unanswerable = [
  { name: 'no JSON', body: 'token: hunter2', status: 400, text: `the body is not JSON → ${sendJson}` },
  { name: 'nothing', body: '', status: 400, text: `the body is not JSON → ${sendJson}` },
  {
    name: 'JSON that is no review',
    body: '{"token":"hunter2"}',
    status: 400,
    text: `the body is not an AdmissionReview with request.uid → ${sendJson}`,
  },
  {
    name: 'JSON of 100,000 levels',
    body: '['.repeat(1e5),
    status: 400,
    text: `the body nests deeper than 64 levels → ${sendJson}`,
  },
  {
    name: 'YAML',
    body: 'kind: AdmissionReview',
    headers: { 'content-type': 'application/yaml' },
    status: 415,
    text: 'Content-Type is not application/json → send JSON, and say so in exactly these words',
  },
  {
    name: 'a packed body',
    body: '{}',
    headers: { ...json, 'content-encoding': 'gzip' },
    status: 415,
    text: 'Content-Encoding is not identity → send the body as it is',
  },
  {
    name: 'a request to look',
    body: undefined,
    status: 404,
    text: 'there is nothing here → see docs/guide.md for the ports and their paths',
  },
]
for (const { name, body, headers = json, status, text } of unanswerable) {
  t.test(`the webhook port, sent ${name}, says what it wants`, async t => {
    for (const path of ['/validate', '/mutate']) {
      const answer = await latchkey.post(path, body, headers)
      t.same(answer, { status, text: `${text}\n` }, path)
    }
  })
}

const misdirected = [
  {
    name: 'of another kind',
    body: review({ ...kindOf('Deployment', 'apps'), object: { kind: 'Deployment' } }),
    code: 403,
    message: '"apps/v1 Deployment" is not a kind that Latchkey judges → correct the webhook configuration',
  },
  {
    name: 'of a kind that is announced as another',
    body: review({ ...kindOf('SecretStore'), object: { kind: 'ExternalSecret' } }),
    code: 400,
    message: 'the object is not the SecretStore that the request announces',
  },
  {
    name: 'without a kind',
    body: review({}),
    code: 400,
    message: 'the request is no AdmissionReview of admission.k8s.io/v1',
  },
  {
    name: 'of another version',
    body: review(kindOf('SecretStore'), { apiVersion: 'admission.k8s.io/v1beta1' }),
    code: 400,
    message: 'the webhook configuration asks in another version → set admissionReviewVersions to [v1]',
  },
]
for (const { name, body, code, message } of misdirected) {
  t.test(`a review ${name} is denied in words that kubectl shows`, async t => {
    const answer = await latchkey.post('/validate', body)
    t.equal(answer.status, 200)
    t.match(JSON.parse(answer.text).response, { uid: 'u-1', allowed: false, status: { code, message } })
  })
}

t.test('after all this the good Secret is the one that was written first', async t => {
  await settled(t, `${externalSecrets}/kept`, object => readyOf(object)?.status === 'True')
  t.same(await get(`${secrets}/kept`), kept)
  t.same(
    latchkey.process.lines().filter(({ level }) => level === 'error'),
    [],
  )
  const told = await get(clusterStores)
  t.notOk(
    told.items.some((item: Json) => item.metadata.name === `main-${namespace}`),
    'and nothing refused was stored',
  )
})

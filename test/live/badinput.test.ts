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
import {
  credsAt,
  denied,
  deniedBy,
  object,
  one,
  type Refusal,
  refusedExternalSecrets,
  refusedStores,
  store,
} from './refused.ts'
import { labelOf, startRegistered, templatesJudged } from './registered.ts'
import { install } from './twin.ts'
import { mistaken, unreadable, unusable } from './unusable.ts'

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
await templatesJudged(t, namespace)
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

const clusterStore: Refusal = {
  name: 'a ClusterSecretStore without namespaces',
  manifest: {
    ...secretStore('', { ...storeSpec(), conditions: [{ namespaces: [namespace] }] }),
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
}

for (const { name, manifest, text } of [...refusedStores, clusterStore, ...refusedExternalSecrets]) {
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
      /^spec\.provider\.akeyless\.akeylessGWApiURL: gateway gateway\.invalid:8080 does not answer: DNS .* → check akeylessGWApiURL, DNS and firewalls, and that the gateway runs; spec\.provider\.akeyless\.akeylessGWApiURL: uses http: credentials and values cross the network in plain text → write https:\/\/$/,
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
        `spec.secretStoreRef: SecretStore "${name}" is not ready: ${text} → mend the store; Secret kept as of TIME`,
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
    t.equal(plain(said.stderr), `Warning: ${duplicate} [duplicate-key, accepted before]`)
  })
  await t.test('an edit that adds a fault is refused for that fault', async t => {
    const edited = { spec: { refreshInterval: '5 minutes' } }
    const said = await kubectl(['patch', 'externalsecret', 'edited', '--type=merge', '-p', JSON.stringify(edited)], {
      namespace,
    })
    t.equal(said.code, 1)
    const [warning, ...rest] = plain(said.stderr).split('\n')
    t.equal(warning, `Warning: ${duplicate} [duplicate-key, accepted before]`)
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
  // fewer entries than are too many
  const length = 900
  const name = 'x'.repeat((megabytes * 1e6) / length)
  const data = Array.from({ length }, (_, index) => entry(`key-${index}`, `/${name}/${index}`))
  return stringify(externalSecret('large', { target: { name: 'large' }, data }))
}

t.test('a manifest that is too large', async t => {
  const create = (megabytes: number) => kubectl(['create', '-f', '-'], { namespace, input: sized(megabytes) })
  const reviews = async () =>
    /^latchkey_admission_reviews_total\{webhook="validate",kind="ExternalSecret",result="denied"\} (\d+)$/m.exec(
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
  const told =
    'spec: has more than 1.5 MB, too much for the API server to store → split it into several ExternalSecrets'
  t.ok(plain(stderr).includes(told), 'of 2.5 MB: etcd would refuse it in words of its own')
  t.equal(Number(await reviews()), before + 1, 'it was judged')
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
    text: 'there is nothing at this path → POST /validate or /mutate; GET /healthz, /readyz or /metrics on their own ports',
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

t.test('a process for some namespaces does not deny stores that it cannot see', async t => {
  for (const ref of [{ name: 'store' }, { name: 'main', kind: 'ClusterSecretStore' }]) {
    const elsewhere = object({ secretStoreRef: ref, data: one })
    const asked = { ...kindOf('ExternalSecret'), namespace: 'elsewhere', object: elsewhere }
    const { response } = JSON.parse((await latchkey.post('/validate', review(asked))).text)
    t.same(response, { uid: 'u-1', allowed: true })
  }
})

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

// A store tells what is wrong with it; what hangs on it follows as soon as it is cured, and keeps its Secrets until then.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { namespace as namespaceFor, until } from '../support/cluster.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
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
  remove,
  secretStore,
  settled,
  storeSpec,
  textsOf,
  whenReady,
} from '../support/objects.ts'
import { install } from './twin.ts'

await install()
const wrong = 'a-wrong-key-that-nobody-may-see'
const data = [entry('user', '/apps/db-username'), entry('password', '/apps/db-password')]
const values = { user: 'demo', password: 's3cr3t' }
const base64 = (text: string) => Buffer.from(text).toString('base64')

interface Tap {
  teardown(fn: () => unknown): unknown
}

/** A namespace, a gateway and a process that looks at nothing else. */
const setUp = async (t: Tap, args: readonly string[] = []) => {
  const namespace = await namespaceFor(t)
  const paths = pathsOf(namespace)
  const gateway = await startTlsGateway(t)
  const latchkey = await startLatchkey(t, { namespace, gateway, args })
  const logins = () => gateway.journal().filter(({ op }) => op === 'auth').length
  return { namespace, paths, gateway, latchkey, logins }
}

const messageOf = (object: Json): string => readyOf(object)?.message ?? ''
const reasonOf = (object: Json): string => readyOf(object)?.reason ?? ''

t.test('a wrong key: one login is tried, all is said, and a right one cures everything at once', async t => {
  const { namespace, paths, logins, latchkey } = await setUp(t)
  await create(paths.secrets, credentials({ accessKey: wrong }))
  const names = Array.from({ length: 20 }, (_, index) => `dependent-${index}`)
  await Promise.all(names.map(name => create(paths.externalSecrets, externalSecret(name, { data }))))
  await create(paths.stores, secretStore())
  const store = await whenReady(t, `${paths.stores}/store`, 'False')
  t.equal(reasonOf(store), 'InvalidProviderConfig')
  t.match(messageOf(store), /^spec\.provider\.akeyless\.authSecretRef.*: .* → .+/, 'field, cause, remedy')
  t.notMatch(messageOf(store), wrong)
  t.comment(messageOf(store))
  // the cause with it: who reads here may read the store as well
  const told = /^spec\.secretStoreRef: SecretStore "store" is not ready: .*refuses the login → ./
  for (const name of names) await settled(t, `${paths.externalSecrets}/${name}`, next => told.test(messageOf(next)))
  const started = performance.now()
  // somebody else's trouble goes on meanwhile
  await until(t, 'five seconds of it', () => (performance.now() - started > 5_000 ? true : undefined))
  t.equal(logins(), 1, 'one login in 5 s')

  await patch(`${paths.secrets}/creds`, { data: { accessTypeParam: base64('test-access-key') } })
  const cured = performance.now()
  await whenReady(t, `${paths.stores}/store`)
  for (const name of names) await whenReady(t, `${paths.externalSecrets}/${name}`)
  const took = performance.now() - cured
  t.ok(took < 2_000, `store and ${names.length} dependents in ${Math.round(took)} ms`)
  t.same(textsOf(await get(`${paths.secrets}/${names[0]}`)), values)
  t.notOk(JSON.stringify(latchkey.lines()).includes(wrong), 'nor does the log know it')
  t.notOk(JSON.stringify(await get(paths.events)).includes(wrong), `nor an event in ${namespace}`)
})

const missing: readonly { name: string; secret?: Json; message: RegExp }[] = [
  {
    name: 'no Secret',
    message: /^spec\.provider\.akeyless\.authSecretRef: Secret \S+\/creds does not exist → create it$/,
  },
  {
    name: 'no key',
    secret: {
      metadata: { name: 'creds' },
      data: { accessId: base64('p-admin0admin0ab'), accessType: base64('api_key') },
    },
    message:
      /^\S+\.secretRef\.accessTypeParam: Secret \S+\/creds has no key "accessTypeParam" → add the key, or name one that is there: "accessId", "accessType"$/,
  },
  {
    name: 'an access type that does not exist',
    secret: credentials({ accessType: 'apikey' }),
    message:
      /^\S+\.secretRef\.accessType: Secret \S+\/creds, key "accessType", holds no access type .* → write one of api_key,/,
  },
]

t.test('credentials that are not complete: the store says which, asks nobody, and comes to life with them', async t => {
  const { paths, logins } = await setUp(t)
  await create(paths.stores, secretStore())
  await create(paths.externalSecrets, externalSecret('waiting', { data }))
  for (const { name, secret, message } of missing) {
    if (secret) await create(paths.secrets, secret)
    const store = await settled(t, `${paths.stores}/store`, store => message.test(messageOf(store)))
    t.equal(reasonOf(store), 'InvalidProviderConfig', name)
    t.equal(logins(), 0)
    if (secret) await remove(`${paths.secrets}/creds`)
  }
  await create(paths.secrets, credentials())
  await whenReady(t, `${paths.externalSecrets}/waiting`)
  t.same(textsOf(await get(`${paths.secrets}/waiting`)), values)
  t.equal(reasonOf(await get(`${paths.stores}/store`)), 'Valid')
})

t.test('a CA in a ConfigMap: the store follows it as it comes and changes', async t => {
  const { namespace, paths, gateway } = await setUp(t)
  const configMaps = `/api/v1/namespaces/${namespace}/configmaps`
  const { provider } = storeSpec()
  const akeyless = { ...provider.akeyless, caProvider: { type: 'ConfigMap', name: 'gateway-ca', key: 'ca.crt' } }
  await create(paths.secrets, credentials())
  await create(paths.stores, secretStore('store', { provider: { akeyless } }))
  const store = `${paths.stores}/store`
  t.match(messageOf(await whenReady(t, store, 'False')), /ConfigMap \S+\/gateway-ca does not exist → create it$/)
  const data = { 'ca.crt': readFileSync(gateway.caFile, 'utf8') }
  await create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'gateway-ca' }, data })
  await whenReady(t, store)
  await patch(`${configMaps}/gateway-ca`, { data: { 'ca.crt': 'none' } })
  t.match(messageOf(await whenReady(t, store, 'False')), /holds no PEM certificate/)
})

t.test('a process for some namespaces says nothing of a ClusterSecretStore, which it cannot see', async t => {
  const { paths, latchkey } = await setUp(t)
  const secretStoreRef = { kind: 'ClusterSecretStore', name: 'somebody-elses' }
  await create(paths.externalSecrets, externalSecret('unseen', { secretStoreRef, data }))
  const left = () => latchkey.lines().some(({ msg, name }) => msg === 'left alone' && name === 'unseen')
  await until(t, 'it is left alone', () => left() || undefined)
  t.equal((await get(`${paths.externalSecrets}/unseen`)).status, undefined)
})

t.test('a store that goes keeps the Secrets; one that comes back revives their ExternalSecrets', async t => {
  const { paths } = await setUp(t)
  await create(paths.secrets, credentials())
  await create(paths.stores, secretStore())
  await create(paths.externalSecrets, externalSecret('kept', { data }))
  await whenReady(t, `${paths.externalSecrets}/kept`)
  const { metadata } = await get(`${paths.secrets}/kept`)
  await remove(`${paths.stores}/store`)
  await until(t, 'no finalizer holds it', async () => ((await get(`${paths.stores}/store`)) ? undefined : true))
  await patch(`${paths.externalSecrets}/kept`, { metadata: { annotations: { 'force-sync': '1' } } })
  const object = await whenReady(t, `${paths.externalSecrets}/kept`, 'False')
  t.match(
    messageOf(object),
    /^spec\.secretStoreRef: SecretStore "store" does not exist in this namespace → .*; Secret kept as of /,
  )
  t.equal((await get(`${paths.secrets}/kept`)).metadata.resourceVersion, metadata.resourceVersion)
  await create(paths.stores, secretStore())
  await whenReady(t, `${paths.externalSecrets}/kept`)
})

t.test('a ClusterSecretStore serves the namespaces that its conditions admit, as labels come and go', async t => {
  const namespace = await namespaceFor(t)
  const paths = pathsOf(namespace)
  const gateway = await startTlsGateway(t)
  const name = `store-${randomBytes(4).toString('hex')}`
  // a class of its own: the process sees the whole cluster, and with it the objects of other tests
  const latchkey = await startLatchkey(t, { gateway, args: ['--controller-class', name] })
  await create(paths.secrets, credentials())
  t.teardown(() => remove(`${paths.clusterStores}/${name}`))
  await create(paths.clusterStores, {
    ...secretStore(name, {
      ...storeSpec({ namespace }),
      controller: name,
      conditions: [{ namespaceSelector: { matchLabels: { tenant: name } } }],
    }),
    kind: 'ClusterSecretStore',
  })
  await whenReady(t, `${paths.clusterStores}/${name}`)
  await create(paths.stores, secretStore())
  await create(paths.externalSecrets, externalSecret('foreign', { data }))
  const path = `${paths.externalSecrets}/guest`
  const secretStoreRef = { kind: 'ClusterSecretStore', name }
  await create(paths.externalSecrets, externalSecret('guest', { secretStoreRef, data, refreshInterval: '1s' }))
  t.equal(
    messageOf(await whenReady(t, path, 'False')),
    `spec.secretStoreRef: ClusterSecretStore "${name}" does not admit namespace ${namespace} → ` +
      'use another store, or have the namespace admitted by spec.conditions of that one',
  )
  t.equal(await get(`${paths.secrets}/guest`), undefined)

  const label = (value: string | null) =>
    patch(`/api/v1/namespaces/${namespace}`, { metadata: { labels: { tenant: value } } })
  await label(name)
  await whenReady(t, path)
  t.same(textsOf(await get(`${paths.secrets}/guest`)), values)

  await label(null)
  t.match(messageOf(await whenReady(t, path, 'False')), /does not admit namespace .*; Secret kept as of /)
  t.same(textsOf(await get(`${paths.secrets}/guest`)), values)
  t.same(await get(`${paths.stores}/store`).then(store => store.status), undefined, 'the default class is not ours')
  t.same(await get(`${paths.externalSecrets}/foreign`).then(object => object.status), undefined)
  const seen = latchkey.lines().filter(line => line['namespace'] === namespace && line['msg'] !== 'synced')
  t.ok(
    seen.some(({ msg, name }) => msg === 'left alone' && name === 'foreign'),
    'it was looked at',
  )
})

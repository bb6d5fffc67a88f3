// Whatever somebody does to a Secret of ours, it is soon as it should be; the gateway is not asked for it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { apiServer, kubeconfigPath, kubectl, namespace as namespaceFor, until } from '../support/cluster.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  create,
  entry,
  externalSecret,
  get,
  type Json,
  patch,
  pathsOf,
  readyOf,
  readyStore,
  remove,
  settled,
  textsOf,
  whenReady,
} from '../support/objects.ts'
import { createProxy } from '../support/proxy.ts'
import { install } from './twin.ts'

const namespace = await namespaceFor(t)
const paths = pathsOf(namespace)
await install()
const gateway = await startTlsGateway(t)
const latchkey = await startLatchkey(t, { namespace, gateway })
await readyStore(t, namespace)

const esOf = (name: string) => `${paths.externalSecrets}/${name}`
const secretOf = (name: string) => `${paths.secrets}/${name}`
const base64 = (text: string) => Buffer.from(text).toString('base64')
const values = { user: 'demo', password: 's3cr3t' }
const data = [entry('user', '/apps/db-username'), entry('password', '/apps/db-password')]
const managed = 'reconcile.external-secrets.io/managed'
const createdBy = 'reconcile.external-secrets.io/created-by'
const dataHash = 'reconcile.external-secrets.io/data-hash'

const marksOf = ({ metadata, data, type }: Json) => ({
  labels: metadata.labels,
  annotations: metadata.annotations,
  ownerReferences: metadata.ownerReferences,
  data,
  type,
})
const same = (a: Json, b: Json) => JSON.stringify(marksOf(a)) === JSON.stringify(marksOf(b))

const harms: readonly { name: string; harm: (path: string) => Promise<unknown> }[] = [
  { name: 'a value edited', harm: path => patch(path, { data: { password: base64('mine') } }) },
  { name: 'a key removed', harm: path => patch(path, { data: { password: null } }) },
  { name: 'a key added', harm: path => patch(path, { data: { extra: base64('mine') } }) },
  { name: 'all data removed', harm: path => patch(path, { data: null }) },
  { name: 'the managed label removed', harm: path => patch(path, { metadata: { labels: { [managed]: null } } }) },
  { name: 'the managed label changed', harm: path => patch(path, { metadata: { labels: { [managed]: 'no' } } }) },
  { name: 'the created-by label changed', harm: path => patch(path, { metadata: { labels: { [createdBy]: 'me' } } }) },
  { name: 'the hash removed', harm: path => patch(path, { metadata: { annotations: { [dataHash]: null } } }) },
  { name: 'the hash changed', harm: path => patch(path, { metadata: { annotations: { [dataHash]: 'x' } } }) },
  { name: 'the owner removed', harm: path => patch(path, { metadata: { ownerReferences: null } }) },
  { name: 'the Secret deleted', harm: path => remove(path) },
]

t.test('every harm is repaired at once and without a call', async t => {
  await create(paths.externalSecrets, externalSecret('harmed', { data }))
  const { status } = await whenReady(t, esOf('harmed'))
  const good = await get(secretOf('harmed'))
  t.same(textsOf(good), values)
  for (const { name, harm } of harms) {
    const calls = gateway.journal().length
    const before = performance.now()
    await harm(secretOf('harmed'))
    await settled(t, secretOf('harmed'), secret => same(secret, good))
    const took = performance.now() - before
    t.equal(gateway.journal().length, calls, `${name}: repaired in ${Math.round(took)} ms, no call`)
  }
  const after = await get(esOf('harmed'))
  t.equal(after.status.refreshTime, status.refreshTime, 'the values are as old as before')
  t.equal(readyOf(after).status, 'True')
})

t.test('a lease survives a repair', async t => {
  await create(paths.externalSecrets, externalSecret('leased', { data: [entry('user', '/apps/dynamic', 'user')] }))
  const { status } = await whenReady(t, esOf('leased'))
  const good = await get(secretOf('leased'))
  await remove(secretOf('leased'))
  await settled(t, secretOf('leased'), secret => same(secret, good))
  t.equal(gateway.leases().length, 1)
  t.equal((await get(esOf('leased'))).status.nextRefreshTime, status.nextRefreshTime)
})

t.test('what others put on the Secret stays', async t => {
  await create(paths.externalSecrets, externalSecret('shared', { data }))
  await whenReady(t, esOf('shared'))
  const others = { labels: { theirs: 'l' }, annotations: { theirs: 'a' }, finalizers: ['example.com/theirs'] }
  await patch(secretOf('shared'), { metadata: others, data: { user: base64('mine') } })
  const secret = await settled(t, secretOf('shared'), secret => textsOf(secret)['user'] === 'demo')
  t.equal(secret.metadata.labels.theirs, 'l')
  t.equal(secret.metadata.annotations.theirs, 'a')
  t.same(secret.metadata.finalizers, ['example.com/theirs'])
  await patch(secretOf('shared'), { metadata: { finalizers: null } })
})

t.test('labels that only others added wake nobody', async t => {
  await create(paths.externalSecrets, externalSecret('calm', { data }))
  await whenReady(t, esOf('calm'))
  const { metadata } = await patch(secretOf('calm'), { metadata: { labels: { theirs: 'l' } } })
  // a repair that comes after it in the same watch
  await create(paths.externalSecrets, externalSecret('next', { data }))
  await whenReady(t, esOf('next'))
  const good = await get(secretOf('next'))
  await remove(secretOf('next'))
  await settled(t, secretOf('next'), secret => same(secret, good))
  t.equal((await get(secretOf('calm'))).metadata.resourceVersion, metadata.resourceVersion)
  t.equal(latchkey.lines().filter(({ msg, name }) => msg === 'synced' && name === 'calm').length, 1)
})

t.test('a Secret of somebody else is not touched', async t => {
  const config = await create(`/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name: 'app' } })
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'app', uid: config.metadata.uid, controller: true }
  const made = await create(paths.secrets, {
    metadata: { name: 'theirs', ownerReferences: [owner] },
    data: { key: base64('theirs') },
  })
  await create(paths.externalSecrets, externalSecret('thief', { target: { name: 'theirs' }, data }))
  const refused = await whenReady(t, esOf('thief'), 'False')
  const { reason, message } = readyOf(refused)
  t.equal(reason, 'SecretSyncedError')
  t.equal(message, 'spec.target.name: Secret theirs belongs to ConfigMap app → choose another name')
  t.equal((await get(secretOf('theirs'))).metadata.resourceVersion, made.metadata.resourceVersion)
  t.equal(refused.status.refreshTime ?? null, null, 'it has never been synced')

  await remove(secretOf('theirs'))
  await whenReady(t, esOf('thief'))
  t.same(textsOf(await get(secretOf('theirs'))), values, 'the name is free, so it is made at once')
})

t.test('two ExternalSecrets that make the same Secret: the first keeps it', async t => {
  const target = { name: 'contested' }
  await create(paths.externalSecrets, externalSecret('first', { target, data }))
  await whenReady(t, esOf('first'))
  const { metadata } = await get(secretOf('contested'))
  await create(paths.externalSecrets, externalSecret('second', { target, data: [entry('other', '/apps/config')] }))
  const refused = await whenReady(t, esOf('second'), 'False')
  t.match(readyOf(refused).message, /Secret contested belongs to ExternalSecret first/)
  const calls = gateway.journal().length
  await until(t, 'the event', async () => {
    const { stdout } = await kubectl(['get', 'events', '-o', 'name', '--field-selector', 'reason=SecretOwned'], {
      namespace,
    })
    return stdout.trim().split('\n').length >= 2 ? true : undefined
  })
  t.equal((await get(secretOf('contested'))).metadata.resourceVersion, metadata.resourceVersion)
  t.equal(readyOf(await get(esOf('first'))).status, 'True')
  t.equal(gateway.journal().length, calls, 'nobody tries again and again')
})

t.test('a Secret without an owner is taken over, its other keys go', async t => {
  await create(paths.secrets, { metadata: { name: 'orphan', labels: { old: 'l' } }, data: { old: base64('o') } })
  await create(paths.externalSecrets, externalSecret('adopter', { target: { name: 'orphan' }, data }))
  await whenReady(t, esOf('adopter'))
  const secret = await get(secretOf('orphan'))
  t.same(textsOf(secret), values)
  t.equal(secret.metadata.labels.old, 'l')
  t.equal(secret.metadata.ownerReferences[0].name, 'adopter')
})

t.test('while the API server is away nothing is lost: what was done meanwhile is repaired after it', async t => {
  const own = await namespaceFor(t)
  const { secrets, externalSecrets } = pathsOf(own)
  const { hostname: host, port } = new URL(apiServer.url)
  const proxy = await createProxy({ host, port: Number(port) })
  t.teardown(() => proxy.close())
  const kubeconfig = join(t.testdir({}), 'kubeconfig')
  const text = readFileSync(kubeconfigPath, 'utf8')
  writeFileSync(kubeconfig, text.replace(apiServer.url, `https://127.0.0.1:${proxy.port}`))
  const second = await startLatchkey(t, { namespace: own, gateway, kubeconfig })
  await readyStore(t, own)
  for (const name of ['edited', 'deleted', 'untouched']) {
    await create(externalSecrets, externalSecret(name, { data }))
    await whenReady(t, `${externalSecrets}/${name}`)
  }
  const { metadata } = await get(`${secrets}/untouched`)
  const calls = gateway.journal().length

  proxy.refuse(true)
  proxy.cut()
  await patch(`${secrets}/edited`, { data: { password: base64('mine') } })
  await remove(`${secrets}/deleted`)
  await create(externalSecrets, externalSecret('new', { data }))
  await until(
    t,
    'it to notice',
    () => second.lines().some(({ msg }) => msg === 'a watch cannot be taken up') || undefined,
  )
  proxy.refuse(false)
  for (const name of ['edited', 'deleted', 'new'])
    await settled(t, `${secrets}/${name}`, secret => textsOf(secret)['password'] === values.password)
  t.equal((await get(`${secrets}/untouched`)).metadata.resourceVersion, metadata.resourceVersion)
  await whenReady(t, `${externalSecrets}/new`)
  t.equal(gateway.journal().length, calls, 'the values were at hand')
})

// What a person sees who applies the guides' manifests: the Secret to the byte, its marks, the status, the events.
import t from 'tap'
import { createdByHash, dataHash, metadataHash } from '#core'
import { kubectl, namespace as namespaceFor, until } from '../support/cluster.ts'
import { testSeed } from '../support/gateway.ts'
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
import { install } from './twin.ts'

const own = [
  { path: '/tls', type: 'CERTIFICATE', generate: { commonName: 'demo.example.com' } },
  { path: '/moving/a', type: 'STATIC_SECRET', value: 'one' },
  { path: '/moving/b', type: 'STATIC_SECRET', value: 'one' },
  { path: '/moving/c', type: 'STATIC_SECRET', value: 'one' },
  { path: '/moving/d', type: 'STATIC_SECRET', value: 'one' },
  { path: '/moving/e', type: 'STATIC_SECRET', value: 'one' },
  { path: '/odd', type: 'STATIC_SECRET', value: 'tab\t, umlaut ü, emoji 🗝, end of line\n' },
] as const
const namespace = await namespaceFor(t)
const paths = pathsOf(namespace)
await install()
const gateway = await startTlsGateway(t, { ...testSeed, items: [...testSeed.items, ...own] })
const latchkey = await startLatchkey(t, { namespace, gateway })
await readyStore(t, namespace)

const esOf = (name: string) => `${paths.externalSecrets}/${name}`
const secretOf = (name: string) => `${paths.secrets}/${name}`
const make = async (name: string, spec: object, metadata: object = {}): Promise<Json> => {
  await create(paths.externalSecrets, externalSecret(name, spec, metadata))
  return whenReady(t, esOf(name))
}
const reads = (path: string) =>
  gateway.journal().filter(({ op, names }) => op.startsWith('get-') && names.includes(path)).length
const eventsOf = async (name: string): Promise<Json[]> =>
  (await get(paths.events)).items.filter(({ involvedObject }: Json) => involvedObject.name === name)
const force = (name: string, value: string) => patch(esOf(name), { metadata: { annotations: { 'force-sync': value } } })
type Ending = Parameters<typeof settled>[0]
const becomes = (t: Ending, name: string, key: string, value: string) =>
  settled(t, secretOf(name), secret => textsOf(secret)[key] === value)

t.test('data and extract become one Secret, to the byte', async t => {
  await make('bytes', {
    data: [
      entry('user', '/apps/db-username'),
      entry('odd', '/odd'),
      entry('port', '/apps/config', 'port'),
      entry('rotated', '/apps/rotated', 'password'),
    ],
    dataFrom: [{ extract: { key: '/apps/config' } }],
  })
  t.same(textsOf(await get(secretOf('bytes'))), {
    user: 'demo',
    odd: 'tab\t, umlaut ü, emoji 🗝, end of line\n',
    port: '5432',
    username: 'demo',
    password: 's3cr3t',
    rotated: 'r0tated',
  })
})

t.test('a certificate item becomes a kubernetes.io/tls Secret from one read', async t => {
  await make('tls', {
    target: { template: { type: 'kubernetes.io/tls' } },
    data: [entry('tls.crt', '/tls', 'certificate_pem'), entry('tls.key', '/tls', 'private_key_pem')],
  })
  const secret = await get(secretOf('tls'))
  t.equal(secret.type, 'kubernetes.io/tls')
  const held = gateway.value('/tls') as { certificate_pem: string; private_key_pem: string } // a certificate item
  t.same(textsOf(secret), { 'tls.crt': held.certificate_pem, 'tls.key': held.private_key_pem })
  t.equal(reads('/tls'), 1)
})

t.test('user and password of a dynamic item come from one lease', async t => {
  const object = await make('leased', {
    data: [entry('user', '/apps/dynamic', 'user'), entry('password', '/apps/dynamic', 'password')],
  })
  const { user, password } = textsOf(await get(secretOf('leased')))
  t.match(user, /^u\d+$/)
  t.equal(password?.split('-')[0], user?.replace('u', 'p'), 'the numbers of both are that of the lease')
  t.equal(gateway.leases().length, 1)
  const life = Date.parse(object.status.nextRefreshTime) - Date.parse(object.status.refreshTime)
  t.equal(life, 20 * 60e3, 'two thirds of 30 minutes, before the hour of the interval is over')
})

t.test('the Secret carries the marks of ESO, and the status tells of it', async t => {
  const before = Math.floor(Date.now() / 1000) * 1000
  const labels = { team: 'a' }
  const annotations = { note: 'b' }
  const object = await make(
    'marks',
    { target: { name: 'marked' }, data: [entry('k', '/apps/db-username')] },
    {
      labels,
      annotations,
    },
  )
  const { metadata, type } = await get(secretOf('marked'))
  t.equal(type, 'Opaque')
  t.same(metadata.labels, {
    team: 'a',
    'reconcile.external-secrets.io/managed': 'true',
    'reconcile.external-secrets.io/created-by': createdByHash(namespace, 'marks'),
  })
  const hash = dataHash(new Map([['k', Buffer.from('demo')]]))
  t.same(metadata.annotations, { note: 'b', 'reconcile.external-secrets.io/data-hash': hash })
  t.same(metadata.ownerReferences, [
    {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      name: 'marks',
      uid: object.metadata.uid,
      controller: true,
      blockOwnerDeletion: true,
    },
  ])
  t.same(
    metadata.managedFields.map(({ manager, operation }: Json) => ({ manager, operation })),
    [{ manager: 'externalsecrets.external-secrets.io/marks', operation: 'Update' }],
  )

  const { conditions, refreshTime, ...status } = object.status
  t.same(status, {
    binding: { name: 'marked' },
    observedGeneration: 1,
    syncedResourceVersion: `1-${metadataHash(annotations, labels)}`,
  })
  t.ok(Date.parse(refreshTime) >= before && Date.parse(refreshTime) <= Date.now(), refreshTime)
  const [{ lastTransitionTime, ...ready }, ...others] = conditions
  t.same(ready, { type: 'Ready', status: 'True', reason: 'SecretSynced', message: 'secret synced' })
  t.ok(Date.parse(lastTransitionTime) >= before)
  t.same(others, [])
})

t.test('kubectl get shows store, interval, status and the age of the last sync', async t => {
  const secretStoreRef = { kind: 'SecretStore', name: 'store' }
  await make('columns', { secretStoreRef, data: [entry('k', '/apps/db-username')] })
  const { stdout } = await kubectl(['get', 'externalsecret', 'columns'], { namespace })
  const [head, row] = stdout.trim().split('\n')
  t.match(head, /^NAME +STORETYPE +STORE +REFRESH INTERVAL +STATUS +READY +LAST SYNC$/)
  t.match(row, /^columns +SecretStore +store +1h +SecretSynced +True +\d+s$/)
  const store = (await kubectl(['get', 'secretstore', 'store', '--no-headers'], { namespace })).stdout
  t.match(store.trim(), /^store +\S+ +Valid +ReadWrite +True$/)
})

t.test('an edit of the spec adds and removes keys, and events tell of it', async t => {
  await make('edited', { data: [entry('a', '/apps/db-username'), entry('b', '/apps/db-password')] })
  await patch(esOf('edited'), { spec: { data: [entry('a', '/apps/db-username'), entry('c', '/apps/db-password')] } })
  const object = await settled(t, esOf('edited'), ({ status }) => status.observedGeneration === 2)
  t.same(textsOf(await get(secretOf('edited'))), { a: 'demo', c: 's3cr3t' })
  t.match(object.status.syncedResourceVersion, /^2-/)
  const events = await until(t, 'two events', async () => {
    const found = await eventsOf('edited')
    return found.length >= 2 ? found : undefined
  })
  t.same(events.map(({ type, reason, message }) => `${type} ${reason}: ${message}`).sort(), [
    'Normal Created: secret created',
    'Normal Updated: secret updated',
  ])
})

t.test('another target name moves the Secret', async t => {
  await make('renamed', { target: { name: 'old-name' }, data: [entry('k', '/apps/db-username')] })
  await patch(esOf('renamed'), { spec: { target: { name: 'new-name' } } })
  await settled(t, esOf('renamed'), ({ status }) => status.binding.name === 'new-name')
  t.same(textsOf(await get(secretOf('new-name'))), { k: 'demo' })
  await until(t, 'the old one gone', async () => ((await get(secretOf('old-name'))) ? undefined : true))
})

t.test('the Secret goes with its ExternalSecret', async t => {
  await make('gone', { data: [entry('k', '/apps/db-username')] })
  await remove(esOf('gone'))
  await until(t, 'the Secret collected', async () => ((await get(secretOf('gone'))) ? undefined : true))
  t.equal(await get(esOf('gone')), undefined, 'no finalizer holds it')
})

t.test('one that is deleted and made again at once gets its Secret again', async t => {
  const spec = { data: [entry('k', '/apps/db-username')] }
  let { metadata } = await make('reborn', spec)
  for (let round = 0; round < 5; round += 1) {
    await remove(esOf('reborn'))
    metadata = (await create(paths.externalSecrets, externalSecret('reborn', spec))).metadata
  }
  const ours = (secret: Json) => secret.metadata.ownerReferences?.[0]?.uid === metadata.uid
  await settled(t, esOf('reborn'), object => readyOf(object)?.status === 'True' && object.metadata.uid === metadata.uid)
  const secret = await settled(t, secretOf('reborn'), ours)
  t.same(textsOf(secret), { k: 'demo' })
  // the garbage collector works off its list: once a later Secret is collected, this one has been judged
  await make('bait', spec)
  await remove(esOf('bait'))
  await until(t, 'the bait collected', async () => ((await get(secretOf('bait'))) ? undefined : true))
  t.same(textsOf(await settled(t, secretOf('reborn'), ours)), { k: 'demo' })
})

t.test('of many edits in quick succession the last one counts', async t => {
  await make('hasty', { data: [entry('k', '/apps/db-username')] })
  for (let round = 1; round <= 20; round += 1)
    await patch(esOf('hasty'), { spec: { data: [entry(`k${round}`, '/apps/db-username')] } })
  await settled(t, esOf('hasty'), ({ status }) => status.observedGeneration === 21)
  t.same(textsOf(await get(secretOf('hasty'))), { k20: 'demo' })
})

t.test('the metrics follow, and forget what is gone', async t => {
  const [, metricsAt] = String(latchkey.ready['address']).split(' ')
  const metrics = async (name: string) => {
    const text = await (await fetch(`http://${metricsAt}/metrics`)).text()
    return text.split('\n').filter(line => line.includes(`{name="${name}",`))
  }
  const labels = `name="measured",namespace="${namespace}"`
  await make('measured', { data: [entry('k', '/apps/db-username')] })
  const lines = await until(t, 'them', async () => {
    const found = await metrics('measured')
    return found.length > 0 ? found : undefined
  })
  t.ok(lines.includes(`externalsecret_sync_calls_total{${labels}} 1`))
  t.ok(lines.includes(`externalsecret_status_condition{${labels},condition="Ready",status="True"} 1`))
  t.ok(lines.some(line => line.startsWith(`externalsecret_reconcile_duration{${labels}} `)))
  await remove(esOf('measured'))
  await until(t, 'nothing left', async () => ((await metrics('measured')).length === 0 ? true : undefined))
})

t.test('force-sync reads anew, and once', async t => {
  await make('forced', { data: [entry('k', '/moving/a')] })
  gateway.rotate('/moving/a', 'two')
  await force('forced', '1')
  await becomes(t, 'forced', 'k', 'two')
  const object = await settled(t, esOf('forced'), ({ metadata, status }) =>
    status.syncedResourceVersion.endsWith(metadataHash(metadata.annotations, metadata.labels)),
  )
  t.equal(readyOf(object).status, 'True')
  t.equal(reads('/moving/a'), 2)
})

t.test('a short interval picks up a new value by itself', async t => {
  const before = await make('short', { refreshInterval: '1s', data: [entry('k', '/moving/b')] })
  gateway.rotate('/moving/b', 'two')
  await becomes(t, 'short', 'k', 'two')
  const after = await settled(t, esOf('short'), ({ status }) => status.refreshTime !== before.status.refreshTime)
  t.equal(readyOf(after).lastTransitionTime, readyOf(before).lastTransitionTime, 'it was ready all the time')
  await remove(esOf('short'))
})

t.test('interval 0, CreatedOnce and OnChange do not read by time', async t => {
  await make('zero', { refreshInterval: '0', data: [entry('k', '/moving/c')] })
  await make('once', { refreshInterval: '1s', refreshPolicy: 'CreatedOnce', data: [entry('k', '/moving/d')] })
  await make('onchange', { refreshInterval: '1s', refreshPolicy: 'OnChange', data: [entry('k', '/moving/e')] })
  await make('clock', { refreshInterval: '1s', data: [entry('k', '/moving/b')] })
  for (const item of ['c', 'd', 'e']) gateway.rotate(`/moving/${item}`, 'two')
  const seen = reads('/moving/b')
  await until(t, 'another of the same interval refreshed twice', () =>
    reads('/moving/b') >= seen + 2 ? true : undefined,
  )
  await remove(esOf('clock'))
  for (const item of ['c', 'd', 'e']) t.equal(reads(`/moving/${item}`), 1, item)

  // a touch moves OnChange alone; only force-sync moves interval 0; nothing moves CreatedOnce
  for (const name of ['zero', 'once', 'onchange']) await patch(esOf(name), { metadata: { labels: { touched: 'yes' } } })
  await becomes(t, 'onchange', 'k', 'two')
  await force('once', '1')
  await force('zero', '1')
  await becomes(t, 'zero', 'k', 'two')
  t.equal(reads('/moving/c'), 2)
  t.same(textsOf(await get(secretOf('once'))), { k: 'one' })
  t.equal(reads('/moving/d'), 1)
})

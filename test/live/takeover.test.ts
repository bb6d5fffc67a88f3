// ESO is stopped and Latchkey started on what it leaves: nothing is written that need not be, nothing read before it is due, and
// ESO could take over again at any time.
import t, { type Test } from 'tap'
import { fieldManager } from '#core'
import { namespace as namespaceFor, request } from '../support/cluster.ts'
import {
  create,
  entry,
  get,
  type Json,
  patch,
  readyOf,
  remove,
  secretStore,
  settled,
  storeSpec,
  textsOf,
  whenReady,
} from '../support/objects.ts'
import { apply, esoWould, marks, sync, syncConfigMap, tell } from './takeover/eso.ts'
import { commandsOf, follow } from './takeover/page.ts'
import { data, longName, mediumName, type State, states, type Values } from './takeover/states.ts'
import {
  backdate,
  type Found,
  hour,
  leave,
  look,
  made,
  manifest,
  now,
  old,
  setUp,
  takeOver,
  targetOf,
} from './takeover/world.ts'
import { install } from './twin.ts'

await install()
const versions = (found: Found) =>
  Object.fromEntries([...found].map(([name, { secret }]) => [name, secret?.metadata.resourceVersion]))
const managers = ({ metadata }: Json): string[] => metadata.managedFields.map(({ manager }: Json) => manager).sort()
const bare = ({ metadata, ...rest }: Json) => {
  const { managedFields: _, resourceVersion: __, ...meta } = metadata
  return { ...rest, metadata: meta }
}

const world = await setUp(t)
for (const state of states) await leave(world, state)
const { paths, gateway } = world
const esOf = (name: string) => `${paths.externalSecrets}/${name}`
const secretOf = (name: string) => `${paths.secrets}/${name}`
const left = await look(world)
const timed = states.filter(({ later }) => later !== 'rests').map(({ name }) => name)

t.test('the fixtures are what ESO leaves, its faults included', async t => {
  const medium = left.get(mediumName)
  t.equal(mediumName.length, 42)
  t.match(medium?.secret.metadata, { labels: { team: 'one' }, annotations: { old: 'yes' } }, 'stale, and ESO kept them')
  t.notMatch(medium?.es.metadata.labels, { team: 'one' })
  t.ok(longName.length > 63)
  t.match(managers(left.get(longName)?.secret), [/\/sha3\/[0-9a-f]{56}$/])
  t.same(managers(left.get('merge')?.secret), [fieldManager('merge'), 'kubectl-create'])
  t.match(textsOf(left.get('merge')?.secret), { theirs: 'kept', a: 'a1', b: 'b1' })
  t.equal(left.get('missing')?.secret, undefined)
  t.match(left.get('owner')?.secret.metadata.annotations[marks.lastApplied], /"ExternalSecret"/)
  t.equal(left.get('owner')?.es.status.observedGeneration, undefined)
})

t.test('all of it is fresh: Latchkey writes nothing, and reads nothing', async t => {
  const latchkey = await takeOver(t, world)
  t.same(latchkey.writes(), [])
  t.same(latchkey.reads(), [])
  t.match(versions(await look(world)), versions(left))
})

t.test('a refresh is due and Akeyless holds the same: no Secret is written', async t => {
  await backdate(world, 2 * hour)
  const latchkey = await takeOver(t, world)
  t.same(latchkey.writes(), timed.map(name => `PATCH ${esOf(name)}/status`).sort(), 'one status each, for its time')
  const after = await look(world)
  for (const name of timed) {
    const reason = name === 'missing' ? 'SecretMissing' : 'SecretSynced'
    t.equal(readyOf(after.get(name)?.es)?.reason, reason, name)
  }
  t.same(latchkey.reads(), ['get-secret-value /take/a /take/b'], 'one call for all of them')
})

/** What ESO would find: the Secret as its own pass would leave it, under the managers that it knows. */
const handsBack = (t: Test, state: State, { es, secret }: { es: Json; secret: Json }, values: Values) => {
  const { 'latchkey.dev/force-sync': mark, ...annotations } = secret.metadata.annotations
  t.equal(mark, state.name === 'forced' ? '1' : undefined, 'the one thing that ESO would take away again')
  const next = bare(esoWould(es, secret, made(state, values)))
  t.same(next, { ...bare(secret), metadata: { ...bare(secret).metadata, annotations } }, `${state.name}: else nothing`)
  t.same(managers(secret), managers(left.get(state.name)?.secret), `${state.name}: no other field managers`)
}

t.test('a refresh is due and Akeyless holds other values: one write each, and ESO could go on from it', async t => {
  gateway.rotate('/take/a', now.a)
  gateway.rotate('/take/b', now.b)
  await backdate(world, 2 * hour)
  const before = await look(world)
  const latchkey = await takeOver(t, world)
  const after = await look(world)
  const follow = states.filter(({ later = 'follows' }) => later === 'follows')
  t.same(
    latchkey.writes().filter(line => line.includes('/secrets')),
    follow.map(({ name }) => `PUT ${secretOf(targetOf(after.get(name)?.es))}`).sort(),
  )
  for (const state of follow) {
    const { es, secret } = after.get(state.name) ?? {}
    const theirs = state.person ?? {}
    t.same(textsOf(secret), { ...theirs, ...made(state, now) }, state.name)
    handsBack(t, state, { es, secret }, now)
  }
  for (const { name } of states.filter(({ later = 'follows' }) => later !== 'follows'))
    t.same(bare(after.get(name)?.secret ?? { metadata: {} }), bare(before.get(name)?.secret ?? { metadata: {} }), name)
  const refused = readyOf(after.get('immutable')?.es)
  t.match(refused, { status: 'False', reason: 'SecretSyncedError' }, 'where ESO would say that all is well')
  t.match(refused.message, /immutable/)
  const medium = after.get(mediumName)?.secret.metadata
  t.notMatch(medium.labels, { team: 'one' }, 'the stale label that ESO forgot')
  t.notMatch(medium.annotations, { old: 'yes' })
})

t.test('an edit takes away what ESO wrote for the spec before, and leaves what others wrote', async t => {
  const latchkey = await takeOver(t, world)
  const names = ['owner', 'template', 'merge', longName]
  const foreign = { metadata: { labels: { foreign: 'kept' }, annotations: { foreign: 'kept' } } }
  for (const name of names) await patch(`${secretOf(name)}?fieldManager=kubectl-label`, foreign)
  const gone = { labels: { team: null, squad: 'two' } }
  for (const name of names) {
    const target = name === 'template' ? { template: { metadata: { labels: { app: null, shop: 'web' } } } } : {}
    const edit = { metadata: gone, spec: { data: [data[0]], target } }
    const template = { template: { data: { dsn: '{{ .a }}' } } }
    if (name === 'template')
      Object.assign(edit.spec.target, { template: { ...edit.spec.target.template, ...template.template } })
    await patch(esOf(name), edit)
  }
  for (const name of names) {
    await settled(t, esOf(name), ({ status }) => status.observedGeneration === 2)
    const secret = await get(secretOf(name))
    const own = name === 'template' ? { shop: 'web' } : { squad: 'two' }
    t.match(secret.metadata.labels, { ...own, foreign: 'kept' }, name)
    t.notOk(
      ['team', 'app'].some(label => label in secret.metadata.labels),
      name,
    )
    t.equal(secret.metadata.annotations.foreign, 'kept')
    const wanted = name === 'template' ? { dsn: now.a } : { a: now.a }
    t.same(textsOf(secret), { ...(name === 'merge' ? { theirs: 'kept' } : {}), ...wanted }, name)
    const es = await get(esOf(name))
    t.same(bare(esoWould(es, secret, wanted)), bare(secret), `${name}: ESO would have nothing to do`)
  }
  t.equal(latchkey.writes().filter(line => line.startsWith('PUT')).length, names.length, 'one write each')
})

t.test('where something is to be done, that is done and no more', async t => {
  const world = await setUp(t)
  const { namespace, paths, gateway } = world
  const esOf = (name: string) => `${paths.externalSecrets}/${name}`
  const secretOf = (name: string) => `${paths.secrets}/${name}`
  const added = { data: { hand: Buffer.from('added').toString('base64') } }
  for (const policy of ['Owner', 'CreateOrMerge', 'Orphan']) {
    const name = `added-${policy.toLowerCase()}`
    await leave(world, { name, spec: { target: { creationPolicy: policy } } })
    await patch(`${secretOf(name)}?fieldManager=kubectl-edit`, added)
  }
  await tell(await leave(world, { name: 'over' }), 'SecretSyncedError', new Date())
  const failed = await leave(world, { name: 'failed' })
  gateway.rotate('/take/a', now.a)
  gateway.rotate('/take/b', now.b)
  await patch(esOf('failed'), { spec: { target: { template: { metadata: { labels: { app: 'shop' } } } } } })
  await tell(failed, 'SecretSyncedError', new Date())
  const finds = {
    data: undefined,
    dataFrom: [{ find: { name: { regexp: '^/nothing' } } }],
    target: { deletionPolicy: 'Delete' },
  }
  await tell(await apply(namespace, manifest({ name: 'deleted', spec: finds })), 'SecretDeleted', new Date())
  await leave(world, { name: 'older', spec: { refreshPolicy: 'CreatedOnce' } })
  const { metadata } = await get(secretOf('older'))
  const ownerReferences = [{ ...metadata.ownerReferences[0], apiVersion: 'external-secrets.io/v1beta1' }]
  await patch(`${secretOf('older')}?fieldManager=${encodeURIComponent(fieldManager('older'))}`, {
    metadata: { ownerReferences },
  })
  // a person edits on while nobody is there
  await leave(world, { name: 'moved', spec: { target: { name: 'moved-before' } } })
  await patch(esOf('moved'), { spec: { target: { name: 'moved-now' } } })
  await leave(world, { name: 'switched' })
  await patch(esOf('switched'), { spec: { target: { creationPolicy: 'Orphan' } } })
  await leave(world, { name: 'leaving' })
  await remove(esOf('leaving'))
  t.ok((await get(esOf('leaving'))).metadata.deletionTimestamp)

  const latchkey = await takeOver(t, world)
  t.same(
    latchkey.writes(),
    [
      `PUT ${secretOf('added-owner')}`,
      `PUT ${secretOf('added-createormerge')}`,
      `PATCH ${esOf('over')}/status`,
      `PUT ${secretOf('failed')}`,
      `PATCH ${esOf('failed')}/status`,
      `PATCH ${esOf('leaving')}`,
      `POST ${paths.secrets}`,
      `DELETE ${secretOf('moved-before')}`,
      `PATCH ${esOf('moved')}/status`,
      `PUT ${secretOf('switched')}`,
      `PATCH ${esOf('switched')}/status`,
    ].sort(),
  )
  const read = 'get-secret-value /take/a /take/b'
  t.same(latchkey.reads().sort(), [read, 'list-items'], 'one read for all of them, and one search')
  t.same(textsOf(await get(secretOf('added-owner'))), now)
  t.same(textsOf(await get(secretOf('added-createormerge'))), { ...now, hand: 'added' })
  t.same(textsOf(await get(secretOf('added-orphan'))), { ...old, hand: 'added' })
  t.same(textsOf(await get(secretOf('over'))), old, 'it is mended without a read')
  const { data: mended, metadata: marked } = await get(secretOf('failed'))
  t.same(textsOf({ data: mended }), now)
  t.match(marked.labels, { app: 'shop' })
  t.same(textsOf(await get(secretOf('moved-now'))), now)
  const free = (await get(secretOf('switched'))).metadata
  t.same(free.labels, { [marks.managed]: 'true' }, 'no mark of an owner')
  t.equal(free.ownerReferences, undefined)
  for (const name of ['over', 'failed'])
    t.match(readyOf(await get(esOf(name))), { status: 'True', reason: 'SecretSynced' })
  t.equal(readyOf(await get(esOf('deleted')))?.reason, 'SecretDeleted')
  t.notOk(await get(esOf('leaving')))
})

t.test('a dynamic item that ESO leased is leased again when the refresh is due, and not before', async t => {
  const world = await setUp(t)
  const { namespace, paths, gateway } = world
  const leased = { data: [entry('user', '/apps/dynamic', 'user'), entry('password', '/apps/dynamic', 'password')] }
  await sync(
    await apply(namespace, manifest({ name: 'leased', spec: leased })),
    { user: 'u', password: 'p' },
    new Date(),
  )
  const first = await takeOver(t, world)
  t.same(first.writes(), [])
  t.same(gateway.leases(), [])
  await first.stop()

  await backdate(world, 2 * hour)
  await takeOver(t, world)
  t.equal(gateway.leases().length, 1)
  t.match(textsOf(await get(`${paths.secrets}/leased`)), { user: /^u\d/, password: /^p\d/ })
  t.ok((await get(`${paths.externalSecrets}/leased`)).status.nextRefreshTime)
})

t.test('an object of another kind is continued like a Secret', async t => {
  const world = await setUp(t)
  const { namespace, paths, gateway } = world
  const spec = { target: { manifest: { apiVersion: 'v1', kind: 'ConfigMap' } } }
  const es = await apply(namespace, manifest({ name: 'settings', spec, metadata: { labels: { team: 'one' } } }))
  await syncConfigMap(es, { ...old }, new Date())
  const configMap = `/api/v1/namespaces/${namespace}/configmaps/settings`
  const status = `PATCH ${paths.externalSecrets}/settings/status`
  const pass = async () => {
    const latchkey = await takeOver(t, world, ['--unsafe-allow-generic-targets'])
    await latchkey.lookAround()
    const did = { writes: latchkey.writes(), reads: latchkey.reads() }
    await latchkey.stop()
    await backdate(world, 2 * hour)
    return did
  }
  const reads = ['get-secret-value /take/a /take/b']
  t.same(await pass(), { writes: [], reads: [] }, 'fresh')
  t.same(await pass(), { writes: [status], reads }, 'due, and the same')
  gateway.rotate('/take/a', now.a)
  t.same(await pass(), { writes: [status, `PUT ${configMap}`], reads }, 'due, and other values')
  const { data, metadata } = await get(configMap)
  t.same(data, { a: now.a, b: old.b })
  t.same(managers({ metadata }), [fieldManager('settings')])
})

t.test('under a class of its own it takes over store by store, and gives back', async t => {
  const world = await setUp(t)
  const { namespace, paths, gateway } = world
  const path = `${paths.externalSecrets}/owner`
  for (const { name } of states.slice(0, 4)) await leave(world, states.find(state => state.name === name) as State)
  const [serve = '', handOver = '', show = '', giveBack = '', ...rest] = commandsOf('One namespace after the other', {
    NAMESPACE: namespace,
    STORE: 'store',
  })
  t.same(rest, [])
  // whose they are no store tells: ESO takes them, and so nobody else may
  const generatorRef = { apiVersion: 'generators.external-secrets.io/v1alpha1', kind: 'Password', name: 'p' }
  const generated = { secretStoreRef: undefined, data: undefined, dataFrom: [{ sourceRef: { generatorRef } }] }
  const long = new Date(Date.now() - 2 * hour)
  for (const [name, spec] of Object.entries({ generated, lost: { secretStoreRef: { name: 'nowhere' } } }))
    await sync(await apply(namespace, manifest({ name, spec })), { k: 'v' }, long)
  const flags = serve.split(' ').slice(serve.split(' ').indexOf('--controller-class'))
  const latchkey = await takeOver(t, world, flags)
  await create(paths.stores, secretStore('ours', { ...storeSpec(), controller: 'latchkey' }))
  await whenReady(t, `${paths.stores}/ours`)
  await latchkey.lookAround('ours')
  t.same(latchkey.writes(), [], "all of it is ESO's")

  await follow(handOver)
  await settled(t, `${paths.stores}/store`, ({ status }) => status.observedGeneration === 2)
  await latchkey.lookAround('ours')
  t.same(latchkey.writes(), [])
  t.same(latchkey.reads(), [])
  t.match(await follow(show), /store .* True[\s\S]*owner .* SecretSynced +True/)
  gateway.rotate('/take/a', now.a)
  await patch(path, { metadata: { labels: { edited: 'once' } } })
  await settled(t, path, ({ status }) => status.observedGeneration === 1)
  t.match(textsOf(await get(`${paths.secrets}/owner`)), { a: now.a })

  await follow(giveBack)
  latchkey.forget()
  gateway.rotate('/take/a', old.a)
  await patch(path, { metadata: { labels: { edited: 'twice' } } })
  await latchkey.lookAround('ours')
  t.same(latchkey.writes(), [])
  t.match(textsOf(await get(`${paths.secrets}/owner`)), { a: now.a })
})

t.test('the commands of the page stop ESO, start it again, and take it away', async t => {
  const eso = 'external-secrets'
  const namespace = await namespaceFor(t)
  const fill = { '-n external-secrets': `-n ${namespace}` }
  const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`
  const webhooks = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
  const replicas = async () => {
    const { items }: { items: Json[] } = await get(deployments)
    return Object.fromEntries(items.map(({ metadata, spec }) => [metadata.name, spec.replicas]))
  }
  const labels = { app: 'eso' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'eso', image: 'eso.invalid/eso:2.9.0' }] } }
  for (const name of [eso, `${eso}-webhook`, `${eso}-cert-controller`])
    await create(deployments, {
      metadata: { name },
      spec: { replicas: 1, selector: { matchLabels: labels }, template },
    })
  for (const name of ['secretstore-validate', 'externalsecret-validate'])
    await create(webhooks, { metadata: { name }, webhooks: [] })
  t.teardown(async () => {
    for (const name of ['secretstore-validate', 'externalsecret-validate'])
      await request('DELETE', `${webhooks}/${name}`)
  })

  const [install = '', stop = '', serve, show = '', start = '', ...rest] = commandsOf('All at once', fill)
  t.match(serve, /^npm run --silent latchkey -- serve /)
  t.same(rest, [])
  t.match(await follow(install), /externalsecrets\.external-secrets\.io serverside-applied/)
  await follow(stop)
  t.same(await replicas(), { [eso]: 0, [`${eso}-webhook`]: 1, [`${eso}-cert-controller`]: 1 })
  await follow(show)
  await follow(start)
  t.equal((await replicas())[eso], 1)
  for (const command of commandsOf('For good', fill)) await follow(command)
  t.same(await replicas(), { [eso]: 1, [`${eso}-webhook`]: 0, [`${eso}-cert-controller`]: 0 })
  t.notOk(await get(`${webhooks}/secretstore-validate`))
  t.notOk(await get(`${webhooks}/externalsecret-validate`))
  const [look = '', helm, ...more] = commandsOf('Before you begin')
  await follow(look)
  t.match(helm, /^helm upgrade /)
  t.same(more, [])
})

t.test('what is deleted while neither of the two runs goes when its finalizer is taken off', async t => {
  const world = await setUp(t)
  await leave(world, { name: 'stuck' })
  const path = `${world.paths.externalSecrets}/stuck`
  await remove(path)
  t.ok(await get(path))
  const fill = { NAMESPACE: world.namespace, NAME: 'stuck' }
  for (const command of commandsOf('When something is stuck', fill)) await follow(command)
  t.notOk(await get(path))
})

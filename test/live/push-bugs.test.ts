// The weaknesses of ESO's PushSecret (compatibility.md §5 and §9), each by name, and the guards that Latchkey has instead.
import t from 'tap'
import { request, until } from '../support/cluster.ts'
import { startLatchkey } from '../support/latchkey.ts'
import {
  clusterSecretStore,
  create,
  entry,
  externalSecret,
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
import { finalizer, openStage, pushSecret, syncedLine, tag, to } from './push/stage.ts'

const item = (path: string, value: string, tags: string[] = [tag]) =>
  ({ path, type: 'STATIC_SECRET', value, tags }) as const
const stage = await openStage(t, [
  item('/bugs/if-not-exists', '{"k":"theirs"}'),
  item('/bugs/untagged', '{"k":"theirs"}', []),
  item('/bugs/adopted', '{"k":"theirs","n":1.50}', []),
  item('/bugs/foreign-delete', '{"k":"v"}', []),
  item('/bugs/retagged', '{"k":"1"}'),
  item('/loop/item', 'one'),
  item('/loop/equal', 'one'),
  { path: '/bugs/dynamic', type: 'DYNAMIC_SECRET' },
  { path: '/bugs/rotated', type: 'ROTATED_SECRET', value: { a: 1 } },
])
const { secret, make, says, value, edit, gateway, pushOf, change, gone, annotate, namespace, paths } = stage
let latchkey = stage.latchkey
const start = async (): Promise<void> => {
  latchkey = await startLatchkey(t, stage.options)
}
const k = (path: string) => [to(path, 'k', 'k')]

t.test('mixed store kinds: a ClusterSecretStore and a SecretStore in one object both get it', async t => {
  const cluster = `push-${namespace}`
  t.teardown(() => request('DELETE', `${paths.clusterStores}/${cluster}`))
  const ofClass = await startLatchkey(t, { gateway, args: ['--controller-class', cluster] })
  const ours = { controller: cluster }
  await create(paths.clusterStores, clusterSecretStore(cluster, { ...storeSpec({ namespace }), ...ours }))
  await create(paths.stores, secretStore('mixed', { ...storeSpec(), ...ours }))
  await whenReady(t, `${paths.clusterStores}/${cluster}`)
  await whenReady(t, `${paths.stores}/mixed`)
  await secret('mixed', { k: 'v' })
  await create(
    paths.pushSecrets,
    pushSecret('mixed', {
      secretStoreRefs: [
        { kind: 'ClusterSecretStore', name: cluster },
        { kind: 'SecretStore', name: 'mixed' },
      ],
      data: k('/bugs/mixed'),
    }),
  )
  const object = await says(t, 'mixed', syncedLine)
  t.same(Object.keys(object.status.syncedPushSecrets).sort(), [`ClusterSecretStore/${cluster}`, 'SecretStore/mixed'])
  t.equal(value('/bugs/mixed'), '{"k":"v"}')
  await ofClass.stop()
})

t.test('stuck finalizer: an item that is gone already counts as deleted', async t => {
  await secret('absent', { k: 'v', other: 'o' })
  await make('absent', {
    deletionPolicy: 'Delete',
    data: [to('/bugs/absent', 'k', 'k'), to('/bugs/absent-whole', 'k')],
  })
  t.same((await says(t, 'absent', syncedLine)).metadata.finalizers, [finalizer])
  gateway.remove('/bugs/absent')
  gateway.remove('/bugs/absent-whole')
  await stage.remove('absent')
  await gone(t, 'absent')
})

t.test('stuck finalizer: deletionPolicy None takes it off an object that waits', async t => {
  await gateway.put({ ...item('/bugs/stuck', '{"k":"v"}'), deleteProtection: true })
  await secret('stuck', { k: 'v' })
  await make('stuck', { deletionPolicy: 'Delete', data: k('/bugs/stuck') })
  await says(t, 'stuck', syncedLine)
  await stage.remove('stuck')
  await settled(t, pushOf('stuck'), object => /is protected from deletion/.test(readyOf(object)?.message))
  await change('stuck', { deletionPolicy: 'None' })
  await gone(t, 'stuck')
  t.equal(value('/bugs/stuck'), '{"k":"v"}')
})

t.test(
  'stuck finalizer: a store that is gone is not waited for, and what was pushed through it is deleted all the same',
  async t => {
    await create(paths.stores, secretStore('brief'))
    await whenReady(t, `${paths.stores}/brief`)
    await secret('storeless', { k: 'v' })
    await make('storeless', {
      secretStoreRefs: [{ name: 'brief' }],
      deletionPolicy: 'Delete',
      data: k('/bugs/storeless'),
    })
    await says(t, 'storeless', syncedLine)
    await remove(`${paths.stores}/brief`)
    await stage.remove('storeless')
    await gone(t, 'storeless')
    t.equal(value('/bugs/storeless'), undefined)
  },
)

t.test('stuck finalizer: where nobody knows the way any more, the items are left and an event says which', async t => {
  await create(paths.stores, secretStore('lost'))
  await whenReady(t, `${paths.stores}/lost`)
  await secret('unknown', { k: 'v' })
  const first = await startLatchkey(t, stage.options)
  await stage.latchkey.stop()
  await make('unknown', { secretStoreRefs: [{ name: 'lost' }], deletionPolicy: 'Delete', data: k('/bugs/unknown') })
  await says(t, 'unknown', syncedLine)
  await first.stop()
  await remove(`${paths.stores}/lost`)
  await stage.remove('unknown')
  await start()
  await gone(t, 'unknown')
  t.equal(value('/bugs/unknown'), '{"k":"v"}')
  await until(t, 'the event', async () => {
    const { items } = await get(paths.events)
    return items.find(
      ({ involvedObject, message }: Json) =>
        involvedObject.name === 'unknown' && /property "k" of item "\/bugs\/unknown" is left: .*is gone/.test(message),
    )
  })
})

t.test('whole-Secret leak: secretKey without property gives that key alone, in dataTo as well', async t => {
  await secret('leak', { pw: '1', other: 'TOPSECRET' })
  await make('leak', {
    data: [to('/bugs/leak', 'pw')],
    dataTo: [
      {
        storeRef: { name: 'store' },
        match: { regexp: '^other$' },
        rewrite: [{ regexp: { source: '^', target: '/bugs/leak-' } }],
      },
    ],
  })
  await says(t, 'leak', syncedLine)
  t.equal(value('/bugs/leak'), '1')
  t.equal(value('/bugs/leak-other'), 'TOPSECRET')
})

t.test('a template error sets a condition', async t => {
  await secret('template', { k: 'v' })
  await make('template', { template: { data: { x: '{{ .none }}' } }, data: [to('/bugs/template', 'x')] })
  await says(t, 'template', /^False Errored: spec\.template\.data\.x: .*none/)
  t.equal(value('/bugs/template'), undefined)
  await change('template', { template: { data: { x: 'is {{ .k }}' } } })
  await says(t, 'template', syncedLine)
  t.equal(value('/bugs/template'), 'is v')
})

t.test('a label selector with zero Secrets: not synced, and what was pushed is not forgotten', async t => {
  const selector = { secret: { selector: { matchLabels: { zero: 'yes' } } } }
  const none =
    'False Errored: spec.selector.secret.selector: no Secret in this namespace has these labels → label a Secret, or correct the selector'
  await make('zero', { selector, data: [to('/bugs/zero', 'k')] })
  await says(t, 'zero', none)
  await secret('zero', { k: 'v' }, { zero: 'yes' })
  await says(t, 'zero', syncedLine)
  await remove(stage.secretOf('zero'))
  const kept = await says(t, 'zero', none)
  t.same(Object.keys(kept.status.syncedPushSecrets['SecretStore/store']), ['/bugs/zero'], 'still known')
  await change('zero', { deletionPolicy: 'Delete' })
  const cleaned = await says(t, 'zero', /^False SourceDeleted: /)
  t.same(cleaned.status.syncedPushSecrets ?? {}, {})
  t.equal(value('/bugs/zero'), undefined)
  await secret('zero', { k: 'again' }, { zero: 'yes' })
  await says(t, 'zero', syncedLine)
  t.equal(value('/bugs/zero'), 'again')
})

t.test('IfNotExists entries are not deletable later', async t => {
  await secret('ine', { k: 'v' })
  await make('ine', {
    updatePolicy: 'IfNotExists',
    deletionPolicy: 'Delete',
    data: [...k('/bugs/if-not-exists'), to('/bugs/ine-new', 'k')],
  })
  const object = await says(t, 'ine', `${syncedLine}. Existing secrets in providers unchanged.`)
  t.same(Object.keys(object.status.syncedPushSecrets['SecretStore/store']), ['/bugs/ine-new'])
  await stage.remove('ine')
  await gone(t, 'ine')
  t.equal(value('/bugs/if-not-exists'), '{"k":"theirs"}')
  t.equal(value('/bugs/ine-new'), undefined)
})

t.test('an item without the tag is not overwritten, until the annotation says so, and never deleted', async t => {
  await secret('adopt', { k: 'ours' })
  await make('adopt', { deletionPolicy: 'Delete', data: k('/bugs/adopted') })
  const refused = await says(
    t,
    'adopt',
    /^False Errored: spec\.data\[0\]: item "\/bugs\/adopted" exists, and no PushSecret made it/,
  )
  t.match(refused.status.faults, [{ code: 'RemoteUnmanaged', path: 'spec.data[0]' }])
  await annotate('adopt', { 'latchkey.dev/adopt-remote': 'true' })
  await says(t, 'adopt', syncedLine)
  t.equal(value('/bugs/adopted'), '{"k":"ours","n":1.50}')
  await stage.remove('adopt')
  await gone(t, 'adopt')
  t.equal(value('/bugs/adopted'), '{"k":"ours","n":1.50}', 'it lacks the tag')
})

t.test('an item that is equal but not ours is left, whatever deletionPolicy says', async t => {
  await secret('equal', { k: 'v' })
  await make('equal', { deletionPolicy: 'Delete', data: k('/bugs/foreign-delete') })
  await says(t, 'equal', syncedLine)
  await stage.remove('equal')
  await gone(t, 'equal')
  t.equal(value('/bugs/foreign-delete'), '{"k":"v"}')
})

t.test('an item that somebody made anew in the place of ours is not overwritten', async t => {
  await secret('retagged', { k: '1' })
  await make('retagged', { data: k('/bugs/retagged') })
  await says(t, 'retagged', syncedLine)
  await edit('retagged', { k: '2' })
  await until(t, 'the change', () => (value('/bugs/retagged') === '{"k":"2"}' ? true : undefined))
  await gateway.put(item('/bugs/retagged', '{"k":"a person’s"}', []))
  await edit('retagged', { k: '3' })
  await says(t, 'retagged', /no PushSecret made it/)
  t.equal(value('/bugs/retagged'), '{"k":"a person’s"}')
})

t.test('a dynamic or rotated item is never read for a push', async t => {
  await secret('types', { k: 'v' })
  await make('types', { data: [...k('/bugs/dynamic'), ...k('/bugs/rotated')] })
  await says(
    t,
    'types',
    /^False Errored: spec\.data\[0\]: item "\/bugs\/dynamic" is no static item.*; spec\.data\[1\]: item "\/bugs\/rotated" is no static item/,
  )
  t.same(gateway.leases(), [])
  t.notOk(stage.calls().some(call => /^get-.*(dynamic|rotated)/.test(call)))
  // and one that becomes so later
  await secret('became', { k: 'v' })
  await make('became', { data: k('/bugs/became') })
  await says(t, 'became', syncedLine)
  await gateway.put({ path: '/bugs/became', type: 'DYNAMIC_SECRET' })
  await edit('became', { k: 'w' })
  await says(t, 'became', /is no static item/)
  t.same(gateway.leases(), [])
})

t.test('an update that somebody else precedes is merged with theirs, not lost', async t => {
  await secret('race', { k: '1' })
  await make('race', { data: k('/bugs/race') })
  await says(t, 'race', syncedLine)
  // between our read and our write
  const held = gateway.hold('update-secret-val', 'before', '/bugs/race')
  await edit('race', { k: '2' })
  await held.arrived
  gateway.rotate('/bugs/race', '{"k":"1","theirs":12345678901234567890}')
  held.drop()
  await until(t, 'both', () => (value('/bugs/race') === '{"k":"2","theirs":12345678901234567890}' ? true : undefined))
})

t.test('where somebody else writes between our read and our write, last-version tells it', async t => {
  await secret('moved', { k: '1' })
  await make('moved', { data: k('/bugs/moved') })
  await says(t, 'moved', syncedLine)
  const held = gateway.hold('get-secret-value', 'after', '/bugs/moved')
  const before = gateway.journal().length
  await edit('moved', { k: '2' })
  await held.arrived
  // a new version, which our value does not know of
  gateway.rotate('/bugs/moved', '{"k":"1","theirs":1.50}')
  held.release()
  await until(t, 'both', () => (value('/bugs/moved') === '{"k":"2","theirs":1.50}' ? true : undefined))
  // others of this file are tried again meanwhile
  const made = () =>
    gateway
      .journal()
      .slice(before)
      .flatMap(({ op, status, names }) => (names.includes('/bugs/moved') ? [`${op} ${status}`] : []))
  // the journal has a call when it is answered, a moment after its work
  await until(t, 'the update in the journal', () => made().includes('update-secret-val 200') || undefined)
  t.same(
    made(),
    [
      'get-secret-value 200',
      'update-secret-val 409',
      'describe-item 200',
      'get-secret-value 200',
      'update-secret-val 200',
    ],
    'in one pass',
  )
})

t.test('a failing push keeps the union of what was pushed', async t => {
  await secret('union', { k: 'v', j: 'w' })
  await make('union', { deletionPolicy: 'Delete', data: [to('/bugs/union-a', 'k')] })
  await says(t, 'union', syncedLine)
  const order = { op: 'create-secret', name: '/bugs/union-b', times: 100_000 }
  const mend = gateway.fail({ ...order, status: 400, body: { error: 'no' } })
  await change('union', { data: [to('/bugs/union-b', 'j')] })
  const failed = await says(
    t,
    'union',
    /^False Errored: spec\.data\[0\]: SecretStore "store": gateway api\.akeyless\.io refuses create-secret of item "\/bugs\/union-b" \(HTTP 400\)/,
  )
  t.same(Object.keys(failed.status.syncedPushSecrets['SecretStore/store']).sort(), ['/bugs/union-a', '/bugs/union-b'])
  t.equal(value('/bugs/union-a'), 'v', 'nothing is deleted meanwhile')
  mend()
  const object = await says(t, 'union', syncedLine)
  t.same(Object.keys(object.status.syncedPushSecrets['SecretStore/store']), ['/bugs/union-b'])
  t.equal(value('/bugs/union-a'), undefined)
})

t.test('too many requests: the gateway is asked again when it said so', async t => {
  await secret('limited', { k: '1' })
  await make('limited', { data: k('/bugs/limited') })
  await says(t, 'limited', syncedLine)
  const order = { op: 'get-secret-value', name: '/bugs/limited', body: { error: 'slow down' } }
  gateway.fail({ ...order, status: 429, headers: { 'retry-after': '2' } })
  await edit('limited', { k: '2' })
  await until(t, 'the value', () => (value('/bugs/limited') === '{"k":"2"}' ? true : undefined))
  const told = latchkey.lines().find(({ msg, name }) => msg === 'not synced' && name === 'limited')
  t.match(JSON.stringify(told?.['fault']), /too many requests/)
  // others of this file are tried again meanwhile, and may have been on their way
  const calls = gateway.journal().filter(({ names }) => names.includes('/bugs/limited'))
  const refusedAt = calls.findIndex(({ status }) => status === 429)
  const pause = calls[refusedAt + 1]!.at.getTime() - calls[refusedAt]!.at.getTime()
  t.ok(pause >= 1_900, `${pause} ms`)
})

t.test('objects of another controller class are left alone', async t => {
  await create(paths.stores, secretStore('eso', { ...storeSpec(), controller: 'eso' }))
  await secret('foreign', { k: 'v' })
  await make('foreign', { secretStoreRefs: [{ name: 'eso' }], deletionPolicy: 'Delete', data: k('/bugs/foreign') })
  await until(t, 'a look at it', () =>
    latchkey.lines().find(({ msg, name, kind }) => msg === 'left alone' && name === 'foreign' && kind === 'PushSecret'),
  )
  const object: Json = await stage.object('foreign')
  t.equal(object.status, undefined)
  t.notOk(object.metadata.finalizers)
  t.equal(value('/bugs/foreign'), undefined)
})

t.test('a store that no label has is said, where ESO is silent', async t => {
  await secret('nostore', { k: 'v' })
  await make('nostore', {
    secretStoreRefs: [{ kind: 'SecretStore', labelSelector: { matchLabels: { none: 'such' } } }],
    data: k('/bugs/nostore'),
  })
  await says(
    t,
    'nostore',
    'False Errored: spec.secretStoreRefs[0].labelSelector: no SecretStore has these labels → label a store, or name one',
  )
})

t.test('loop guard: an ExternalSecret and a PushSecret on one item and Secret do not chase each other', async t => {
  const reads = () =>
    gateway.journal().filter(({ op, names }) => /^(update|create)/.test(op) && names.includes('/loop/item')).length
  await create(
    paths.externalSecrets,
    externalSecret('loop', { refreshInterval: '1s', target: { name: 'loop' }, data: [entry('k', '/loop/item')] }),
  )
  await whenReady(t, `${paths.externalSecrets}/loop`)
  await make('loop', { data: [to('/loop/item', 'k')] })
  await says(t, 'loop', syncedLine)
  t.equal(reads(), 0, 'equal values: nothing is sent')
  // a hand-edit is repaired, and never pushed
  await edit('loop', { k: 'by hand' })
  const { metadata } = await settled(t, stage.secretOf('loop'), object => textsOf(object)['k'] === 'one')
  const repaired = await settled(t, pushOf('loop'), ({ status }) => status.sourceVersion === metadata.resourceVersion)
  t.match(readyOf(repaired), { status: 'True', reason: 'Synced' })
  t.equal(reads(), 0)
  t.equal(value('/loop/item'), 'one')
  // a new value that the ExternalSecret has not read yet is not overwritten with the old one
  await patch(`${paths.externalSecrets}/loop`, { spec: { refreshInterval: '1h' } })
  await settled(t, `${paths.externalSecrets}/loop`, ({ status }) => status.observedGeneration === 2)
  gateway.rotate('/loop/item', 'two')
  await annotate('loop', { 'force-sync': '1' })
  await says(
    t,
    'loop',
    /^False Errored: spec\.data\[0\]: ExternalSecret "loop" makes Secret "loop" from item "\/loop\/item", and the two differ; nothing is pushed → push to another item/,
  )
  t.equal(value('/loop/item'), 'two')
  t.equal(reads(), 0)
})

t.test('an object that ESO left is taken over: its entries are known and deleted', async t => {
  await gateway.put(item('/eso/old', '{"k":"v"}'))
  await secret('taken', { k: 'v' })
  await latchkey.stop()
  await make('taken', { deletionPolicy: 'Delete', data: k('/eso/new') }, { finalizers: [finalizer] })
  await patch(`${pushOf('taken')}/status`, {
    status: {
      refreshTime: '2026-01-01T00:00:00Z',
      syncedResourceVersion: '1-0',
      syncedPushSecrets: {
        'SecretStore/store': {
          '/eso/old/k': {
            match: { secretKey: 'k', remoteRef: { remoteKey: '/eso/old', property: 'k' } },
            conversionStrategy: 'None',
          },
        },
      },
      conditions: [{ type: 'Ready', status: 'True', reason: 'Synced', message: 'PushSecret synced successfully' }],
    },
  })
  await start()
  await settled(t, pushOf('taken'), ({ status }) => status.observedGeneration === 1)
  t.equal(value('/eso/old'), undefined)
  t.equal(value('/eso/new'), '{"k":"v"}')
})

// What of an item is deleted where something else is pushed to it as well.
import t from 'tap'
import { Fault } from '#core'
import { clusterStore, secretStore } from './build.ts'
import { leaving, pushedTo, pushSecret, pushStage, to, turns } from './pushing.ts'

const at = 'https://gateway.example.com /a'
const secretRefOf = (name: string) => ({
  accessID: { name, key: 'accessId' },
  accessType: { name, key: 'accessType' },
  accessTypeParam: { name, key: 'accessTypeParam' },
})
const storeOf = (namespace: string) => secretStore({ metadata: { namespace, uid: `uid-${namespace}` } })
const wide = clusterStore({ metadata: { name: 'wide', uid: 'uid-wide' } })

/** One that pushed /a and goes; `store` as its record names it. */
const going = (store: string, namespace = 'demo', more: object = {}) =>
  pushSecret({
    metadata: { name: 'going', namespace, uid: `uid-going-${namespace}`, ...leaving },
    spec: { deletionPolicy: 'Delete', secretStoreRefs: [refTo(store)] },
    status: pushedTo(store, '/a'),
    ...more,
  })
const refTo = (store: string) => {
  const [kind = '', name = ''] = store.split('/')
  return { kind, name }
}
/** One that pushed it too, and stays as it is. */
const staying = (store: string, namespace = 'demo', metadata: object = {}) =>
  pushSecret({
    metadata: { name: 'staying', namespace, uid: `uid-staying-${namespace}`, ...metadata },
    spec: { secretStoreRefs: [refTo(store)] },
    status: pushedTo(store, 'a'),
  })

const cases = [
  { name: 'another of the namespace, by the same store', other: staying('SecretStore/main'), stays: true },
  { name: 'another of the namespace, by another store', other: staying('SecretStore/second'), stays: true },
  { name: 'one that goes too', other: staying('SecretStore/main', 'demo', leaving), stays: false },
  { name: 'one of another namespace, by a store of its own', other: staying('SecretStore/main', 'else'), stays: false },
  { name: 'one whose store leads elsewhere', other: staying('SecretStore/far'), stays: false },
]
for (const { name, other, stays } of cases)
  t.test(`what is pushed by ${name}, ${stays ? 'stays' : 'goes'}`, async t => {
    const second = secretStore({ metadata: { name: 'second', uid: 'uid-second' } })
    const far = secretStore({
      metadata: { name: 'far', uid: 'uid-far' },
      akeyless: { akeylessGWApiURL: 'https://far.example.com' },
    })
    const stores = [secretStore(), second, far, storeOf('else')]
    const stage = pushStage({ stores, namespaces: ['demo', 'else'], pushSecrets: [other] })
    const { items, said, show } = stage
    items.set(at, 'of demo')
    await show(going('SecretStore/main'))
    t.same([...items.keys()], stays ? [at] : [])
    const line = 'spec.deletionPolicy: item "/a" is left: PushSecret "staying" pushes to it too'
    t.equal(
      said.some(each => each.startsWith(line)),
      stays,
    )
  })

t.test('what all namespaces push through one ClusterSecretStore goes with the last of them', async t => {
  const id = 'ClusterSecretStore/wide'
  const { items, said, show } = pushStage({
    clusterStores: [wide],
    namespaces: ['demo', 'else', 'ops'],
    pushSecrets: [staying(id, 'else')],
  })
  items.set(at, 'of else')
  await show(going(id))
  t.same([...items.keys()], [at])
  t.match(said.at(-1), /item "\/a" is left: a PushSecret of another namespace pushes to it too/)
  t.notOk(
    said.some(line => line.includes('staying')),
    'whose it is, is none of their business',
  )
  await show(going(id, 'else', { metadata: { ...staying(id, 'else').metadata, ...leaving } }))
  t.same([...items.keys()], [])
})

t.test('where properties are pushed in place of the whole Secret, what was in it is left and told', async t => {
  const metadata = { generation: 2, uid: 'uid-push', finalizers: leaving.finalizers }
  const { match } = to('/a')
  const data = [{ match: { ...match, remoteRef: { ...match.remoteRef, property: 'k' } } }]
  const status = { ...pushedTo('SecretStore/main', '/a'), syncedResourceVersion: '1-x' }
  const object = pushSecret({ metadata, spec: { deletionPolicy: 'Delete', data }, status })
  const { items, said, run, seen } = pushStage({ stores: [secretStore()], pushSecrets: [object] })
  items.set(at, '{"k":"old","pw":"s"}')
  await run()
  t.same([...items.values()], ['{"k":"of demo","pw":"s"}'])
  t.same(Object.keys(seen('demo/push').status?.syncedPushSecrets?.['SecretStore/main'] ?? {}), ['/a/k'])
  t.ok(said.some(line => line.includes('is left, and with it what was pushed to it of the whole Secret')))
})

const second = secretStore({ metadata: { name: 'second', uid: 'uid-second' } })
const property = (name: string) => ({
  match: { secretKey: 'k', remoteRef: { remoteKey: '/a', property: name } },
})

t.test('two that give members to one item through two stores lose none', async t => {
  const objects = ['main', 'second'].map(name =>
    pushSecret({
      metadata: { name, uid: `uid-${name}` },
      spec: { secretStoreRefs: [{ name }], data: [property(name)] },
    }),
  )
  const both = Promise.withResolvers<void>()
  let looks = 0
  const { items, run } = pushStage({
    stores: [secretStore(), second],
    pushSecrets: objects,
    // nobody writes before both have looked
    before: ({ op }) => {
      if (op === 'value' && ++looks === 2) both.resolve()
      return op === 'update' ? both.promise : undefined
    },
  })
  items.set(at, '{"x":"1"}')
  await run()
  t.same(JSON.parse(items.get(at) ?? ''), { x: '1', main: 'of demo', second: 'of demo' })
})

t.test('what two leave at once is deleted', async t => {
  const id = 'ClusterSecretStore/wide'
  const objects = ['demo', 'else'].map(namespace =>
    pushSecret({
      metadata: { namespace, uid: `uid-${namespace}`, generation: 2, finalizers: leaving.finalizers },
      spec: { deletionPolicy: 'Delete', secretStoreRefs: [refTo(id)], data: [to(`/new/${namespace}`)] },
      status: { ...pushedTo(id, '/a'), syncedResourceVersion: '1-x' },
    }),
  )
  const { items, run } = pushStage({ clusterStores: [wide], namespaces: ['demo', 'else'], pushSecrets: objects })
  items.set(at, 'old')
  await run()
  t.notOk(items.has(at))
})

t.test('what somebody has just found well is not deleted under him', async t => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const fresh = pushSecret({
    metadata: { name: 'fresh', uid: 'uid-fresh' },
    spec: { deletionPolicy: 'Delete', data: [to('/a'), to('/slow')] },
  })
  const { items, pushes, seen, show } = pushStage({
    stores: [secretStore()],
    pushSecrets: [fresh],
    before: ({ at }) => (at.endsWith('/slow') ? promise : undefined),
  })
  items.set(at, 'of demo')
  pushes.start()
  await turns()
  const shown = show(going('SecretStore/main'))
  await turns()
  resolve()
  await shown
  t.ok(items.has(at))
  t.ok(seen('demo/fresh').status?.syncedPushSecrets?.['SecretStore/main']?.['/a'])
})

const accounts = { other: { accessId: 'p-other', accessType: 'api_key', accessTypeParam: 'key' } }
const elsewhere = secretStore({
  metadata: { name: 'elsewhere', uid: 'uid-elsewhere' },
  akeyless: { authSecretRef: { secretRef: secretRefOf('other') } },
})

t.test(
  'a store of another identity may lead to another account: what it pushes is not taken for ours, nor ours deleted',
  async t => {
    const moved = pushSecret({
      metadata: { uid: 'uid-push', generation: 2, finalizers: leaving.finalizers },
      spec: { deletionPolicy: 'Delete', secretStoreRefs: [{ name: 'elsewhere' }] },
      status: { ...pushedTo('SecretStore/main', '/a'), syncedResourceVersion: '1-x' },
    })
    const { state, items, said, run } = pushStage({ stores: [secretStore(), elsewhere], pushSecrets: [moved] })
    state.credentials.secrets['demo/other'] = accounts.other
    items.set(at, 'of demo')
    await run()
    t.ok(items.has(at))
    t.ok(said.some(line => line.includes('is left: another store pushes to this path now, perhaps of another account')))
  },
)

t.test('nor does one of another identity keep what is ours', async t => {
  const theirs = pushSecret({
    metadata: { name: 'theirs', uid: 'uid-theirs' },
    spec: { secretStoreRefs: [{ name: 'elsewhere' }] },
  })
  const { state, items, run, show } = pushStage({ stores: [secretStore(), elsewhere], pushSecrets: [theirs] })
  state.credentials.secrets['demo/other'] = accounts.other
  await run()
  t.ok(items.has(at))
  await show(going('SecretStore/main'))
  t.notOk(items.has(at), 'the stage has one account, so that the call is seen')
})

const forms = [
  { name: 'with a slash more', was: 'a', data: [to('/a')] },
  { name: 'as another form of the same name', was: '/a/b', data: [property('b')] },
]
for (const { name, was, data } of forms)
  t.test(`an entry that is written ${name}: what it made is not forgotten`, async t => {
    const spec = { deletionPolicy: 'Delete', updatePolicy: 'IfNotExists', data: [...data, to('/no')] }
    const metadata = { uid: 'uid-push', generation: 2, finalizers: leaving.finalizers }
    const status = { ...pushedTo('SecretStore/main', was), syncedResourceVersion: '1-x' }
    let denies = true
    const { items, pushes, run, seen, show } = pushStage({
      stores: [secretStore()],
      pushSecrets: [pushSecret({ metadata, spec, status })],
      before: ({ op, at: place }) => {
        if (denies && op === 'create' && place.endsWith('/no')) throw new Fault('AccessDenied', 'denied')
      },
    })
    items.set(`https://gateway.example.com ${was.startsWith('/') ? was : `/${was}`}`, 'of demo')
    await run()
    denies = false
    pushes.queue.add('demo/push', 'fresh')
    await pushes.queue.idle()
    const last = seen('demo/push').status ?? {}
    await show(pushSecret({ metadata: { ...metadata, ...leaving }, spec, status: last }))
    t.same([...items.keys()], [])
  })

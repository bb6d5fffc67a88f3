// What of an item is deleted where something else is pushed to it as well.
import t from 'tap'
import { clusterStore, secretStore } from './build.ts'
import { leaving, pushedTo, pushSecret, pushStage, to } from './pushing.ts'

const at = 'https://gateway.example.com /a'
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

// What one tenant's PushSecrets must not do to another's: the ways that an attacker found, each closed.
import t from 'tap'
import { Fault } from '#core'
import { ago, clusterStore, secretStore } from './build.ts'
import { leaving, pushedTo, pushSecret, pushStage, to, turns } from './pushing.ts'

const gateway = 'https://gateway.example.com'
const slow = 'https://slow.example.com'
const shared = [{ kind: 'ClusterSecretStore', name: 'shared' }]

/** As a ServiceAccount of the namespace that uses it. */
const referent = { kubernetesAuth: { accessID: 'p-1', k8sConfName: 'c', serviceAccountRef: { name: 'app' } } }

t.test('the last way through a store that is gone belongs to the object that used it', async t => {
  const metadata = { name: 'shared', uid: 'uid-shared' }
  const spec = { conditions: [{ namespaces: ['victim'] }] }
  const store = clusterStore({ metadata, spec, akeyless: { authSecretRef: referent } })
  const mine = { namespace: 'victim', uid: 'uid-victim' }
  const victim = pushSecret({
    metadata: mine,
    spec: { secretStoreRefs: shared, deletionPolicy: 'Delete', data: [to('/victim/db')] },
  })
  const clusterStores = [store]
  const { items, calls, pushes, run, seen, show } = pushStage({
    clusterStores,
    namespaces: ['victim', 'evil'],
    pushSecrets: [victim],
  })
  await run()
  t.same([...items.keys()], [`${gateway} /victim/db`])
  clusterStores.pop()
  pushes.onStoreEdit({ type: 'deleted', key: 'shared', object: store })
  pushes.onStore(store)
  await pushes.queue.idle()
  calls.splice(0)

  const others = [
    { namespace: 'evil', uid: 'uid-evil' },
    { namespace: 'victim', name: 'push-2', uid: 'uid-victim-2' },
  ]
  for (const each of others) {
    const status = pushedTo('ClusterSecretStore/shared', '/victim/db')
    await show(pushSecret({ metadata: { ...each, ...leaving }, spec: { deletionPolicy: 'Delete' }, status }))
    t.same(calls, [], each.uid)
  }
  const { status = {} } = seen('victim/push')
  await show(pushSecret({ metadata: { ...mine, ...leaving }, spec: victim.spec, status }))
  t.same([...items.keys()], [], 'the one that pushed it still gets there')
})

const renames = [
  { was: gateway, stays: true },
  { was: `${gateway}/`, stays: true },
  { was: `${gateway}:443/v2`, stays: true },
  { was: slow, stays: false },
]
for (const { was, stays } of renames)
  t.test(`a store is renamed, from ${was}: the item ${stays ? 'stays' : 'there goes'}`, async t => {
    const old = secretStore({ metadata: { name: 'old', uid: 'uid-old' }, akeyless: { akeylessGWApiURL: was } })
    const metadata = { generation: 2, uid: 'uid-push', finalizers: leaving.finalizers }
    const status = { ...pushedTo('SecretStore/old', '/a'), syncedResourceVersion: '1-x', refreshTime: ago(10) }
    const object = pushSecret({ metadata, spec: { deletionPolicy: 'Delete' }, status })
    const { items, run, seen } = pushStage({ stores: [old, secretStore()], pushSecrets: [object] })
    items.set(`${stays ? gateway : slow} /a`, 'of demo')
    await run()
    t.same([...items.keys()], [`${gateway} /a`])
    t.same(Object.keys(seen('demo/push').status?.syncedPushSecrets ?? {}), ['SecretStore/main'])
  })

/** Calls to the slow gateway wait until it opens. */
const gate = () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { before: ({ at }: { at: string }) => (at.startsWith(slow) ? promise : undefined), open: resolve }
}
const slowStore = secretStore({
  metadata: { namespace: 'evil', name: 'slow', uid: 'uid-slow' },
  akeyless: { akeylessGWApiURL: slow },
})
const storeOf = (namespace: string) => secretStore({ metadata: { namespace, uid: `uid-${namespace}` } })
const victim = pushSecret({ metadata: { namespace: 'victim', uid: 'uid-victim' } })
const isReady = ({ status }: ReturnType<typeof pushSecret>) =>
  status?.conditions?.map(condition => condition.status).join()

t.test('who pushes to a gateway that hangs as well keeps nobody from an item of another', async t => {
  const secretStoreRefs = [{ name: 'main' }, { name: 'slow' }]
  const evil = pushSecret({ metadata: { namespace: 'evil', uid: 'uid-evil' }, spec: { secretStoreRefs } })
  const { before, open } = gate()
  const { calls, pushes, seen, show } = pushStage({
    stores: [storeOf('evil'), slowStore, storeOf('victim')],
    namespaces: ['evil', 'victim'],
    pushSecrets: [evil],
    before,
  })
  pushes.start()
  await turns()
  t.same(calls.map(({ at }) => at).toSorted(), [`${gateway} /a`, `${slow} /a`])
  const shown = show(victim)
  await turns()
  t.equal(isReady(seen('victim/push')), 'True')
  t.equal(isReady(seen('evil/push')), undefined, 'it waits')
  open()
  await shown
  t.equal(isReady(seen('evil/push')), 'True')
})

t.test('names of stores that do not exist are no way to more workers', async t => {
  const evils = Array.from({ length: 16 }, (_, index) =>
    pushSecret({
      metadata: { namespace: 'evil', name: `push-${index}`, uid: `uid-${index}`, ...leaving },
      spec: { secretStoreRefs: [{ kind: 'ClusterSecretStore', name: `none-${index}` }], deletionPolicy: 'Delete' },
      status: pushedTo('SecretStore/slow', `/${index}`),
    }),
  )
  const { before, open } = gate()
  const { calls, pushes, seen, show } = pushStage({
    stores: [slowStore, storeOf('victim')],
    namespaces: ['evil', 'victim'],
    pushSecrets: evils,
    concurrency: 16,
    before,
  })
  pushes.start()
  await turns()
  t.ok(calls.length > 0 && pushes.queue.size().running < 8, `${pushes.queue.size().running} of 16 workers are his`)
  const shown = show(victim)
  await turns()
  t.equal(isReady(seen('victim/push')), 'True')
  open()
  await shown
  t.equal(new Set(calls.filter(({ at }) => at.startsWith(slow)).map(({ at }) => at)).size, 16, 'all have their turn')
})

t.test('IfNotExists: what somebody else made in between is not recorded, and not deleted', async t => {
  let denies = true
  const spec = { updatePolicy: 'IfNotExists', deletionPolicy: 'Delete', data: [to('/theirs'), to('/mine')] }
  const metadata = { uid: 'uid-push' }
  const { items, calls, pushes, run, seen, show } = pushStage({
    stores: [secretStore()],
    pushSecrets: [pushSecret({ metadata, spec })],
    before: ({ op, at }) => {
      if (op !== 'create') return
      if (at === `${gateway} /theirs`) items.set(at, 'of another')
      if (at === `${gateway} /mine` && denies) throw new Fault('GatewayFailed', 'broken')
    },
  })
  const recorded = () => Object.keys(seen('demo/push').status?.syncedPushSecrets?.['SecretStore/main'] ?? {})
  await run()
  t.equal(isReady(seen('demo/push')), 'False')
  t.same(recorded(), ['/mine'], 'of which it is open whether it is there')
  denies = false
  pushes.queue.add('demo/push', 'fresh')
  await pushes.queue.idle()
  t.equal(isReady(seen('demo/push')), 'True')
  t.same(recorded(), ['/mine'])
  const { status = {} } = seen('demo/push')
  await show(pushSecret({ metadata: { ...metadata, ...leaving }, spec, status }))
  t.same([...items.entries()], [[`${gateway} /theirs`, 'of another']])
  t.same(
    calls.flatMap(({ op, at }) => (op === 'remove' ? [at] : [])),
    [`${gateway} /mine`],
  )
})

t.test('IfNotExists: what was refused was not made, and is not ours once somebody else makes it', async t => {
  const spec = { updatePolicy: 'IfNotExists', deletionPolicy: 'Delete' }
  const metadata = { uid: 'uid-push' }
  const { items, pushes, run, seen, show } = pushStage({
    stores: [secretStore()],
    pushSecrets: [pushSecret({ metadata, spec })],
    before: ({ op }) => {
      if (op === 'create') throw new Fault('AccessDenied', 'denied')
    },
  })
  await run()
  t.same(seen('demo/push').status?.syncedPushSecrets, {})
  items.set(`${gateway} /a`, 'of another')
  pushes.queue.add('demo/push', 'fresh')
  await pushes.queue.idle()
  const { status = {} } = seen('demo/push')
  await show(pushSecret({ metadata: { ...metadata, ...leaving }, spec, status }))
  t.same([...items.values()], ['of another'])
})

t.test('annotations of a store are nobody’s business, its labels that of those who choose by them', async t => {
  const labelSelector = { matchLabels: { team: 'a' } }
  const store = secretStore({ metadata: { labels: { team: 'a' } } })
  const named = pushSecret({ metadata: { uid: 'uid-named' } })
  const choosing = pushSecret({
    metadata: { name: 'choosing', uid: 'uid-choosing' },
    spec: { secretStoreRefs: [{ labelSelector }], data: [to('/b')] },
  })
  const { calls, pushes, run } = pushStage({ stores: [store], pushSecrets: [named, choosing] })
  await run()
  const edit = async (metadata: object) => {
    calls.splice(0)
    const object = { ...store, metadata: { ...store.metadata, ...metadata } }
    pushes.onStoreEdit({ type: 'updated', key: 'demo/main', prior: store, object })
    pushes.onStore(object)
    await pushes.queue.idle()
    return calls.map(({ at }) => at)
  }
  t.same(await edit({ annotations: { 'argocd.argoproj.io/sync-wave': '1' } }), [])
  t.same(await edit({ labels: { team: 'a', more: 'x' } }), [`${gateway} /b`])
  t.same((await edit({ generation: 9 })).toSorted(), [`${gateway} /a`, `${gateway} /b`])
})

t.test('an edit that comes while items are written is heard before anything is deleted', async t => {
  const metadata = { uid: 'uid-push', generation: 2, finalizers: leaving.finalizers }
  const spec = { deletionPolicy: 'Delete', data: [to('/b')] }
  const status = { ...pushedTo('SecretStore/main', '/a'), syncedResourceVersion: '1-x' }
  const object = pushSecret({ metadata, spec, status })
  const later = { ...metadata, generation: 3, resourceVersion: '5' }
  const { items, run, show } = pushStage({
    stores: [secretStore()],
    pushSecrets: [object],
    before: ({ op }) => {
      if (op === 'create') void show(pushSecret({ metadata: later, spec: { ...spec, deletionPolicy: 'None' }, status }))
    },
  })
  items.set(`${gateway} /a`, 'of demo')
  await run()
  t.same([...items.keys()], [`${gateway} /a`, `${gateway} /b`])
})

t.test('users of a ClusterSecretStore are not told which Secret it logs in with, nor what is in that', async t => {
  const broken = clusterStore({ metadata: { name: 'shared', uid: 'uid-shared' } })
  const spec = { secretStoreRefs: shared, deletionPolicy: 'Delete' }
  const objects = [
    pushSecret({ metadata: { uid: 'uid-push' }, spec }),
    pushSecret({
      metadata: { name: 'goes', uid: 'uid-goes', ...leaving },
      spec,
      status: pushedTo('ClusterSecretStore/shared', '/a'),
    }),
  ]
  const { state, run, said, seen } = pushStage({ clusterStores: [broken], pushSecrets: objects })
  state.credentials.secrets['ops/creds'] = { accessId: 'p-ops', accessType: 'api_key', 'root-key-2024': 'x' }
  await run()
  const words = /ClusterSecretStore "shared": its credentials cannot be used → read the status of the store/
  for (const name of ['push', 'goes'])
    t.match(seen(`demo/${name}`).status?.conditions, [{ status: 'False', message: words }], name)
  t.notMatch(said.join('\n'), /ops|creds|root-key|accessTypeParam/)
})

import t from 'tap'
import { Fault } from '#core'
import { createController } from '../../../pkg/reconcile/controller.ts'
import { credentialIndex, indexes, ownedIndex, storeIndex } from '../../../pkg/reconcile/indexes.ts'
import type { Change } from '../../../pkg/reconcile/ports.ts'
import { clusterStore, digest, externalSecret, secretObject, secretStore, synced } from './build.ts'
import { settle, text, type World, world } from './ports.ts'

/** A controller whose timers are kept and fired by hand. */
const start = (state: World, places = 4) => {
  const timers: { ms: number; fire: () => void }[] = []
  let clock = 0
  const errors: unknown[] = []
  const controller = createController({
    deps: state.deps,
    timing: {
      now: () => clock,
      setTimer: (ms, fire) => {
        const timer = { ms, fire }
        timers.push(timer)
        return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0)
      },
    },
    concurrency: { externalSecrets: places, stores: places, pushSecrets: places },
    onError: error => errors.push(error),
  })
  controller.start()
  const advance = async (ms: number) => {
    clock += ms
    for (const { fire } of timers.splice(0)) fire()
    await controller.idle()
  }
  return { controller, errors, advance, timers }
}
const updated = <T>(key: string, prior: T, object: T): Change<T> => ({ type: 'updated', key, prior, object })
const quiet = async (state: World, { controller }: ReturnType<typeof start>) => {
  await controller.idle()
  return state.log.splice(0)
}
const failed = { conditions: [{ type: 'Ready', status: 'False', reason: 'x', message: 'y' }], observedGeneration: 1 }

t.test('a store that becomes ready wakes its dependents at once', async t => {
  const stores = [secretStore({ status: failed })]
  const state = world({ externalSecrets: [externalSecret()], stores })
  state.items.set('/db', text('{"user":"u"}'))
  const running = start(state)
  t.notMatch(await quiet(state, running), ['read /db@0'])
  const [prior] = stores
  settle(state)
  stores[0] = secretStore()
  running.controller.onStore(updated('demo/main', prior!, stores[0]))
  // after a failure the target is looked at before anything is read
  t.match(await quiet(state, running), ['get Secret demo/app', 'read /db@0', 'create Secret demo/app'])
})

t.test('the status that we write wakes nobody', async t => {
  const state = world({ externalSecrets: [synced(60)], stores: [secretStore()], digests: [digest()] })
  const running = start(state)
  await quiet(state, running)
  const before = externalSecret()
  running.controller.onExternalSecret(updated('demo/app', before, synced(5)))
  running.controller.onStore(updated('demo/main', secretStore(), secretStore({ metadata: { resourceVersion: '6' } })))
  t.equal(running.controller.size().externalSecrets.running, 0)
  t.same(await quiet(state, running), [])
})

t.test('an edited store is looked at again, and its dependents with it', async t => {
  const state = world({ externalSecrets: [synced(60)], stores: [secretStore()], digests: [digest()] })
  const running = start(state)
  await quiet(state, running)
  state.stores[0] = secretStore({ metadata: { generation: 2 } })
  running.controller.onStore(updated('demo/main', secretStore(), state.stores[0]))
  t.same(await quiet(state, running), ['login p-x', 'patch SecretStore main: observedGeneration'])
})

t.test('rotated credentials are used at once', async t => {
  const state = world({ externalSecrets: [synced(60)], stores: [secretStore()], clusterStores: [clusterStore()] })
  const running = start(state)
  await quiet(state, running)
  state.credentials.secrets['demo/creds'] = { accessId: 'p-new', accessType: 'api_key', accessTypeParam: 'k' }
  running.controller.onCredentialObject('demo', 'creds')
  running.controller.onCredentialObject('demo', 'unrelated')
  t.same(
    (await quiet(state, running)).filter(line => line.startsWith('login')),
    ['login p-new'],
  )
})

t.test('credentials that were exchanged behind a store that stays ready wake whoever was denied', async t => {
  const denied = { conditions: [{ type: 'Ready', status: 'False', reason: 'SecretSyncedError', message: 'no' }] }
  const state = world({ externalSecrets: [externalSecret({ status: denied })], stores: [secretStore()] })
  state.items.set('/db', new Fault('AccessDenied', 'no'))
  const running = start(state)
  await quiet(state, running)
  state.credentials.secrets['demo/creds'] = { accessId: 'p-new', accessType: 'api_key', accessTypeParam: 'k' }
  state.items.set('/db', text('{"user":"u"}'))
  running.controller.onCredentialObject('demo', 'creds')
  const lines = await quiet(state, running)
  t.ok(lines.includes('create Secret demo/app'), lines.join(', '))
  t.equal(state.reads.at(-1)?.identity.login.accessId, 'p-new')
})

t.test('an object that was deleted while it was read leaves no metric, event or status behind', async t => {
  const seen: string[] = []
  const state = world({ externalSecrets: [externalSecret()], stores: [secretStore()] })
  const observer = {
    ...state.deps.observer,
    synced: ({ kind }: { kind: string }) => void seen.push(`synced ${kind}`),
    removed: ({ kind }: { kind: string }) => void seen.push(`removed ${kind}`),
  }
  const running = start({ ...state, deps: { ...state.deps, observer } })
  state.next.read = () => {
    const object = state.externalSecrets.pop()!
    running.controller.onExternalSecret({ type: 'deleted', key: 'demo/app', object })
    throw new Fault('GatewayUnreachable', 'away')
  }
  const lines = await quiet(state, running)
  t.same(
    seen.filter(line => line.endsWith('ExternalSecret')),
    ['removed ExternalSecret'],
  )
  t.notOk(lines.some(line => /^(event|patch) ExternalSecret/.test(line)))
})

t.test('a deleted Secret is made again at once; our own write wakes nobody', async t => {
  const state = world({ externalSecrets: [synced(60)], stores: [secretStore()], digests: [digest()] })
  state.items.set('/db', text('{"user":"u"}'))
  const running = start(state)
  await quiet(state, running)
  running.controller.onSecret(updated('demo/app', digest({}), digest()))
  t.same(await quiet(state, running), [])
  const gone = state.digests.splice(0)[0]!
  running.controller.onSecret({ type: 'deleted', key: 'demo/app', object: gone })
  t.match(await quiet(state, running), ['read /db@0', 'create Secret demo/app'])
})

t.test('a foreign Secret that goes away makes room for ours at once', async t => {
  const state = world({ externalSecrets: [externalSecret()], stores: [secretStore()] })
  state.items.set('/db', text('{"user":"u"}'))
  const owners = [{ apiVersion: 'v1', kind: 'Other', name: 'o', uid: 'o', controller: true }]
  state.live.set('demo/app', secretObject({}, { metadata: { ownerReferences: owners } }))
  const running = start(state)
  t.ok((await quiet(state, running)).includes('event ExternalSecret Warning SecretOwned'))
  settle(state)
  state.live.clear()
  running.controller.onCredentialObject('demo', 'app')
  t.match(await quiet(state, running), ['get Secret demo/app', 'read /db@0', 'create Secret demo/app'])
})

t.test('a refresh comes when its time is over', async t => {
  const state = world({ externalSecrets: [synced(600)], stores: [secretStore()], digests: [digest()] })
  state.items.set('/db', text('{"user":"u"}'))
  const running = start(state)
  await quiet(state, running)
  state.at = new Date(state.at.getTime() + 3000e3)
  await running.advance(3000e3)
  t.match(
    (await quiet(state, running)).filter(line => !line.startsWith('login')),
    ['read /db@0', 'patch ExternalSecret app: refreshTime'],
  )
})

t.test('a label of a namespace wakes the ExternalSecrets in it', async t => {
  const conditions = [{ namespaceSelector: { matchLabels: { team: 'a' } } }]
  const es = externalSecret({ spec: { secretStoreRef: { name: 'main', kind: 'ClusterSecretStore' } } })
  const namespaces = [{ name: 'demo', labels: {} as Record<string, string> }]
  const state = world({ externalSecrets: [es], clusterStores: [clusterStore({ spec: { conditions } })] })
  state.items.set('/db', text('{"user":"u"}'))
  Object.assign(state.deps, { namespaces: { get: () => namespaces[0], list: () => namespaces, by: () => [] } })
  const running = start(state)
  t.match(
    (await quiet(state, running)).filter(line => line.startsWith('event')),
    ['event ExternalSecret Warning StoreDenied'],
  )
  settle(state)
  const object = { name: 'demo', labels: { team: 'a' } as Record<string, string> }
  namespaces[0] = object
  running.controller.onNamespace(updated('demo', { name: 'demo', labels: {} }, object))
  t.match(
    (await quiet(state, running)).filter(line => !line.startsWith('get')),
    ['read /db@0', 'create Secret demo/app'],
  )
})

t.test('a failed login has its store looked at', async t => {
  const state = world({ externalSecrets: [synced(7200)], stores: [secretStore()], digests: [digest()] })
  const running = start(state)
  await quiet(state, running)
  state.next.read = () => {
    throw new Fault('LoginRefused', 'refused')
  }
  running.controller.onExternalSecret({ type: 'added', key: 'demo/app', object: synced(7200) })
  t.ok((await quiet(state, running)).includes('login p-x'))
})

t.test('a pass that throws is reported and tried again', async t => {
  const state = world({ externalSecrets: [externalSecret()], stores: [secretStore()] })
  state.items.set('/db', text('{"user":"u"}'))
  state.next.status = () => {
    throw new Fault('ClusterUnreachable', 'away')
  }
  const running = start(state)
  await quiet(state, running)
  t.match(running.errors, [{ code: 'ClusterUnreachable' }])
  delete state.next.status
  await running.advance(2000)
  t.equal(state.statuses.length, 1)
})

t.test('nothing happens before start and after stop', async t => {
  const state = world({ externalSecrets: [externalSecret()], stores: [secretStore()] })
  const running = start(state)
  await running.controller.stop()
  state.log.length = 0
  running.controller.onExternalSecret({ type: 'added', key: 'demo/app', object: externalSecret() })
  running.controller.onStore({ type: 'added', key: 'demo/main', object: secretStore() })
  await running.controller.idle()
  t.same(state.log, [])
})

t.test('indexes file objects as the reconciler looks them up', async t => {
  const cluster = externalSecret({ spec: { secretStoreRef: { name: 'c', kind: 'ClusterSecretStore' } } })
  t.same(indexes.externalSecrets[storeIndex](externalSecret()), ['SecretStore/demo/main'])
  t.same(indexes.externalSecrets[storeIndex](cluster), ['ClusterSecretStore/c'])
  t.same(indexes.stores[credentialIndex](secretStore()), ['demo/creds'])
  t.same(indexes.clusterStores[credentialIndex](clusterStore()), ['ops/creds'])
  t.same(indexes.secrets[ownedIndex](digest()), ['demo/app'])
  t.same(indexes.secrets[ownedIndex](digest({}, { ownerReferences: [] })), [])
})

t.test('a store that never answers leaves places to a healthy one beside it', async t => {
  const stores = [secretStore({ metadata: { name: 'evil', uid: 'evil' } }), secretStore()]
  const through = (name: string, store: string) =>
    externalSecret({
      metadata: { name, uid: name },
      spec: { secretStoreRef: { name: store }, data: [{ secretKey: 'k', remoteRef: { key: `/${store}` } }] },
    })
  const evils = Array.from({ length: 8 }, (_, index) => through(`evil-${index}`, 'evil'))
  const state = world({ externalSecrets: [...evils, through('app', 'main')], stores })
  state.items.set('/main', text('well'))
  const { read } = state.deps.source
  let hung = 0
  const source: typeof state.deps.source = {
    ...state.deps.source,
    read: (identity, refs, options, signal) => {
      if (refs[0]?.path === '/main') return read(identity, refs, options, signal)
      hung += 1
      return new Promise((_, end) => signal.addEventListener('abort', () => end(signal.reason)))
    },
  }
  const { controller, timers } = start({ ...state, deps: { ...state.deps, source } }, 8)
  while (!state.live.has('demo/app')) await new Promise(setImmediate)
  t.equal(hung, 3, 'of eight places')
  const stopped = controller.stop(0)
  for (const { fire } of timers.splice(0)) fire()
  await stopped
})

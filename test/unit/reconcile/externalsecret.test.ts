import t from 'tap'
import { Fault, Sensitive } from '#core'
import { createBrake } from '../../../pkg/reconcile/brake.ts'
import { externalSecretReconciler } from '../../../pkg/reconcile/externalsecret.ts'
import { createGuard } from '../../../pkg/reconcile/guard.ts'
import { createIdentities } from '../../../pkg/reconcile/identities.ts'
import { createStatusMemory } from '../../../pkg/reconcile/memory.ts'
import { createSourceNews } from '../../../pkg/reconcile/news.ts'
import type { Next } from '../../../pkg/reconcile/next.ts'
import {
  ago,
  clusterStore,
  digest,
  externalSecret,
  managedFields,
  now,
  owner,
  secretObject,
  secretStore,
  synced,
} from './build.ts'
import { settle, text, type World, world } from './ports.ts'

const hour = 3600e3
const signal = new AbortController().signal

const start = (state: World) => {
  const suspects: string[] = []
  const run = externalSecretReconciler(state.deps, {
    identities: createIdentities(state.deps, state.deps.now),
    memory: createStatusMemory(),
    guard: createGuard(),
    brake: createBrake(),
    sources: createSourceNews(),
    marks: new Map(),
    suspect: key => suspects.push(key),
  })
  return { suspects, pass: (): Promise<Next> => run('demo/app', signal) }
}
const json = text('{"user":"u","pass":"p"}')

/** A world in which `app` was synced `seconds` ago and nothing changed since. */
const settled = (seconds: number, es = synced(seconds)): World => {
  const state = world({ externalSecrets: [es], stores: [secretStore()], digests: [digest()] })
  state.items.set('/db', json)
  state.live.set('demo/app', secretObject())
  return state
}

t.test('the first sync of four keys of one item: one read, one Secret write, one status patch', async t => {
  const keys = ['user', 'pass', 'host', 'port']
  const data = keys.map(secretKey => ({ secretKey, remoteRef: { key: '/db', property: secretKey } }))
  const state = world({ externalSecrets: [externalSecret({ spec: { data } })], stores: [secretStore()] })
  state.items.set('/db', text('{"user":"u","pass":"p","host":"h","port":5432}', 'DYNAMIC_SECRET'))
  const next = await start(state).pass()
  t.same(state.log, [
    'read /db@0',
    'create Secret demo/app',
    'event ExternalSecret Normal Created',
    'patch ExternalSecret app: conditions observedGeneration refreshTime nextRefreshTime syncedResourceVersion binding',
  ])
  t.same(state.live.get('demo/app')?.data, { user: 'dQ==', pass: 'cA==', host: 'aA==', port: 'NTQzMg==' })
  t.same(state.reads[0]?.scope, 'uid-app')
  t.same(next, { go: 'wait', ms: hour })
})

t.test('before the interval is over a pass reads, writes and patches nothing', async t => {
  const state = settled(600)
  const next = await start(state).pass()
  t.same(state.log, [])
  t.same(next, { go: 'wait', ms: hour - 600e3 })
})

t.test('a refresh that finds nothing new costs one read and one status patch', async t => {
  const state = settled(3600)
  const next = await start(state).pass()
  t.same(state.log, ['read /db@0', 'patch ExternalSecret app: refreshTime'])
  t.equal(state.reads[0]?.maxAgeMs, hour / 5)
  t.same(next, { go: 'wait', ms: hour })
})

t.test('a refresh that finds a new value writes the Secret once', async t => {
  const state = settled(3600)
  state.items.set('/db', text('{"user":"new"}'))
  await start(state).pass()
  t.same(state.log, [
    'read /db@0',
    'get Secret demo/app',
    'replace Secret demo/app',
    'event ExternalSecret Normal Updated',
    'patch ExternalSecret app: refreshTime',
  ])
  t.same(state.live.get('demo/app')?.data, { user: 'bmV3' })
})

t.test('a deleted Secret is made again from what is remembered, and the clock stays', async t => {
  const state = settled(600)
  state.digests.length = 0
  state.live.clear()
  await start(state).pass()
  t.same(state.log, ['read /db@0', 'create Secret demo/app', 'event ExternalSecret Normal Created'])
  t.equal(state.reads[0]?.maxAgeMs, hour)
})

t.test('edited data is put right', async t => {
  const state = settled(600)
  state.digests[0] = digest({ user: 'u' }, { dataHash: 'x' })
  state.live.set('demo/app', { ...secretObject(), data: { user: 'Ynk=', hand: 'eA==' } })
  await start(state).pass()
  t.same(state.log, [
    'read /db@0',
    'get Secret demo/app',
    'replace Secret demo/app',
    'event ExternalSecret Normal Updated',
  ])
  t.same(state.live.get('demo/app')?.data, { user: 'dQ==' })
})

t.test('an edited label that went to the Secret leaves it again', async t => {
  const es = externalSecret({ status: { ...synced(600, { metadata: { labels: { old: '1' } } }).status } })
  const state = settled(600, es)
  const object = secretObject({ user: 'u' })
  const labels = { ...object.metadata.labels, old: '1' }
  state.live.set(
    'demo/app',
    secretObject({ user: 'u' }, { metadata: { labels, managedFields: managedFields(Object.keys(labels), []) } }),
  )
  await start(state).pass()
  t.match(state.log, ['read /db@0', 'get Secret demo/app', 'replace Secret demo/app'])
  t.notOk('old' in (state.live.get('demo/app')?.metadata.labels ?? {}))
  t.equal(state.reads[0]?.maxAgeMs, 0)
})

t.test('a conflict is merged anew with the same bytes: nothing is read twice from Akeyless', async t => {
  const state = settled(3600)
  state.items.set('/db', text('{"user":"new"}', 'DYNAMIC_SECRET'))
  let conflicts = 0
  state.next.write = () => {
    conflicts += 1
    if (conflicts > 3) return undefined
    const live = secretObject(
      { user: 'u' },
      { metadata: { resourceVersion: `${20 + conflicts}`, labels: { by: 'them' } } },
    )
    state.live.set('demo/app', live)
    return 'conflict'
  }
  await start(state).pass()
  t.equal(state.log.filter(line => line.startsWith('read')).length, 1)
  t.equal(state.log.filter(line => line.endsWith('conflict')).length, 3)
  t.match(state.live.get('demo/app'), { data: { user: 'bmV3' }, metadata: { labels: { by: 'them' } } })
})

const refused: { name: string; field: string; spec: Record<string, unknown>; want: RegExp }[] = [
  {
    name: 'data that its type does not allow',
    field: 'data[.dockerconfigjson]',
    spec: {
      target: { template: { type: 'kubernetes.io/dockerconfigjson' } },
      data: [{ secretKey: '.dockerconfigjson', remoteRef: { key: '/db' } }],
    },
    want: /^spec\.target\.template\.type: no → give the keys and values that type kubernetes\.io\/dockerconfigjson needs, or/,
  },
  { name: 'its name', field: 'metadata.name', spec: {}, want: /^spec\.target\.name: no → choose another name$/ },
  { name: 'a label', field: 'metadata.labels', spec: {}, want: /^spec\.target\.template: no → correct it there$/ },
]
for (const { name, field, spec, want } of refused) {
  t.test(`a Secret that the API server refuses for ${name} is told by the field to mend`, async t => {
    const state = world({ externalSecrets: [externalSecret({ spec })], stores: [secretStore()] })
    state.items.set('/db', json)
    state.next.write = () => {
      throw new Fault('ClusterRefused', 'no', { path: field })
    }
    await start(state).pass()
    t.match(state.statuses[0]?.status, { conditions: [{ message: want }] })
  })
}

t.test('an endless conflict ends after five tries as a failure', async t => {
  const state = settled(3600)
  state.items.set('/db', text('{"user":"new"}'))
  state.next.write = () => 'conflict'
  const next = await start(state).pass()
  t.equal(state.log.filter(line => line.startsWith('replace')).length, 5)
  t.match(state.statuses[0]?.status, { conditions: [{ message: /changed by somebody else at each of 5 tries/ }] })
  t.same(next, { go: 'retry', atMostMs: hour })
})

t.test('a Secret that nobody labelled is found by the create and adopted', async t => {
  const state = world({ externalSecrets: [externalSecret()], stores: [secretStore()] })
  state.items.set('/db', json)
  state.live.set('demo/app', {
    ...secretObject({ mine: 'x' }),
    metadata: { name: 'app', namespace: 'demo', resourceVersion: '9' },
  })
  await start(state).pass()
  t.match(state.log, [
    'read /db@0',
    'create Secret demo/app conflict',
    'get Secret demo/app',
    'replace Secret demo/app',
  ])
  t.same(state.live.get('demo/app')?.data, { user: 'dQ==' })
})

const failures: { name: string; fault: Fault; next: Next; reason: string }[] = [
  {
    name: 'an item is gone',
    fault: new Fault('ItemNotFound', 'gone'),
    next: { go: 'retry', atMostMs: hour },
    reason: 'ItemNotFound',
  },
  {
    name: 'the gateway is away',
    fault: new Fault('GatewayUnreachable', 'away'),
    next: { go: 'retry', atMostMs: hour },
    reason: 'GatewayUnreachable',
  },
  {
    name: 'Akeyless asks for a pause',
    fault: new Fault('RateLimited', 'slow', { retryAfterMs: 7000 }),
    next: { go: 'wait', ms: 7000 },
    reason: 'RateLimited',
  },
  {
    name: 'a pause beyond reason',
    fault: new Fault('RateLimited', 'slow', { retryAfterMs: 9e9 }),
    next: { go: 'wait', ms: 300e3 },
    reason: 'RateLimited',
  },
  {
    name: 'a right was taken',
    fault: new Fault('AccessDenied', 'no'),
    next: { go: 'retry', atMostMs: hour },
    reason: 'AccessDenied',
  },
]
for (const { name, fault, next: want, reason } of failures) {
  t.test(`the last good Secret stays when ${name}`, async t => {
    const state = settled(3600)
    const before = JSON.stringify(state.live.get('demo/app'))
    state.items.set('/db', fault)
    const { pass } = start(state)
    const next = await pass()
    t.same(state.log, [
      'read /db@0',
      `event ExternalSecret Warning ${reason}`,
      'patch ExternalSecret app: conditions faults',
    ])
    t.match(state.statuses[0]?.status, {
      conditions: [
        { status: 'False', reason: 'SecretSyncedError', message: new RegExp(`Secret kept as of ${ago(3600)}$`) },
      ],
    })
    t.equal(JSON.stringify(state.live.get('demo/app')), before)
    t.same(next, want)
    settle(state)
    state.log.length = 0
    await pass()
    t.same(
      state.log.filter(line => !/^(read|get)/.test(line)),
      [],
      'the same failure again is not told again',
    )
  })
}

t.test('one missing ref keeps the whole Secret as it was, and all that is missing is named', async t => {
  const data = ['a', 'b', 'c'].map(key => ({ secretKey: key, remoteRef: { key: `/${key}` } }))
  const state = settled(3600, synced(3600, { spec: { data } }))
  state.items.set('/b', text('there'))
  await start(state).pass()
  t.match(state.log, ['read /a@0 /b@0 /c@0', /^event/, /^patch/])
  t.match(state.statuses[0]?.status, { conditions: [{ message: /spec\.data\[0\].*; spec\.data\[2\]/ }] })
})

t.test('a foreign owner of the Secret is respected, and asked again before anything is read', async t => {
  const state = world({ externalSecrets: [externalSecret()], stores: [secretStore()] })
  state.items.set('/db', text('{"user":"u"}', 'DYNAMIC_SECRET'))
  const theirs = secretObject({ a: 'b' }, { metadata: { ownerReferences: [{ ...owner, name: 'other', uid: 'z' }] } })
  state.live.set('demo/app', theirs)
  const { pass } = start(state)
  await pass()
  t.match(state.log, [
    'read /db@0',
    'create Secret demo/app conflict',
    'get Secret demo/app',
    'event ExternalSecret Warning SecretOwned',
  ])
  t.equal(state.live.get('demo/app'), theirs)
  settle(state)
  state.log.length = 0
  await pass()
  t.same(state.log, ['get Secret demo/app'], 'no second lease for a Secret that cannot be written')
})

t.test('an invalid manifest that got past the webhook reads nothing and names all faults', async t => {
  const state = settled(3600)
  const bad = externalSecret({ spec: { data: [], refreshInterval: '5 minutes' }, metadata: { generation: 2 } })
  state.externalSecrets[0] = { ...bad, status: synced(3600).status }
  const next = await start(state).pass()
  t.match(state.log, [/^event ExternalSecret Warning/, 'patch ExternalSecret app: conditions observedGeneration'])
  t.match(state.statuses[0]?.status, { conditions: [{ message: /refreshInterval/ }] })
  t.match(state.statuses[0]?.status, { conditions: [{ message: /data/ }] })
  t.same(next, { go: 'rest' })
})

t.test('what Latchkey does not do is told and nothing is done', async t => {
  const state = settled(3600)
  const dataFrom = [{ sourceRef: { generatorRef: { kind: 'UUID', name: 'x' } } }]
  const other = externalSecret({ metadata: { generation: 2 }, spec: { dataFrom } })
  state.externalSecrets[0] = { ...other, status: synced(3600).status }
  await start(state).pass()
  t.match(state.log, ['event ExternalSecret Warning NotSupported', /^patch/])
})

t.test('an object of another controller class is not touched, not even in its status', async t => {
  for (const es of [
    externalSecret({ spec: { data: [] } }),
    externalSecret({
      metadata: {
        deletionTimestamp: ago(1),
        finalizers: ['externalsecrets.external-secrets.io/externalsecret-cleanup'],
      },
    }),
  ]) {
    const state = world({ externalSecrets: [es], stores: [secretStore({ spec: { controller: 'eso' } })] })
    t.same(await start(state).pass(), { go: 'rest' })
    t.same(state.log, [])
  }
})

t.test('a deleted object loses ESO’s finalizer; its Secret goes by the owner reference', async t => {
  const finalizer = 'externalsecrets.external-secrets.io/externalsecret-cleanup'
  const es = externalSecret({ metadata: { deletionTimestamp: ago(1), finalizers: [finalizer] } })
  const state = world({ externalSecrets: [es], stores: [secretStore()] })
  await start(state).pass()
  t.same(state.log, [`unfinalize ExternalSecret app ${finalizer}`])
})

t.test('without its store a deleted object keeps ESO’s finalizer while ESO would have a Secret to delete', async t => {
  const finalizer = 'externalsecrets.external-secrets.io/externalsecret-cleanup'
  const cases = [
    { name: 'its Secret has no owner', policy: 'Delete', owners: [], stays: true },
    { name: 'its Secret goes with it', policy: 'Delete', owners: [owner], stays: false },
    { name: 'there is no Secret', policy: 'Delete', owners: undefined, stays: false },
    { name: 'the Secret is to stay', policy: 'Retain', owners: [], stays: false },
  ]
  for (const { name, policy, owners, stays } of cases) {
    const metadata = { deletionTimestamp: ago(1), finalizers: [finalizer] }
    const es = externalSecret({ metadata, spec: { target: { deletionPolicy: policy } } })
    const digests = owners ? [digest({}, { ownerReferences: owners })] : []
    const gone = world({ externalSecrets: [es], digests })
    t.same(await start(gone).pass(), { go: 'rest' })
    t.same(gone.log, stays ? [] : [`unfinalize ExternalSecret app ${finalizer}`], name)
    const known = world({ externalSecrets: [es], digests, stores: [secretStore()] })
    await start(known).pass()
    t.same(known.log, [`unfinalize ExternalSecret app ${finalizer}`], `${name}, and the store is ours`)
  }
})

t.test('a process that watches no ClusterSecretStore says nothing of one, nor of what names it', async t => {
  const es = externalSecret({
    metadata: { finalizers: ['externalsecrets.external-secrets.io/externalsecret-cleanup'] },
    spec: { secretStoreRef: { name: 'main', kind: 'ClusterSecretStore' } },
  })
  for (const metadata of [es.metadata, { ...es.metadata, deletionTimestamp: ago(1) }]) {
    const state = world({ externalSecrets: [{ ...es, metadata }] })
    const run = start({ ...state, deps: { ...state.deps, seesClusterStores: false } })
    t.same(await run.pass(), { go: 'rest' })
    t.same(state.log, [])
  }
})

t.test('a label edit after a restart writes labels around the data that is there: no lease is taken', async t => {
  const leased = { nextRefreshTime: ago(-600) }
  const before = synced(600, {}, leased)
  const edited = externalSecret({ metadata: { labels: { team: 'a' } }, status: { ...before.status } })
  const state = settled(600, edited)
  t.same(await start(state).pass(), { go: 'wait', ms: 600e3 })
  t.same(state.log, [
    'get Secret demo/app',
    'get Secret demo/app',
    'replace Secret demo/app',
    'event ExternalSecret Normal Updated',
    'patch ExternalSecret app: syncedResourceVersion',
  ])
  t.match(state.live.get('demo/app'), { data: secretObject().data, metadata: { labels: { team: 'a' } } })

  const changed = settled(600, edited)
  changed.live.set('demo/app', { ...secretObject(), data: { user: 'Ynk=' } })
  await start(changed).pass()
  t.ok(changed.log.includes('read /db@0'), 'data that somebody changed are not kept')

  const due = settled(600, externalSecret({ ...edited, status: { ...before.status, nextRefreshTime: ago(1) } }))
  await start(due).pass()
  t.ok(due.log.includes('read /db@0'), 'nor those whose lease ends')
})

t.test('a store that is not validated yet is waited for in silence; one that failed is told', async t => {
  const waiting = world({ externalSecrets: [externalSecret()], stores: [secretStore({ status: undefined })] })
  t.same(await start(waiting).pass(), { go: 'rest' })
  t.same(waiting.log, [])
  const status = { conditions: [{ type: 'Ready', status: 'False', reason: 'x', message: 'y' }], observedGeneration: 1 }
  const failed = world({ externalSecrets: [externalSecret()], stores: [secretStore({ status })] })
  t.same(await start(failed).pass(), { go: 'rest' })
  t.match(failed.log, ['event ExternalSecret Warning StoreNotReady', /^patch/])
})

t.test('a login that is refused has the store looked at, and is told in words about the store', async t => {
  const state = settled(3600)
  state.next.read = () => {
    throw new Fault('LoginRefused', 'login refused', { path: 'spec.provider.akeyless', remedy: 'check it' })
  }
  const { pass, suspects } = start(state)
  await pass()
  t.same(suspects, ['SecretStore/demo/main'])
  t.match(state.statuses[0]?.status, {
    conditions: [{ message: /^spec\.secretStoreRef: SecretStore "main": login refused → check it; Secret kept/ }],
  })
})

t.test('values read for a spec that changed meanwhile are dropped', async t => {
  const state = settled(3600)
  state.items.set('/db', text('{"user":"new"}'))
  state.next.read = () => {
    state.externalSecrets[0] = externalSecret({ metadata: { generation: 2 }, status: { ...synced(3600).status } })
  }
  t.same(await start(state).pass(), { go: 'again' })
  t.same(state.log, ['read /db@0'])
})

t.test('values read through a store that changed meanwhile are dropped', async t => {
  const state = settled(3600)
  state.next.read = () => {
    state.stores[0] = secretStore({ metadata: { uid: 'made-anew' } })
  }
  t.same(await start(state).pass(), { go: 'again' })
  t.same(state.log, ['read /db@0'])
})

t.test('a lease makes the next refresh due at two thirds of its life', async t => {
  const state = world({ externalSecrets: [externalSecret()], stores: [secretStore()] })
  state.items.set('/db', { ...text('{"user":"u"}', 'DYNAMIC_SECRET'), ttlMs: 900e3 })
  t.same(await start(state).pass(), { go: 'wait', ms: 600e3 })
  t.match(state.statuses[0]?.status, { nextRefreshTime: ago(-600) })
})

t.test('trouble with our own write costs no second lease', async t => {
  const state = world({ externalSecrets: [externalSecret()], stores: [secretStore()] })
  state.items.set('/db', text('{"user":"u"}', 'DYNAMIC_SECRET'))
  state.next.write = () => {
    throw new Fault('ClusterUnreachable', 'away')
  }
  const { pass } = start(state)
  await pass()
  settle(state)
  state.at = new Date(now.getTime() + 45e3)
  await pass()
  t.ok((state.reads[1]?.maxAgeMs ?? 0) > 45e3, 'the value of the failed pass is young enough')
  state.at = new Date(now.getTime() + 120e3)
  await pass()
  t.equal(state.reads[2]?.maxAgeMs, 30e3, 'but not for ever')
  state.at = new Date(now.getTime() + 165e3)
  await pass()
  t.ok((state.reads[3]?.maxAgeMs ?? 0) > 45e3, 'and what was read then is held in its turn')
})

t.test('a property that a dynamic item has not costs one lease, and not one at each retry', async t => {
  const state = world({ externalSecrets: [externalSecret()], stores: [secretStore()] })
  state.items.set('/db', { ...text('{"name":"u"}', 'DYNAMIC_SECRET'), ttlMs: 900e3 })
  const { pass } = start(state)
  await pass()
  t.match(state.statuses[0]?.status, { conditions: [{ status: 'False', message: /has no property/ }] })
  settle(state)
  for (const seconds of [300, 590]) {
    state.at = new Date(now.getTime() + seconds * 1e3)
    await pass()
    t.ok((state.reads.at(-1)?.maxAgeMs ?? 0) > seconds * 1e3, `the same lease after ${seconds} s`)
  }
  state.at = new Date(now.getTime() + 610e3)
  await pass()
  t.equal(state.reads.at(-1)?.maxAgeMs, 30e3, 'a new one when it is due')
})

t.test('the event of our own write does not sync again before the watch shows our status', async t => {
  const state = world({ externalSecrets: [externalSecret()], stores: [secretStore()] })
  state.items.set('/db', json)
  const { pass } = start(state)
  await pass()
  state.digests.push(digest())
  state.log.length = 0
  t.same(await pass(), { go: 'wait', ms: hour })
  t.same(state.log, [])
})

t.test('a status that could not be written is written by the next pass, without a second Secret write', async t => {
  const state = world({ externalSecrets: [externalSecret()], stores: [secretStore()] })
  state.items.set('/db', json)
  state.next.status = () => {
    throw new Fault('ClusterUnreachable', 'away')
  }
  const { pass } = start(state)
  await t.rejects(pass(), { code: 'ClusterUnreachable' })
  delete state.next.status
  state.digests.push(digest())
  state.log.length = 0
  await pass()
  t.match(state.log, ['read /db@0', 'get Secret demo/app', /^patch/])
})

t.test('a pass that ends because the process stops says nothing', async t => {
  const state = settled(3600)
  const abort = new AbortController()
  state.next.read = () => {
    abort.abort()
    throw new Fault('GatewayUnreachable', 'aborted')
  }
  const run = externalSecretReconciler(state.deps, {
    identities: createIdentities(state.deps, state.deps.now),
    memory: createStatusMemory(),
    guard: createGuard(),
    brake: createBrake(),
    sources: createSourceNews(),
    marks: new Map(),
    suspect: () => {},
  })
  t.same(await run('demo/app', abort.signal), { go: 'rest' })
  t.same(state.log, ['read /db@0'])
})

t.test('a renamed target takes the Secret of the old name away, and only that one', async t => {
  const es = externalSecret({
    metadata: { generation: 2 },
    spec: { target: { name: 'new' } },
    status: { ...synced(60).status },
  })
  const state = world({
    externalSecrets: [es],
    stores: [secretStore()],
    digests: [digest(), digest({}, { name: 'other', ownerReferences: [{ ...owner, uid: 'another' }] })],
  })
  state.items.set('/db', json)
  await start(state).pass()
  t.match(state.log, [
    'read /db@0',
    'create Secret demo/new',
    'delete Secret demo/app',
    'event ExternalSecret Normal Deleted',
  ])
  t.equal(state.log.filter(line => line.startsWith('delete')).length, 1)
})

t.test('items without any key leave the Secret alone', async t => {
  const es = synced(3600, { spec: { data: undefined, dataFrom: [{ extract: { key: '/db' } }] } })
  const state = settled(3600, es)
  state.items.set('/db', text('{}'))
  await start(state).pass()
  t.same(state.log, ['read /db@0', 'patch ExternalSecret app: conditions refreshTime'])
})

t.test(
  'a user of a ClusterSecretStore is told neither the Secret that it logs in with nor the keys of that',
  async t => {
    const secretStoreRef = { kind: 'ClusterSecretStore', name: 'main' }
    const state = world({
      externalSecrets: [externalSecret({ spec: { secretStoreRef } })],
      clusterStores: [clusterStore()],
    })
    state.credentials.secrets['ops/creds'] = { accessId: 'p-ops', accessType: 'api_key', 'root-key-2024': 'x' }
    await start(state).pass()
    const told = JSON.stringify(state.statuses.map(({ status }) => status))
    t.match(told, /its credentials cannot be used → read the status of the store/)
    t.notMatch(told, /ops|creds|root-key|accessTypeParam/)
  },
)

t.test('many ExternalSecrets that are due together read the credentials of their store once', async t => {
  const state = world({
    externalSecrets: [externalSecret(), externalSecret({ metadata: { name: 'b', uid: 'b' } })],
    clusterStores: [clusterStore()],
    stores: [secretStore()],
  })
  state.items.set('/db', json)
  const run = externalSecretReconciler(state.deps, {
    identities: createIdentities(state.deps, state.deps.now),
    memory: createStatusMemory(),
    guard: createGuard(),
    brake: createBrake(),
    sources: createSourceNews(),
    marks: new Map(),
    suspect: () => {},
  })
  await Promise.all([run('demo/app', signal), run('demo/b', signal)])
  t.same(state.credentials.reads, ['Secret demo/creds'])
})

t.test('an object that is gone is forgotten', async t => {
  t.same(await start(world()).pass(), { go: 'rest' })
})

const within = (target: Record<string, unknown>, seconds = 3600) =>
  settled(seconds, synced(seconds, { spec: { target } }))
const later = (state: World, seconds: number): void => {
  state.at = new Date(now.getTime() + seconds * 1000)
}
const readyOf = (state: World): { status: string; reason: string; message: string } => {
  const { conditions } = (state.externalSecrets[0]?.status ?? {}) as { conditions?: { status: string }[] }
  return conditions?.[0] as { status: string; reason: string; message: string } // there is one in every world of settled()
}

t.test('Delete: what is gone is looked at twice, five seconds apart, and told meanwhile', async t => {
  const state = within({ creationPolicy: 'Owner', deletionPolicy: 'Delete' })
  state.items.clear()
  const { pass } = start(state)
  t.same(await pass(), { go: 'wait', ms: 5e3 })
  settle(state)
  t.match(readyOf(state), { status: 'False', message: /^spec: the Secret would be removed; .*item is not there/ })
  t.ok(state.live.has('demo/app'))
  later(state, 3)
  t.same(await pass(), { go: 'wait', ms: 2e3 })
  later(state, 6)
  t.match(await pass(), { go: 'wait' })
  settle(state)
  t.match(readyOf(state), { status: 'True', reason: 'SecretDeleted' })
  t.notOk(state.live.has('demo/app'))
})

t.test('Delete: an outage between two looks is no look, and neither is the one before it', async t => {
  const state = within({ creationPolicy: 'Owner', deletionPolicy: 'Delete' })
  state.items.clear()
  const { pass } = start(state)
  await pass()
  later(state, 6)
  state.next.read = () => {
    throw new Fault('GatewayUnreachable', 'away')
  }
  await pass()
  delete state.next.read
  later(state, 12)
  t.same(await pass(), { go: 'wait', ms: 5e3 })
  t.ok(state.live.has('demo/app'))
  later(state, 17)
  await pass()
  t.notOk(state.live.has('demo/app'))
})

for (const code of ['AccessDenied', 'ItemDisabled'] as const) {
  t.test(`Delete: ${code} beside items that are gone removes nothing, ever`, async t => {
    const data = ['/db', '/gone'].map((key, index) => ({ secretKey: `k${index}`, remoteRef: { key } }))
    const target = { creationPolicy: 'Owner', deletionPolicy: 'Delete' }
    const state = settled(3600, synced(3600, { spec: { data, target } }))
    state.items.set('/db', new Fault(code, 'no'))
    const { pass } = start(state)
    for (const seconds of [0, 6, 12]) {
      later(state, seconds)
      await pass()
      settle(state)
    }
    t.same(
      state.log.filter(line => line.includes('Secret demo/app') && !line.startsWith('get')),
      [],
    )
    t.match(readyOf(state).message, /^spec\.data\[0\]/)
  })
}

const undeletable: { name: string; target: Record<string, unknown>; live?: Record<string, unknown>; want: RegExp }[] = [
  {
    name: 'no owner',
    target: { creationPolicy: 'Orphan', deletionPolicy: 'Delete' },
    want: /^spec\.target\.deletionPolicy: Secret app is not deleted, because creationPolicy is not Owner → /,
  },
  {
    name: 'not the owner any more',
    target: { creationPolicy: 'Owner', deletionPolicy: 'Delete' },
    live: { ownerReferences: [{ ...owner, uid: 'before' }] },
    want: /^spec\.target\.deletionPolicy: Secret app is not this ExternalSecret's to delete → /,
  },
  {
    name: 'an owner without its mark',
    target: { creationPolicy: 'Owner', deletionPolicy: 'Delete' },
    live: { labels: {} },
    want: /^spec\.target\.deletionPolicy: Secret app is not this ExternalSecret's to delete → /,
  },
]
for (const { name, target, live, want } of undeletable) {
  t.test(`Delete: ${name}: the Secret stays, the items are named, and somebody looks again`, async t => {
    const state = within(target)
    if (live) state.live.set('demo/app', secretObject({ user: 'u' }, { metadata: live }))
    state.items.clear()
    const { pass } = start(state)
    for (const seconds of [0, 6, 12]) {
      later(state, seconds)
      t.match(await pass(), { go: 'retry' })
      settle(state)
    }
    t.match(readyOf(state).message, want)
    t.match(readyOf(state).message, /; spec\.data\[0\].*item is not there/)
    t.ok(state.live.has('demo/app'))
  })
}

t.test('a failure under None speaks of no Secret that would be kept', async t => {
  const state = within({ creationPolicy: 'None' })
  state.items.clear()
  await start(state).pass()
  settle(state)
  t.match(readyOf(state), { status: 'False', message: /item is not there/ })
  t.notMatch(readyOf(state).message, /kept/)
})

t.test('what could not be written is not kept for whoever asks for new values', async t => {
  const state = settled(600)
  const { pass } = start(state)
  state.next.write = () => {
    throw new Fault('ClusterUnreachable', 'away')
  }
  const force = (value: string) => {
    const [es] = state.externalSecrets
    if (!es) throw new Error('it is there')
    state.externalSecrets[0] = { ...es, metadata: { ...es.metadata, annotations: { 'force-sync': value } } }
  }
  state.items.set('/db', text('{"user":"v"}'))
  force('1')
  await pass()
  settle(state)
  later(state, 10)
  await pass()
  t.ok((state.reads[1]?.maxAgeMs ?? 0) > 10e3, 'the same wish again takes what is there')
  force('2')
  await pass()
  t.equal(state.reads[2]?.maxAgeMs, 0)
})

t.test('a Secret to merge with is looked for before anything is read', async t => {
  const state = world({
    externalSecrets: [externalSecret({ spec: { target: { creationPolicy: 'Merge' } } })],
    stores: [secretStore()],
  })
  state.items.set('/db', json)
  const { pass } = start(state)
  t.match(await pass(), { go: 'wait' })
  settle(state)
  t.match(readyOf(state), { status: 'True', reason: 'SecretMissing' })
  t.same(state.reads, [])
  state.live.set('demo/app', secretObject({ own: 'o' }, { metadata: { ownerReferences: [], managedFields: [] } }))
  state.digests.push(digest({ own: 'o' }, { ownerReferences: [] }))
  await pass()
  settle(state)
  t.match(readyOf(state), { status: 'True', reason: 'SecretSynced' })
  t.same(Object.keys(state.live.get('demo/app')?.data ?? {}).sort(), ['own', 'user'])
})

t.test('Delete: what was left under a former name goes too, after two looks', async t => {
  const es = synced(60, { spec: { target: { name: 'new', creationPolicy: 'Owner', deletionPolicy: 'Delete' } } })
  const state = settled(60, { ...es, metadata: { ...es.metadata, generation: 2 } })
  state.digests.push(digest({}, { name: 'foreign', ownerReferences: [{ ...owner, uid: 'another' }] }))
  state.items.clear()
  const { pass } = start(state)
  t.same(await pass(), { go: 'wait', ms: 5e3 })
  settle(state)
  later(state, 6)
  await pass()
  settle(state)
  t.same(
    state.log.filter(line => line.startsWith('delete')),
    ['delete Secret demo/app'],
  )
  t.match(readyOf(state), { status: 'True', reason: 'SecretDeleted' })
})

t.test('Delete: an edit that finds nothing leaves the Secret alone', async t => {
  const es = synced(60, { spec: { target: { creationPolicy: 'Owner', deletionPolicy: 'Delete' } } })
  const state = settled(60, { ...es, metadata: { ...es.metadata, generation: 2 } })
  state.items.clear()
  const { pass } = start(state)
  for (let look = 0; look < 3; look += 1) {
    await pass()
    settle(state)
    later(state, 10)
  }
  t.same(
    state.log.filter(line => line.startsWith('delete')),
    [],
  )
  t.match(readyOf(state), {
    status: 'False',
    message: /^spec: since the last edit nothing is found; the Secret is kept/,
  })
})

t.test('nothing found and nothing to retain is no success', async t => {
  const spec = { data: undefined, dataFrom: [{ find: { path: '/nope' } }] }
  const state = world({ externalSecrets: [externalSecret({ spec })], stores: [secretStore()] })
  await start(state).pass()
  settle(state)
  t.match(readyOf(state), { status: 'False', message: /^spec\.dataFrom: nothing is found, and there is no Secret yet/ })
})

t.test('what changes while a template is waited for is not written', async t => {
  const spec = { target: { creationPolicy: 'Orphan', template: { data: { a: '{{ .user }}' } } } }
  const state = world({ externalSecrets: [externalSecret({ spec })], stores: [secretStore()] })
  state.items.set('/db', json)
  const render = async () => {
    state.externalSecrets.length = 0
    return { results: [{ is: 'text' as const, text: Sensitive.text('u') }] }
  }
  const { engine } = state.deps
  const check = async () => ({ results: [] })
  Object.assign(state.deps, { engine: { of: () => ({ ...engine.of(''), render, check }) } })
  await start(state).pass()
  t.same(state.log, ['read /db@0'])
})

t.test(
  'a warning that the policy raised, and a path that it does not allow, are refused before anything is read',
  async t => {
    const paths = [{ namespaces: ['demo'], allow: ['/team-a/*'] }]
    const spec = { refreshInterval: '-5m', data: [{ secretKey: 'a', remoteRef: { key: '/team-b/db' } }] }
    const state = world({ externalSecrets: [externalSecret({ spec })], stores: [secretStore()] })
    Object.assign(state.deps, { policy: { rules: { 'refresh-interval': 'deny' }, paths } })
    await start(state).pass()
    t.same(
      state.log.filter(line => !line.startsWith('event')),
      ['patch ExternalSecret app: conditions observedGeneration faults'],
    )
    const status = JSON.stringify(state.statuses[0]?.status)
    t.match(status, /negative and means never again/)
    t.match(status, /is not allowed to namespace demo with SecretStore/)
  },
)

// When a PushSecret is pushed, with which stores, and what its status says: the pure parts. What they come to is met in test/live.
import t from 'tap'
import { PushSecret } from '#api'
import { Fault } from '#core'
import { syncedVersion } from '../../../pkg/reconcile/marks.ts'
import { decidePush } from '../../../pkg/reconcile/push/decide.ts'
import { createFactBook } from '../../../pkg/reconcile/push/facts.ts'
import { mergePatch } from '../../../pkg/reconcile/push/patch.ts'
import { recorded, recordOf, shown, union } from '../../../pkg/reconcile/push/record.ts'
import { selectorText } from '../../../pkg/reconcile/push/source.ts'
import { isForeignPush, resolvePush } from '../../../pkg/reconcile/push/stores.ts'
import { summarizePush } from '../../../pkg/reconcile/push/summarize.ts'
import { createTurnstile } from '../../../pkg/reconcile/push/turnstile.ts'
import { ago, clusterStore, now, secretStore } from './build.ts'
import { world } from './ports.ts'

interface Parts {
  readonly metadata?: object
  readonly spec?: object
  readonly status?: object
}
const pushSecret = ({ metadata, spec, status }: Parts = {}): PushSecret =>
  PushSecret.parse({
    apiVersion: 'external-secrets.io/v1alpha1',
    kind: 'PushSecret',
    metadata: { name: 'push', namespace: 'demo', uid: 'u', resourceVersion: '1', generation: 1, ...metadata },
    spec: {
      secretStoreRefs: [{ name: 'main' }],
      selector: { secret: { name: 'source' } },
      data: [{ match: { remoteRef: { remoteKey: 'a' } } }],
      ...spec,
    },
    ...(status ? { status } : {}),
  })
const ready = (status: string) => [{ type: 'Ready', status, reason: 'x', message: 'y', lastTransitionTime: ago(9) }]
const synced = (seconds: number, { spec, metadata, status }: Parts = {}) => {
  const base = pushSecret({ ...(spec && { spec }), ...(metadata && { metadata }) })
  return pushSecret({
    ...(spec && { spec }),
    ...(metadata && { metadata }),
    status: {
      refreshTime: ago(seconds),
      syncedResourceVersion: syncedVersion(base),
      sourceVersion: '7',
      conditions: ready('True'),
      ...status,
    },
  })
}

const hour = 3600e3
const decisions = [
  { name: 'a new one is pushed', object: pushSecret(), want: { do: 'push', reason: 'first' } },
  { name: 'nothing is due', object: synced(600), want: { do: 'skip', afterMs: hour - 600e3 } },
  { name: 'the interval is over', object: synced(3600), want: { do: 'push', reason: 'due' } },
  { name: 'the Secret is another', object: synced(60), version: '8', want: { do: 'push', reason: 'source' } },
  { name: 'the Secret is gone', object: synced(60), version: undefined, want: { do: 'push', reason: 'source' } },
  { name: 'a watch told something', object: synced(60), isNews: true, want: { do: 'push', reason: 'source' } },
  {
    name: 'what ESO pushed bears no version, and is compared when it is due',
    object: synced(60, { status: { sourceVersion: undefined } }),
    version: '8',
    want: { do: 'skip', afterMs: hour - 60e3 },
  },
  {
    name: 'of several Secrets the version is not known here',
    object: synced(60, { spec: { selector: { secret: { selector: {} } } } }),
    version: undefined,
    want: { do: 'skip', afterMs: hour - 60e3 },
  },
  {
    name: 'an edit counts, with interval 0 as well',
    object: synced(60, { spec: { refreshInterval: '0' }, status: { syncedResourceVersion: '0-x' } }),
    want: { do: 'push', reason: 'changed' },
  },
  {
    name: 'a label counts',
    object: pushSecret({ metadata: { labels: { a: 'b' } }, status: synced(60).status ?? {} }),
    want: { do: 'push', reason: 'changed' },
  },
  {
    name: 'interval 0 is never due',
    object: synced(99_999, { spec: { refreshInterval: '0' } }),
    want: { do: 'skip', afterMs: undefined },
  },
  {
    name: 'one that failed is tried again',
    object: synced(60, { status: { conditions: ready('False') } }),
    want: { do: 'push', reason: 'failed' },
  },
  { name: 'a time that lies ahead tells nothing', object: synced(-60), want: { do: 'push', reason: 'clock' } },
  {
    name: 'one that is deleted goes',
    object: synced(60, { metadata: { deletionTimestamp: ago(1) } }),
    isLeaving: true,
    want: { do: 'release' },
  },
  { name: 'one in a namespace that is deleted goes', object: synced(60), isLeaving: true, want: { do: 'release' } },
]
for (const { name, object, want, isNews = false, isLeaving = false, ...rest } of decisions)
  t.test(name, async t => {
    const sourceVersion = 'version' in rest ? rest.version : '7'
    t.same(decidePush({ pushSecret: object, sourceVersion, isNews, isLeaving, now }), want)
  })

const labelled = (name: string, team: string) => secretStore({ metadata: { name, uid: name, labels: { team } } })
const stores = [
  secretStore(),
  labelled('a1', 'a'),
  labelled('a2', 'a'),
  secretStore({ metadata: { name: 'leaving', uid: 'l', deletionTimestamp: ago(1) } }),
  secretStore({ metadata: { name: 'eso', uid: 'e', labels: { team: 'a' } }, spec: { controller: 'eso' } }),
  secretStore({ metadata: { name: 'new', uid: 'n' }, status: undefined }),
  secretStore({ metadata: { namespace: 'other', name: 'theirs', uid: 'o', labels: { team: 'a' } } }),
]
const state = world({ stores, clusterStores: [clusterStore()] })
const resolved = (spec: object): unknown => {
  const found = resolvePush(pushSecret({ spec }), state.deps)
  if (found.is === 'refused') return found.faults.map(fault => fault.line())
  return found.is === 'usable' ? found.names.map(({ kind, name, dataTo }) => [`${kind}/${name}`, ...dataTo]) : found.is
}
const byTeam = (team: string) => ({ labelSelector: { matchLabels: { team } } })
const resolutions = [
  { name: 'by name', spec: {}, want: [['SecretStore/main']] },
  {
    name: 'mixed kinds, each in its own place',
    spec: { secretStoreRefs: [{ kind: 'ClusterSecretStore', name: 'main' }, { name: 'main' }, { name: 'a1' }] },
    want: [['ClusterSecretStore/main'], ['SecretStore/main'], ['SecretStore/a1']],
  },
  {
    name: 'by labels, without those of another class or namespace',
    spec: { secretStoreRefs: [byTeam('a')] },
    want: [['SecretStore/a1'], ['SecretStore/a2']],
  },
  {
    name: 'twice is once',
    spec: { secretStoreRefs: [{ name: 'a1' }, byTeam('a')] },
    want: [['SecretStore/a1'], ['SecretStore/a2']],
  },
  {
    name: 'dataTo for some of them',
    spec: {
      secretStoreRefs: [{ name: 'main' }, byTeam('a')],
      dataTo: [{ storeRef: { name: 'a2' } }, { storeRef: byTeam('a') }],
    },
    want: [['SecretStore/main'], ['SecretStore/a1', 1], ['SecretStore/a2', 0, 1]],
  },
  {
    name: 'dataTo for none of them',
    spec: { dataTo: [{ storeRef: { name: 'a1' } }] },
    want: ['spec.dataTo[0].storeRef: is none of spec.secretStoreRefs → name one of them, or add it there'],
  },
  {
    name: 'one that does not exist',
    spec: { secretStoreRefs: [{ name: 'none' }] },
    want: [
      'spec.secretStoreRefs[0]: SecretStore "none" does not exist in this namespace → create it, or name another store or kind',
    ],
  },
  {
    name: 'one that is being deleted',
    spec: { secretStoreRefs: [{ name: 'leaving' }] },
    want: ['spec.secretStoreRefs[0]: the SecretStore is being deleted → name another store'],
  },
  {
    name: 'labels that none has',
    spec: { secretStoreRefs: [byTeam('b')] },
    want: ['spec.secretStoreRefs[0].labelSelector: no SecretStore has these labels → label a store, or name one'],
  },
  {
    name: 'none at all',
    spec: { secretStoreRefs: [] },
    want: ['spec.secretStoreRefs: names no store → name the store to push to'],
  },
  { name: 'one that nobody has looked at yet', spec: { secretStoreRefs: [{ name: 'new' }] }, want: 'pending' },
]
for (const { name, spec, want } of resolutions) t.test(`stores: ${name}`, async t => t.same(resolved(spec), want))

t.test('whose an object is', async t => {
  const isForeign = (spec: object, more: object = {}, controllerClass = 'default') =>
    isForeignPush(pushSecret({ spec, ...more }), { ...state.deps, controllerClass })
  t.equal(isForeign({}), false)
  t.equal(isForeign({ secretStoreRefs: [{ name: 'eso' }] }), true)
  t.equal(isForeign({ secretStoreRefs: [{ name: 'main' }, { name: 'eso' }] }), true, 'one that is named is enough')
  t.equal(isForeign({ secretStoreRefs: [byTeam('a')] }), false, 'one of many that are selected is not')
  t.equal(isForeign({ secretStoreRefs: [{ name: 'none' }] }), false)
  t.equal(isForeign({ secretStoreRefs: [{ name: 'none' }] }, {}, 'latchkey'), true, 'ESO takes it')
})

t.test('without a store an object stays with the class that served it last', async t => {
  const spec = { secretStoreRefs: [{ name: 'none' }] }
  const served = [undefined, { observedGeneration: 1 }, { observedGeneration: 1, controllerClass: 'blue' }]
  const whose = (controllerClass: string) =>
    served.map(
      status => !isForeignPush(pushSecret({ spec, ...(status && { status }) }), { ...state.deps, controllerClass }),
    )
  t.same(whose('default'), [true, true, false])
  t.same(whose('blue'), [false, false, true])
  t.same(whose('green'), [false, false, false])
})

const patches = [
  { before: { a: 1 }, after: { a: 1 }, want: undefined },
  { before: { a: { x: 1, y: 2 } }, after: { a: { x: 1 } }, want: { a: { y: null } } },
  { before: { a: { x: 1 } }, after: { a: { x: 2, z: [1] } }, want: { a: { x: 2, z: [1] } } },
  { before: {}, after: { a: { b: {} } }, want: { a: { b: {} } } },
  { before: { a: [1, 2] }, after: { a: [1] }, want: { a: [1] } },
  { before: { a: null }, after: {}, want: { a: null } },
]
for (const { before, after, want } of patches)
  t.test(`merge patch from ${JSON.stringify(before)} to ${JSON.stringify(after)}`, async t =>
    t.same(mergePatch(before, after), want),
  )

const moment = { now, controllerClass: 'default' }
const entry = (remoteKey: string) => ({ match: { remoteRef: { remoteKey } }, conversionStrategy: 'None' as const })
const record = (...names: string[]) => recorded(names.map(name => ({ store: 'SecretStore/main', entry: entry(name) })))

t.test('the status names what went, and what is left is kept', async t => {
  const before = synced(60, { status: { syncedPushSecrets: shown(record('a', 'b')) } })
  const outcome = {
    did: 'push',
    record: record('b'),
    sourceVersion: '7',
    startedAt: now,
    written: 0,
    idle: [],
  } as const
  const { patch } = summarizePush(before, { ...outcome, keepsClock: true, left: [] }, moment)
  t.same(patch?.['syncedPushSecrets'], { 'SecretStore/main': { a: null } })
  t.notOk(patch && 'refreshTime' in patch)
  t.same(shown(union(recordOf(before), record('c'))), shown(record('a', 'b', 'c')))
})

t.test('a failure moves neither clock nor versions, and is told once', async t => {
  const fault = new Fault('NotJson', 'holds text', { path: 'spec.data[0]', remedy: 'mend it' })
  const outcome = { did: 'fail', faults: [fault], record: record('a'), left: [] } as const
  const first = summarizePush(synced(60), outcome, moment)
  t.same(Object.keys(first.patch ?? {}).sort(), ['conditions', 'faults', 'observedGeneration', 'syncedPushSecrets'])
  t.match(first.events, [{ type: 'Warning', reason: 'NotJson', message: 'spec.data[0]: holds text → mend it' }])
  const again = summarizePush(synced(60, { status: first.fields ?? {} }), outcome, moment)
  t.same([again.patch, again.events], [undefined, []])
})

t.test('a selector as the API server takes it', async t => {
  t.equal(selectorText({}), '')
  t.equal(
    selectorText({
      matchLabels: { a: 'b', c: '' },
      matchExpressions: [
        { key: 'd', operator: 'In', values: ['x', 'y'] },
        { key: 'e', operator: 'NotIn', values: ['z'] },
        { key: 'f', operator: 'Exists' },
        { key: 'g', operator: 'DoesNotExist' },
      ],
    }),
    'a=b,c=,d in (x,y),e notin (z),f,!g',
  )
})

t.test('an item is held by one at a time, in the order of asking', async t => {
  const turnstile = createTurnstile()
  const inside = new Set<string>()
  const order: string[] = []
  let most = 0
  const work = (key: string, name: string) =>
    turnstile.hold(key, async () => {
      t.notOk(inside.has(key), key)
      inside.add(key)
      order.push(name)
      most = Math.max(most, inside.size)
      await new Promise(setImmediate)
      inside.delete(key)
    })
  await Promise.all(['a1', 'b1', 'a2', 'c1', 'a3', 'b2'].map(name => work(name.charAt(0), name)))
  t.ok(most > 1, 'different ones go side by side')
  t.same(
    order.filter(name => name.startsWith('a')),
    ['a1', 'a2', 'a3'],
  )
  await t.rejects(turnstile.hold('a', async () => Promise.reject(new Error('x'))))
  t.equal(await turnstile.hold('a', async () => 'after a failure'), 'after a failure')
})

t.test('facts are bounded: what was noted longest ago goes first', async t => {
  const book = createFactBook(2)
  const facts = { isTagged: true, lastVersion: 1, mark: 'm', grows: false }
  for (const key of ['a', 'b', 'a', 'c']) book.note(key, facts)
  t.same(
    ['a', 'b', 'c'].map(key => book.get(key) !== undefined),
    [true, false, true],
  )
})

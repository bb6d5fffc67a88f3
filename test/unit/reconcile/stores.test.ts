import t from 'tap'
import { admits } from '../../../pkg/reconcile/namespaces.ts'
import { reach } from '../../../pkg/reconcile/reach.ts'
import { isOurs } from '../../../pkg/reconcile/store.ts'
import { resolveStores } from '../../../pkg/reconcile/stores.ts'
import { clusterStore, externalSecret, namespace, secretStore } from './build.ts'
import { snapshot } from './ports.ts'

const deps = (stores: ReturnType<typeof secretStore>[], clusterStores: ReturnType<typeof clusterStore>[] = []) => ({
  stores: snapshot(stores, ({ metadata }) => `${metadata.namespace}/${metadata.name}`),
  clusterStores: snapshot(clusterStores, ({ metadata }) => metadata.name),
  namespaces: snapshot([{ name: namespace, labels: { team: 'a' } }], ({ name }) => name),
  controllerClass: 'default',
})
const es = externalSecret()
const cluster = externalSecret({ spec: { secretStoreRef: { name: 'main', kind: 'ClusterSecretStore' } } })
const say = (resolved: ReturnType<typeof resolveStores>): string =>
  resolved.is === 'refused' ? resolved.faults.map(fault => `${fault.code} ${fault.line()}`).join('; ') : resolved.is
const failing = { conditions: [{ type: 'Ready', status: 'False', reason: 'x', message: 'y' }], observedGeneration: 1 }

t.test('a ready store is usable', async t => {
  t.equal(say(resolveStores(es, deps([secretStore()]))), 'usable')
  t.equal(say(resolveStores(cluster, deps([], [clusterStore()]))), 'usable')
})

t.test('a store without kind is a SecretStore', async t => {
  const ref = externalSecret({ spec: { secretStoreRef: { name: 'main' } } })
  t.equal(say(resolveStores(ref, deps([secretStore()], [clusterStore({ status: undefined })]))), 'usable')
})

t.test('a store of another namespace does not exist here', async t => {
  const said = say(resolveStores(es, deps([secretStore({ metadata: { namespace: 'other' } })])))
  t.match(said, /^StoreNotFound spec\.secretStoreRef: SecretStore "main" does not exist in this namespace/)
})

t.test('a store of another class is foreign, whatever else is wrong with it', async t => {
  t.equal(say(resolveStores(es, deps([secretStore({ spec: { controller: 'eso' }, status: failing })]))), 'foreign')
})

t.test('a store that nobody has looked at since its last edit is waited for', async t => {
  t.equal(say(resolveStores(es, deps([secretStore({ status: undefined })]))), 'pending')
  t.equal(say(resolveStores(es, deps([secretStore({ metadata: { generation: 2 } })]))), 'pending')
})

t.test('a store that ESO validated is usable before our own look', async t => {
  const status = { conditions: [{ type: 'Ready', status: 'True', reason: 'Valid', message: 'store validated' }] }
  t.equal(say(resolveStores(es, deps([secretStore({ status })]))), 'usable')
})

t.test('a store that is not ready lets nobody through', async t => {
  t.match(
    say(resolveStores(es, deps([secretStore({ status: failing })]))),
    /^StoreNotReady .*SecretStore "main" is not ready/,
  )
})

t.test('the conditions of a ClusterSecretStore are judged on live labels', async t => {
  const store = clusterStore({ spec: { conditions: [{ namespaceSelector: { matchLabels: { team: 'a' } } }] } })
  const world = deps([], [store])
  t.equal(say(resolveStores(cluster, world)), 'usable')
  const moved = { ...world, namespaces: snapshot([{ name: namespace, labels: { team: 'b' } }], ({ name }) => name) }
  t.match(say(resolveStores(cluster, moved)), /^StoreDenied .*ClusterSecretStore "main" does not admit namespace demo/)
})

t.test('a class of its own takes no store that names none: those are ESO’s', async t => {
  const classed = (controller: string | undefined) =>
    secretStore({ spec: controller === undefined ? {} : { controller } })
  t.same(
    [undefined, '', 'default', 'latchkey'].map(name => isOurs(classed(name), 'default')),
    [true, true, true, false],
  )
  t.same(
    [undefined, '', 'default', 'latchkey'].map(name => isOurs(classed(name), 'latchkey')),
    [false, false, false, true],
  )
})

const selector = (key: string, operator: string, values?: string[]) => [
  { namespaceSelector: { matchExpressions: [{ key, operator, ...(values ? { values } : {}) }] } },
]
const here = { name: 'team-a', labels: { env: 'prod' } }
const conditions: [string, Parameters<typeof admits>[0], typeof here, boolean][] = [
  ['no conditions admit all', undefined, here, true],
  ['an empty list admits all', [], here, true],
  ['an empty condition admits nobody', [{}], here, false],
  ['an empty selector admits all', [{ namespaceSelector: {} }], here, true],
  ['names match whole', [{ namespaces: ['team'] }], here, false],
  ['one name is enough', [{ namespaces: ['x', 'team-a'] }], here, true],
  ['expressions are not anchored', [{ namespaceRegexes: ['am-'] }], here, true],
  ['an anchored expression', [{ namespaceRegexes: ['^am-'] }], here, false],
  ['an expression that does not compile admits nobody', [{ namespaceRegexes: ['('] }], here, false],
  [
    'an expression that would hang a backtracking engine',
    [{ namespaceRegexes: ['^(a+)+$'] }],
    { ...here, name: `${'a'.repeat(60)}-` },
    false,
  ],
  ['any condition is enough', [{ namespaces: ['x'] }, { namespaceRegexes: ['^team-'] }], here, true],
  [
    'any part of a condition is enough',
    [{ namespaces: ['x'], namespaceSelector: { matchLabels: { env: 'prod' } } }],
    here,
    true,
  ],
  ['In', selector('env', 'In', ['dev', 'prod']), here, true],
  ['NotIn', selector('env', 'NotIn', ['prod']), here, false],
  ['NotIn without the label', selector('none', 'NotIn', ['prod']), here, true],
  ['Exists', selector('env', 'Exists'), here, true],
  ['DoesNotExist', selector('env', 'DoesNotExist'), here, false],
  ['an unknown operator', selector('env', 'Near', ['prod']), here, false],
  ['a label that every JavaScript object has', selector('constructor', 'Exists'), here, false],
]
for (const [name, list, who, want] of conditions) {
  t.test(`store conditions: ${name}`, async t => t.equal(admits(list, who), want))
}

t.test('a namespace that was not seen yet passes no selector, not even a negative one', async t => {
  t.equal(admits(selector('env', 'DoesNotExist'), { name: 'new', labels: undefined }), false)
  t.equal(admits([{ namespaces: ['new'] }], { name: 'new', labels: undefined }), true)
})

t.test('a SecretStore reaches its own namespace and no other, whatever it names', async t => {
  for (const named of [undefined, '', 'own', 'kube-system', 'own ', 'OWN', '../own']) {
    let reached: string | undefined
    try {
      reached = reach('SecretStore', 'own', { namespace: named }, 'p')
    } catch {
      reached = undefined
    }
    t.ok(reached === undefined || reached === 'own', `${named}`)
  }
})

t.test('of several stores the first fault is not the only one', async t => {
  const named = (name: string) => ({ sourceRef: { storeRef: { name } }, secretKey: name, remoteRef: { key: '/a' } })
  const es = externalSecret({ spec: { secretStoreRef: undefined, data: [named('main'), named('x'), named('y')] } })
  t.match(
    say(resolveStores(es, deps([secretStore()]))),
    /^StoreNotFound spec\.data\[1\]\.sourceRef\.storeRef: SecretStore "x" .*; StoreNotFound spec\.data\[2\]/,
  )
})

t.test('a main store that no entry reads with need not exist', async t => {
  const data = [{ sourceRef: { storeRef: { name: 'main' } }, secretKey: 'a', remoteRef: { key: '/a' } }]
  const es = externalSecret({ spec: { secretStoreRef: { name: 'absent' }, data } })
  t.equal(say(resolveStores(es, deps([secretStore()]))), 'usable')
})

t.test('one store of another class makes the whole object foreign', async t => {
  const data = [
    { sourceRef: { storeRef: { name: 'eso', kind: 'ClusterSecretStore' } }, secretKey: 'a', remoteRef: { key: '/a' } },
  ]
  const es = externalSecret({ spec: { data } })
  const store = clusterStore({ metadata: { name: 'eso' }, spec: { controller: 'eso' } })
  t.equal(say(resolveStores(es, deps([secretStore()], [store]))), 'foreign')
})

t.test('beside another operator an object without a store that exists is its, unless we have served it', async t => {
  const shared = { ...deps([]), controllerClass: 'latchkey' }
  t.equal(say(resolveStores(es, shared)), 'foreign')
  const served = externalSecret({ status: { observedGeneration: 1, controllerClass: 'latchkey' } })
  t.match(say(resolveStores(served, shared)), /^StoreNotFound/)
  t.equal(
    say(resolveStores(served, { ...shared, controllerClass: 'other' })),
    'foreign',
    'one of another class is not we',
  )
  t.equal(say(resolveStores(served, deps([]))), 'foreign', 'nor is the default one')
})

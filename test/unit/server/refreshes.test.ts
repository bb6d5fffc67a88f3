import t from 'tap'
import { judge } from '#admission'
import { ExternalSecret } from '#api'
import { createStore } from '../../../pkg/kube/store.ts'
import { indexes } from '../../../pkg/reconcile/indexes.ts'
import { refreshesIn } from '../../../server/refreshes.ts'

const data = (items: number) =>
  Array.from({ length: items }, (_, index) => ({ secretKey: `k${index}`, remoteRef: { key: `/${index}` } }))
const object = (namespace: string, name: string, spec: object = {}, metadata: object = {}) =>
  ExternalSecret.parse({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { namespace, name, ...metadata },
    spec: { refreshInterval: '1m', secretStoreRef: { name: 'main' }, data: data(2), ...spec },
  })

const watched = (...objects: ExternalSecret[]) => {
  const store = createStore<ExternalSecret>(indexes.externalSecrets)
  const put = (each: ExternalSecret) => {
    const key = `${each.metadata.namespace}/${each.metadata.name}`
    store.put({ key, uid: key, resourceVersion: '1', object: each })
  }
  for (const each of objects) put(each)
  return { put, refreshes: refreshesIn(store.snapshot) }
}

t.test('the others of a namespace add up, each distinct item once', async t => {
  const { put, refreshes } = watched(
    object('a', 'one'),
    object('a', 'two', { refreshInterval: '30s', data: data(3) }),
    object('a', 'same', { data: [...data(1), { secretKey: 'x', remoteRef: { key: '/0', property: 'p' } }] }),
    object('a', 'never', { refreshInterval: '0' }),
    object('a', 'once', { refreshPolicy: 'CreatedOnce' }),
    object('a', 'search', { data: undefined, dataFrom: [{ find: { path: '/x' } }] }),
    object('a', 'leaving', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    object('b', 'one', { data: data(100) }),
  )
  t.equal(refreshes('a', ''), 2 + 6 + 1 + 1)
  t.equal(refreshes('a', 'two'), 2 + 1 + 1)
  t.equal(refreshes('c', ''), 0)
  put(object('a', 'two', { refreshInterval: '1m', data: data(3) }))
  t.equal(refreshes('a', ''), 2 + 3 + 1 + 1, 'an edit counts')
})

t.test('a thousand objects of a namespace cost little at each review', async t => {
  const { refreshes } = watched(
    ...Array.from({ length: 1_000 }, (_, index) => object('a', `n${index}`, { data: data(20) })),
  )
  refreshes('a', '')
  const rounds = 200
  const started = process.cpuUsage()
  for (let round = 0; round < rounds; round++) refreshes('a', 'n1')
  const spent = process.cpuUsage(started)
  const each = (spent.user + spent.system) / 1e3 / rounds
  t.comment(`${each.toFixed(3)} ms a review`)
  // 5 ms where the items are counted each time
  t.ok(each < 0.5, `${each} ms`)
})

t.test('whoever is over the budget already may go down, or edit something else, though a policy denies it', async t => {
  const { refreshes } = watched(object('a', 'other', { data: data(1_000) }))
  const policy = { rules: { 'refresh-rate': 'deny' as const } }
  const fast = object('a', 'one', { refreshInterval: '10s' })
  const counts = (now: ExternalSecret, prior?: ExternalSecret) => {
    const { denials, warnings } = judge(now, prior, { refreshes, policy })
    return [denials.length, warnings.length]
  }
  t.same(counts(fast), [1, 0])
  t.same(counts(object('a', 'one', { refreshInterval: '20s' }), fast), [0, 1])
  t.same(counts(fast, object('a', 'one', { refreshInterval: '0' })), [1, 0])
})

t.test('the budget of the policy counts', async t => {
  const { refreshes } = watched()
  const said = (refreshesPerMinute: number) =>
    judge(object('a', 'one'), undefined, { refreshes, policy: { rules: {}, refreshesPerMinute } }).warnings
  t.same(said(2), [])
  t.match(said(1), [{ message: 'namespace a refreshes more than its budget of 1 items a minute' }])
})

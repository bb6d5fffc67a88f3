import t from 'tap'
import { accountNews } from '../../../pkg/reconcile/account-news.ts'
import type { AccountDigest, Change } from '../../../pkg/reconcile/ports.ts'
import { clusterStore, externalSecret, secretStore, syncedStatus } from './build.ts'
import { world } from './ports.ts'

const waiting = { conditions: [{ type: 'Ready', status: 'False', reason: 'x', message: 'y' }] }
const kubernetesAuth = (serviceAccountRef: object) => ({
  authSecretRef: { kubernetesAuth: { accessID: 'p-x', k8sConfName: 'c', serviceAccountRef } },
})
const store = (name: string, status: object | undefined) =>
  secretStore({ metadata: { name, uid: name }, akeyless: kubernetesAuth({ name: 'app' }), status: { ...status } })
const works = { conditions: [{ type: 'Ready', status: 'True', reason: 'Valid', message: 'm' }] }
const reader = (name: string, secretStoreRef: object, isWell: boolean, namespace = 'demo') => {
  const parts = { metadata: { name, namespace, uid: name }, spec: { secretStoreRef } }
  return externalSecret({ ...parts, status: isWell ? syncedStatus(externalSecret(parts), 60) : waiting })
}
const cluster = (name: string, account: object) =>
  clusterStore({ metadata: { name, uid: name }, akeyless: kubernetesAuth(account) })
const through = { kind: 'ClusterSecretStore', name: 'referent' }

const { deps } = world({
  stores: [store('waits', waiting), store('works', works), secretStore({ metadata: { name: 'unrelated' } })],
  clusterStores: [cluster('referent', { name: 'app' }), cluster('fixed', { name: 'app', namespace: 'ops' })],
  externalSecrets: [
    reader('of-waits', { name: 'waits' }, false),
    reader('of-works', { name: 'works' }, true),
    reader('of-works-but-failed', { name: 'works' }, false),
    reader('of-unrelated', { name: 'unrelated' }, false),
    reader('guest', through, true),
    reader('guest-that-waits', through, false),
    reader('elsewhere', through, false, 'blue'),
    reader('of-fixed', { kind: 'ClusterSecretStore', name: 'fixed' }, true),
  ],
})

const plain = { workload: '' }
const changes = {
  added: (key: string): Change<AccountDigest> => ({ type: 'added', key, object: plain }),
  deleted: (key: string): Change<AccountDigest> => ({ type: 'deleted', key, object: plain }),
  touched: (key: string): Change<AccountDigest> => ({ type: 'updated', key, object: { workload: '' }, prior: plain }),
  annotated: (key: string): Change<AccountDigest> => ({
    type: 'updated',
    key,
    object: { workload: 'x' },
    prior: plain,
  }),
}
const names = ['SecretStore/demo/waits', 'SecretStore/demo/works', 'ClusterSecretStore/referent']
const all = ['of-waits', 'of-works', 'of-works-but-failed', 'guest', 'guest-that-waits']

const cases: readonly {
  name: string
  change: Change<AccountDigest>
  stores?: readonly string[]
  stale?: readonly string[]
  readers?: readonly string[]
}[] = [
  {
    name: 'one that comes, or is in the first list, wakes who waits, and nobody who works',
    change: changes.added('demo/app'),
    stores: ['SecretStore/demo/waits'],
    stale: names,
    readers: ['of-waits', 'of-works-but-failed', 'guest-that-waits'],
  },
  {
    name: 'one that goes is news to all who log in as it',
    change: changes.deleted('demo/app'),
    stores: ['SecretStore/demo/waits', 'SecretStore/demo/works'],
    stale: names,
    readers: all,
  },
  {
    name: 'one that means another application to Azure is, too',
    change: changes.annotated('demo/app'),
    stores: ['SecretStore/demo/waits', 'SecretStore/demo/works'],
    stale: names,
    readers: all,
  },
  { name: 'whatever else changes about one is no news', change: changes.touched('demo/app') },
  {
    name: 'through a referent store only those of its namespace are concerned',
    change: changes.added('blue/app'),
    stale: ['ClusterSecretStore/referent'],
    readers: ['elsewhere'],
  },
  {
    name: 'a ClusterSecretStore that names a namespace looks there',
    change: changes.deleted('ops/app'),
    stores: ['ClusterSecretStore/fixed'],
    stale: ['ClusterSecretStore/fixed', 'ClusterSecretStore/referent'],
    readers: ['of-fixed'],
  },
  { name: 'one that nobody names concerns nobody', change: changes.deleted('demo/other') },
]
for (const { name, change, stores = [], stale = [], readers = [] } of cases) {
  t.test(name, async t => {
    const news = accountNews(deps, change)
    t.same(news.stores, stores)
    t.same(news.stale, stale)
    t.same(
      news.readers.map(({ metadata }) => metadata.name),
      readers,
    )
  })
}

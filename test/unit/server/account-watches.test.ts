import t from 'tap'
import { ClusterSecretStore, SecretStore } from '#api'
import { createAccountWatches } from '../../../server/account-watches.ts'

type Store = SecretStore | ClusterSecretStore
const base = { apiVersion: 'external-secrets.io/v1' }
const secretRef = { accessID: { name: 'c', key: 'k' } }
const specOf = (akeyless: object, controller?: string) => ({
  ...(controller && { controller }),
  provider: { akeyless: { akeylessGWApiURL: 'https://gateway.example.com', ...akeyless } },
})
const store = (name: string, spec: object, namespace = 'team'): SecretStore =>
  SecretStore.parse({ ...base, kind: 'SecretStore', metadata: { name, namespace, uid: name }, spec })
const clusterStore = (name: string, spec: object): ClusterSecretStore =>
  ClusterSecretStore.parse({ ...base, kind: 'ClusterSecretStore', metadata: { name, uid: name }, spec })

const account = { name: 'app' }
const auth = { accessID: 'p-x', k8sConfName: 'c' }
const plain = specOf({ authSecretRef: { secretRef } })
const kubernetes = specOf({ authSecretRef: { kubernetesAuth: { ...auth, serviceAccountRef: account } } })

const start = (scoped = false) => {
  const log: string[] = []
  const watches = createAccountWatches({
    scoped,
    controllerClass: 'default',
    open: (namespace = 'all') => {
      log.push(`open ${namespace}`)
      return { stop: async () => void log.push(`close ${namespace}`) }
    },
  })
  const tell = (type: 'added' | 'deleted', object: Store) =>
    watches.onStore({ type, key: object.metadata.name, object })
  const edit = (object: Store) => watches.onStore({ type: 'updated', key: object.metadata.name, object, prior: object })
  return { log, tell, edit, stop: watches.stop }
}

t.test('stores that name no ServiceAccount, or are not ours, open no watch', async t => {
  const { log, tell, edit, stop } = start()
  const others = [
    store('by-secret', plain),
    store('own-identity', specOf({ authSecretRef: { kubernetesAuth: auth } })),
    store('token-in-a-secret', specOf({ authSecretRef: { kubernetesAuth: { ...auth, secretRef: { name: 's' } } } })),
    store(
      'another-class',
      specOf({ authSecretRef: { kubernetesAuth: { ...auth, serviceAccountRef: account } } }, 'eso'),
    ),
    store('another-provider', { provider: { vault: { server: 'https://vault.example.com' } } }),
    clusterStore('cluster', plain),
  ]
  for (const each of others) tell('added', each)
  for (const each of others) edit(each)
  for (const each of others) tell('deleted', each)
  await stop()
  t.same(log, [])
})

const naming: readonly { name: string; store: Store }[] = [
  { name: 'in kubernetesAuth', store: store('s', kubernetes) },
  {
    name: 'beside secretRef',
    store: store('s', specOf({ authSecretRef: { secretRef, serviceAccountRef: account } })),
  },
  {
    name: 'where the guide writes it',
    store: store('s', specOf({ authSecretRef: { secretRef }, serviceAccountRef: account })),
  },
  { name: 'in a referent store', store: clusterStore('s', kubernetes) },
]
for (const { name, store: named } of naming) {
  t.test(`a ServiceAccount ${name}: one watch for as long as the store is there`, async t => {
    const { log, tell } = start()
    tell('added', named)
    t.same(log, ['open all'])
    tell('deleted', named)
    t.same(log, ['open all', 'close all'])
  })
}

t.test('the first store opens, the last one closes, whether it goes or is edited', async t => {
  const { log, tell, edit } = start()
  for (const name of ['a', 'b', 'c']) tell('added', store(name, kubernetes))
  tell('added', store('a', kubernetes, 'elsewhere'))
  edit(store('a', kubernetes))
  tell('deleted', store('b', kubernetes))
  tell('deleted', store('c', kubernetes))
  tell('deleted', store('a', kubernetes, 'elsewhere'))
  t.same(log, ['open all'])
  edit(store('a', plain))
  t.same(log, ['open all', 'close all'])
  edit(store('a', kubernetes))
  t.same(log, ['open all', 'close all', 'open all'])
})

t.test('of several namespaces those are watched in which a store needs it', async t => {
  const { log, tell, stop } = start(true)
  tell('added', store('a', kubernetes, 'red'))
  tell('added', store('a', plain, 'blue'))
  tell('added', store('b', kubernetes, 'green'))
  tell('deleted', store('a', kubernetes, 'red'))
  t.same(log, ['open red', 'open green', 'close red'])
  await stop()
  t.same(log, ['open red', 'open green', 'close red', 'close green'])
})

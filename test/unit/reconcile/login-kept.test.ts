import t from 'tap'
import { createIdentities } from '../../../pkg/reconcile/identities.ts'
import type { Store } from '../../../pkg/reconcile/store.ts'
import { clusterStore, secretStore } from './build.ts'
import { credentialsIn } from './credentials.ts'

const signal = new AbortController().signal
const creds = { accessId: 'p-x', accessType: 'api_key', accessTypeParam: 'one' }
const key = 'SecretStore/demo/main'

const start = () => {
  const credentials = credentialsIn({ 'demo/creds': { ...creds }, 'ops/creds': { ...creds } })
  const clock = { ms: 0 }
  const identities = createIdentities({ credentials, trustedGateways: [] }, () => new Date(clock.ms))
  const keyOf = async (store: Store, namespace = 'demo') => {
    const { login } = await identities.of(store, namespace, signal)
    return login.type === 'api_key' ? login.accessKey.reveal().toString() : login.type
  }
  return { credentials, clock, identities, keyOf }
}

t.test('many readers of one store read its credentials once', async t => {
  const { credentials, keyOf } = start()
  const store = secretStore()
  t.same(await Promise.all(Array.from({ length: 1_000 }, () => keyOf(store))), Array(1_000).fill('one'))
  t.same(credentials.reads, ['Secret demo/creds'])
  const cluster = clusterStore()
  await Promise.all(Array.from({ length: 100 }, (_, index) => keyOf(cluster, `team-${index}`)))
  t.same(credentials.reads, ['Secret demo/creds', 'Secret ops/creds'], 'also of a ClusterSecretStore')
})

t.test('what changed is read anew: after five seconds, when told, and for another spec or object', async t => {
  const { credentials, clock, identities, keyOf } = start()
  const put = (accessTypeParam: string) =>
    Object.assign(credentials.secrets, { 'demo/creds': { ...creds, accessTypeParam } })
  t.equal(await keyOf(secretStore()), 'one')
  put('two')
  clock.ms = 4_999
  t.equal(await keyOf(secretStore()), 'one')
  clock.ms = 5_000
  t.equal(await keyOf(secretStore()), 'two')
  put('three')
  identities.drop('SecretStore/other/main')
  t.equal(await keyOf(secretStore()), 'two')
  identities.drop(key)
  t.equal(await keyOf(secretStore()), 'three')
  put('four')
  t.equal(await keyOf(secretStore({ metadata: { generation: 2 } })), 'four')
  put('five')
  t.equal(await keyOf(secretStore({ metadata: { generation: 2, uid: 'another' } })), 'five')
})

t.test('a fault is not kept', async t => {
  const { credentials, keyOf } = start()
  const { 'demo/creds': kept } = credentials.secrets
  delete credentials.secrets['demo/creds']
  t.match(await keyOf(secretStore()).catch(error => error), { code: 'CredentialMissing' })
  Object.assign(credentials.secrets, { 'demo/creds': kept })
  t.equal(await keyOf(secretStore()), 'one')
})

t.test('a store that logs in as whoever reads has an identity for each namespace', async t => {
  const { identities } = start()
  const kubernetesAuth = { accessID: 'p-x', k8sConfName: 'c', serviceAccountRef: { name: 'sa' } }
  const store = clusterStore({ akeyless: { authSecretRef: { kubernetesAuth } } })
  const spaces = Array.from({ length: 2_500 }, (_, index) => `team-${index % 1_250}`)
  for (const namespace of spaces) {
    const { login } = await identities.of(store, namespace, signal)
    if (login.type !== 'k8s' || login.token.from !== 'service-account' || login.token.namespace !== namespace) {
      t.fail(`${namespace} reads as another`)
    }
  }
  const [one, same, other] = await Promise.all(['a', 'a', 'b'].map(space => identities.of(store, space, signal)))
  t.equal(one, same)
  t.not(one, other)
})

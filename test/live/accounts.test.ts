// ServiceAccounts that stores log in as: one that comes, goes or changes is noticed at once, and nobody watches them where no store
// names one.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { issueCa, issueLeaf, randomSources } from '#certs'
import { accountsOf, createAccount, reviewingCluster } from '../support/accounts.ts'
import { startAudit } from '../support/audit.ts'
import { namespace as namespaceFor, until } from '../support/cluster.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  akeylessSpec,
  clusterSecretStore,
  create,
  entry,
  externalSecret,
  type Json,
  pathsOf,
  remove,
  secretStore,
  storeSpec,
  whenReady,
} from '../support/objects.ts'
import { install } from './twin.ts'

await install()
type Tap = Parameters<typeof whenReady>[0]

const accessId = 'p-anyany0anyankb'
const [here, there] = [await namespaceFor(t), await namespaceFor(t)]
const gateway = await startTlsGateway(t, {
  kubernetes: [await reviewingCluster(t, here)],
  identities: [{ type: 'k8s', accessId, config: 'live', rules: [{ path: '/*', allow: ['read', 'list'] }] }],
  items: [{ path: '/one', type: 'STATIC_SECRET', value: 'v' }],
})
const data = [entry('k', '/one')]
const logInAs = (serviceAccountRef: object, rest: object = {}) =>
  akeylessSpec(
    { authSecretRef: { kubernetesAuth: { accessID: accessId, k8sConfName: 'live', serviceAccountRef } } },
    rest,
  )

/** What was asked of ServiceAccounts as a collection: lists and watches alike. */
const followed = (audit: Awaited<ReturnType<typeof startAudit>>) =>
  audit.asked().flatMap(({ path, status }) => (/\/serviceaccounts$/.test(path) ? [`${path} ${status}`] : []))

/** Milliseconds until all of them are Ready, from the moment that the ServiceAccount is made. */
const curedBy = async (t: Tap, namespace: string, name: string, paths: readonly string[]) => {
  const begun = performance.now()
  await createAccount(namespace, name)
  await Promise.all(paths.map(path => whenReady(t, path)))
  return Math.round(performance.now() - begun)
}

t.test('a ServiceAccount that comes: its stores work and their dependents are synced within 2 s', async t => {
  const controller = `accounts-${randomBytes(4).toString('hex')}`
  const audit = await startAudit(t)
  await startLatchkey(t, { gateway, kubeconfig: audit.kubeconfig, args: ['--controller-class', controller] })
  const { stores, externalSecrets, clusterStores } = pathsOf(here)

  // a store that names none does without
  await create(stores, secretStore('by-secret', { ...storeSpec({ secret: 'nobody' }), controller }))
  await whenReady(t, `${stores}/by-secret`, 'False')
  t.same(followed(audit), [])

  await create(stores, secretStore('waits', logInAs({ name: 'late' }, { controller })))
  const fixed = `${clusterStores}/${controller}-fixed`
  const referent = `${controller}-referent`
  for (const name of [`${controller}-fixed`, referent]) t.teardown(() => remove(`${clusterStores}/${name}`))
  const far = { name: 'late', namespace: there }
  await create(clusterStores, clusterSecretStore(`${controller}-fixed`, logInAs(far, { controller })))
  await create(clusterStores, clusterSecretStore(referent, logInAs({ name: 'late' }, { controller })))
  const readers = ['x', 'y', 'z'].map(name => `${externalSecrets}/${name}`)
  for (const name of ['x', 'y', 'z'])
    await create(externalSecrets, externalSecret(name, { secretStoreRef: { name: 'waits' }, data }))
  const guests = [here, there].map(namespace => `${pathsOf(namespace).externalSecrets}/guest`)
  const secretStoreRef = { kind: 'ClusterSecretStore', name: referent }
  for (const namespace of [here, there])
    await create(pathsOf(namespace).externalSecrets, externalSecret('guest', { secretStoreRef, data }))

  const all = [`${stores}/waits`, fixed, ...readers, ...guests]
  await Promise.all(all.map(path => whenReady(t, path, 'False')))
  const [guestHere = '', guestThere = ''] = guests
  // at once: within the second in which nobody asks for the proof again
  const took = await curedBy(t, here, 'late', [`${stores}/waits`, ...readers, guestHere])
  t.ok(took < 2_000, `a store, three dependents and a guest in ${took} ms`)
  await whenReady(t, guestThere, 'False')
  const tookThere = await curedBy(t, there, 'late', [fixed, guestThere])
  t.ok(tookThere < 2_000, `a ClusterSecretStore and a guest in ${tookThere} ms`)
  t.comment(`${took} ms, ${tookThere} ms`)
  t.same(followed(audit), ['/api/v1/serviceaccounts 200', '/api/v1/serviceaccounts 200'], 'one list, one watch')
})

t.test('the watch ends with the last store that names one, and begins anew with the next', async t => {
  const audit = await startAudit(t)
  await startLatchkey(t, { namespace: here, gateway, kubeconfig: audit.kubeconfig })
  const { stores } = pathsOf(here)
  const store = secretStore('comes-and-goes', logInAs({ name: 'steady' }))
  const path = `${stores}/comes-and-goes`
  await createAccount(here, 'steady')
  const twice = (times: number) => Array.from({ length: times * 2 }, () => `${accountsOf(here)} 200`)
  const untilFollowed = (times: number) =>
    until(t, `list and watch number ${times}`, () => (followed(audit).length >= times * 2 ? true : undefined))

  await create(stores, store)
  await whenReady(t, path)
  await untilFollowed(1)
  t.same(followed(audit), twice(1), 'of the one namespace that is looked at')
  await remove(path)
  await create(stores, store)
  await whenReady(t, path)
  await untilFollowed(2)
  t.same(followed(audit), twice(2), 'a list each time: nothing was watched in between')
})

/** Takes every login for api.akeyless.io, keeps what was sent and refuses it. */
const startListener = async (t: Tap) => {
  const sources = randomSources()
  const now = new Date()
  const ca = await issueCa({ sources, now })
  const leaf = await issueLeaf({ ca, sources, now, names: { dns: ['api.akeyless.io'], ip: [] } })
  const caFile = join(mkdtempSync(join(tmpdir(), 'latchkey-listener-')), 'ca.crt')
  writeFileSync(caFile, ca.cert)
  const bodies: Json[] = []
  const server = createServer({ cert: leaf.cert, key: leaf.key.reveal() }, (request, response) => {
    request.setEncoding('utf8').on('data', text => bodies.push(JSON.parse(text)))
    request.on('end', () => response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"no"}'))
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  t.teardown(() => {
    server.close()
    rmSync(dirname(caFile), { recursive: true })
  })
  return { port: (server.address() as AddressInfo).port, caFile, bodies } // a TCP server that listens
}

t.test('what a gateway receives is a token of ten minutes, for the audiences of the store alone', async t => {
  const listener = await startListener(t)
  const namespace = await namespaceFor(t)
  await createAccount(namespace, 'app')
  const { stores } = pathsOf(namespace)
  const latchkey = await startLatchkey(t, { namespace, gateway: listener })
  await create(stores, secretStore('store', logInAs({ name: 'app', audiences: ['akeyless.io', 'another'] })))
  await whenReady(t, `${stores}/store`, 'False')
  t.equal(listener.bodies.length, 1)
  const token = Buffer.from(listener.bodies[0]['k8s-service-account-token'], 'base64').toString()
  const claims: Json = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  t.equal(claims.sub, `system:serviceaccount:${namespace}:app`)
  t.same(claims.aud, ['akeyless.io', 'another'])
  t.equal(claims.exp - claims.iat, 600)
  t.notOk(JSON.stringify(latchkey.lines()).includes(token), 'and no log line has it')
})

// Beside ESO, under a class of our own: what ESO serves is admitted, with at most warnings, whatever Latchkey would refuse in it.
import t from 'tap'
import { stringify } from 'yaml'
import { group } from '#api'
import { kubectl, namespace as namespaceFor, request } from '../support/cluster.ts'
import { startTlsGateway } from '../support/latchkey.ts'
import {
  create,
  credentials,
  entry,
  externalSecret,
  pathsOf,
  secretStore,
  storeSpec,
  whenReady,
} from '../support/objects.ts'
import { startRegistered } from './registered.ts'
import { install } from './twin.ts'

await install()
const namespace = await namespaceFor(t)
const paths = pathsOf(namespace)
const gateway = await startTlsGateway(t)
const controller = namespace
await startRegistered(t, { namespace, gateway, controller })

/** What ESO's webhook lets pass and ours refuses. */
const bold = { dataFrom: [{ find: {} }] }
const vault = { provider: { vault: { server: 'https://vault.example.com', path: 'secret' } } }
const ours = { controller, ...storeSpec() }
const sloppy = { ...storeSpec(), refreshInterval: '5 minutes' }

await create(paths.secrets, credentials())
await create(paths.stores, secretStore('ours', ours))
await whenReady(t, `${paths.stores}/ours`)

t.test('stores of another class or provider are admitted', async t => {
  await create(paths.stores, secretStore('vault', vault))
  await create(paths.stores, secretStore('named', { ...sloppy, controller: 'eso' }))
  await create(paths.stores, secretStore('nameless', sloppy))
  const refused = await request('POST', paths.stores, secretStore('refused', { ...sloppy, controller }))
  t.equal(refused.status, 403, 'where our class is asked for it is refused')
})

t.test('ExternalSecrets of such stores are admitted too', async () => {
  for (const name of ['vault', 'named', 'nameless', 'not-there-yet'])
    await create(paths.externalSecrets, externalSecret(`of-${name}`, { secretStoreRef: { name }, ...bold }))
  const generatorRef = { apiVersion: `generators.${group}/v1alpha1`, kind: 'Password', name: 'p' }
  const dataFrom = [{ sourceRef: { generatorRef } }]
  await create(paths.externalSecrets, externalSecret('generated', { secretStoreRef: undefined, dataFrom }))
})

t.test('what ESO pushes is admitted, and nothing is said of what Latchkey does not do yet', async t => {
  const push = (name: string, store: string, data: readonly object[]) => ({
    apiVersion: `${group}/v1alpha1`,
    kind: 'PushSecret',
    metadata: { name },
    spec: { secretStoreRefs: [{ name: store }], selector: { secret: { name: 'app' } }, data },
  })
  const apply = (object: object) => kubectl(['apply', '-f', '-'], { namespace, input: stringify(object) })
  const right = [{ match: { remoteRef: { remoteKey: '/a' } } }]
  const theirs = await apply(push('to-vault', 'vault', right))
  t.same([theirs.code, theirs.stderr], [0, ''])
  const sloppily = await apply(push('to-named', 'named', []))
  t.equal(sloppily.code, 0)
  t.match(sloppily.stderr, /\[foreign\]\nWarning: spec: has neither data nor dataTo .* \[push-data\]\n$/)
  const ours = await apply(push('to-ours', 'ours', right))
  t.same([ours.code, ours.stderr], [0, ''])
  t.equal((await apply(push('to-ours-too', 'ours', []))).code, 1)
})

t.test('those of our own are refused as ever', async t => {
  const of = externalSecret('of-ours', { secretStoreRef: { name: 'ours' }, ...bold })
  const { status, body } = await request('POST', paths.externalSecrets, of)
  t.equal(status, 403)
  t.match(body.message, /spec\.dataFrom\[0\]\.find: does not say what to find/)
})

t.test('ESO edits its objects, and Latchkey leaves them as they are', async t => {
  const path = `${paths.externalSecrets}/of-vault`
  const edited = await request('PATCH', path, { spec: { target: { immutable: true } } })
  t.equal(edited.status, 200)
  // one of ours is done after them
  const data = [entry('user', '/apps/db-username')]
  await create(paths.externalSecrets, externalSecret('last', { secretStoreRef: { name: 'ours' }, data }))
  await whenReady(t, `${paths.externalSecrets}/last`)
  for (const name of ['of-vault', 'of-named', 'of-nameless'])
    t.notOk((await request('GET', `${paths.externalSecrets}/${name}`)).body.status, name)
})

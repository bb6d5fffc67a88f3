// `serve --policy FILE`: what the administrator insists on is refused at the door, and where nobody stands there it is neither
// read nor written.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { namespace as namespaceFor, request, until } from '../support/cluster.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  create,
  entry,
  externalSecret,
  get,
  patch,
  pathsOf,
  readyOf,
  readyStore,
  remove,
  whenReady,
} from '../support/objects.ts'
import { pushSecret, to } from './push/stage.ts'
import { startRegistered } from './registered.ts'
import { install } from './twin.ts'

await install()

const policyFor = (t: Test, namespace: string): string => {
  const file = join(t.testdir(), 'policy.yaml')
  const text = `rules: { refresh-interval: deny }
paths:
  - { namespaces: ['${namespace}'], stores: ['SecretStore/*'], allow: [/apps/*] }
  - { namespaces: [somebody-else], allow: [] }
`
  writeFileSync(file, text)
  return file
}

const allowed = (namespace: string, named: string, remedy = 'name one of /apps/*') =>
  `${named} is not allowed to namespace ${namespace} with SecretStore store → ${remedy}, or have the path allowed in the policy of Latchkey`

/** By name: the spec, and what is said of it. */
const refusals = (namespace: string): Readonly<Record<string, { spec: object; says: string }>> => ({
  climbing: {
    spec: { data: [entry('a', '/apps/../private/token')] },
    says: `spec.data[0].remoteRef.key: ${allowed(namespace, '"/apps/../private/token"')}`,
  },
  elsewhere: {
    spec: { data: [entry('b', '/apps/db-username'), entry('a', '/private/token')] },
    says: `spec.data[1].remoteRef.key: ${allowed(namespace, '"/private/token"')}`,
  },
  listing: {
    spec: { dataFrom: [{ find: { name: { regexp: 'token' } } }] },
    says: `spec.dataFrom[0].find.path: ${allowed(namespace, 'a find in all folders')}`,
  },
  negative: {
    spec: { refreshInterval: '-5m', data: [entry('a', '/apps/db-username')] },
    says: 'spec.refreshInterval: "-5m" is negative and means never again → write 0 if that is meant [refresh-interval, by policy]',
  },
})

t.test('with the webhook off the reconciler says it in the status, and asks Akeyless for nothing', async t => {
  const namespace = await namespaceFor(t)
  const { externalSecrets, secrets } = pathsOf(namespace)
  const gateway = await startTlsGateway(t)
  await startLatchkey(t, { namespace, gateway, args: ['--policy', policyFor(t, namespace)] })
  await readyStore(t, namespace)
  const before = gateway.journal().length
  for (const [name, { spec, says }] of Object.entries(refusals(namespace))) {
    await create(externalSecrets, externalSecret(name, spec))
    const object = await whenReady(t, `${externalSecrets}/${name}`, 'False')
    t.equal(readyOf(object)?.message, says, name)
    t.equal(await get(`${secrets}/${name}`), undefined, 'no Secret')
  }
  t.equal(gateway.journal().length, before, 'no call of the gateway')
  await create(externalSecrets, externalSecret('fine', { data: [entry('a', 'apps/db-username')] }))
  await whenReady(t, `${externalSecrets}/fine`)
  t.ok(gateway.journal().length > before, 'what is allowed is read')
})

t.test('with the webhook on it is refused in the same words', async t => {
  const namespace = await namespaceFor(t)
  const { externalSecrets } = pathsOf(namespace)
  const gateway = await startTlsGateway(t)
  await startRegistered(t, { namespace, gateway, args: ['--policy', policyFor(t, namespace)] })
  await readyStore(t, namespace)
  const before = gateway.journal().length
  for (const [name, { spec, says }] of Object.entries(refusals(namespace))) {
    const { status, body } = await request('POST', externalSecrets, externalSecret(name, spec))
    t.equal(status, 403)
    t.match(body.message, `ExternalSecret ${namespace}/${name}: 1 fault\n  ${says}`, name)
  }
  t.equal(gateway.journal().length, before, 'no call of the gateway')
  await create(externalSecrets, externalSecret('fine', { data: [entry('a', '/apps/db-username')] }))
  await whenReady(t, `${externalSecrets}/fine`)
})

/** By name: the spec of a PushSecret, and what is said of it where nobody stands at the door. */
const refusedPushes = (namespace: string): Readonly<Record<string, { spec: object; says: string }>> => ({
  outside: {
    spec: { data: [to('/private/token')] },
    says: `spec.data[0].match.remoteRef.remoteKey: ${allowed(namespace, '"/private/token"')}`,
  },
  bundled: {
    spec: { dataTo: [{ storeRef: { name: 'store' }, remoteKey: '/private/all' }] },
    says: `spec.dataTo[0].remoteKey: ${allowed(namespace, '"/private/all"')}`,
  },
  named: {
    spec: { dataTo: [{ storeRef: { name: 'store' } }] },
    says: `spec.dataTo[0]: ${allowed(namespace, '"key"')}`,
  },
  selected: {
    spec: { secretStoreRefs: [{ labelSelector: { matchLabels: { team: 'a' } } }], data: [to('/private/token')] },
    says: `spec.data[0]: ${allowed(namespace, '"/private/token"')}`,
  },
})

t.test('what is pushed is held to it too, and what the status says to delete', async t => {
  const namespace = await namespaceFor(t)
  const { pushSecrets, secrets, stores } = pathsOf(namespace)
  const gateway = await startTlsGateway(t)
  await startLatchkey(t, { namespace, gateway, args: ['--policy', policyFor(t, namespace)] })
  await readyStore(t, namespace)
  await patch(`${stores}/store`, { metadata: { labels: { team: 'a' } } })
  const before = gateway.journal().length
  for (const [name, { spec, says }] of Object.entries(refusedPushes(namespace))) {
    await create(secrets, { metadata: { name }, stringData: { key: 'value' } })
    await create(pushSecrets, pushSecret(name, spec))
    const object = await whenReady(t, `${pushSecrets}/${name}`, 'False')
    t.equal(readyOf(object)?.message, says, name)
  }
  t.equal(gateway.journal().length, before, 'no call of the gateway')
  const { spec } = pushSecret('selected', { data: [to('/apps/made')], deletionPolicy: 'Delete' })
  await patch(`${pushSecrets}/selected`, { spec })
  await whenReady(t, `${pushSecrets}/selected`)
  t.equal(gateway.value('/apps/made'), '{"key":"value"}')
  const forged = { 'SecretStore/store': { '/apps/made': to('/apps/made'), '/private/token': to('/private/token') } }
  await patch(`${pushSecrets}/selected/status`, { status: { syncedPushSecrets: forged } })
  const skip = gateway.journal().length
  await remove(`${pushSecrets}/selected`)
  await until(t, 'the item to go', async () => gateway.value('/apps/made') === undefined || undefined)
  const touched = gateway
    .journal()
    .slice(skip)
    .flatMap(({ names }) => names)
  t.notOk(touched.includes('/private/token'), 'nobody asked for it')
})

t.test('a policy that cannot be used keeps the process from starting, and tells every mistake', async t => {
  const namespace = await namespaceFor(t)
  const gateway = await startTlsGateway(t)
  const file = join(t.testdir(), 'policy.yaml')
  writeFileSync(file, 'rules: { secret-key: warn, refresh-intervall: deny }\n')
  const started = startLatchkey(t, { namespace, gateway, args: ['--policy', file] })
  await t.rejects(started, { message: /rules\.secret-key: always denies[\s\S]*did you mean refresh-interval\?/ })
})

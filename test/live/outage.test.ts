// A gateway that fails: the objects say so, the Secrets stay, and all goes on by itself when it is back.
import t from 'tap'
import { namespace as namespaceFor } from '../support/cluster.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  create,
  credentials,
  entry,
  externalSecret,
  get,
  type Json,
  patch,
  pathsOf,
  readyOf,
  secretStore,
  settled,
  whenReady,
} from '../support/objects.ts'
import { install } from './twin.ts'

await install()
const data = [entry('user', '/apps/db-username'), entry('password', '/apps/db-password')]

interface Tap {
  teardown(fn: () => unknown): unknown
}

/** A namespace with a store that nobody has looked at yet, a gateway, and a process that looks at nothing else. */
const setUp = async (t: Tap, prepare: (gateway: Awaited<ReturnType<typeof startTlsGateway>>) => void = () => {}) => {
  const namespace = await namespaceFor(t)
  const paths = pathsOf(namespace)
  const gateway = await startTlsGateway(t)
  prepare(gateway)
  await create(paths.secrets, credentials())
  await create(paths.stores, secretStore())
  await startLatchkey(t, { namespace, gateway })
  return { paths, gateway }
}

const messageOf = (object: Json): string => readyOf(object)?.message ?? ''

t.test('a gateway that asks to slow down is left alone for as long as it asks', async t => {
  const { paths, gateway } = await setUp(t)
  await whenReady(t, `${paths.stores}/store`)
  const before = gateway.journal().length
  const calls = () => gateway.journal().slice(before)
  const seconds = 4
  gateway.fail({ op: 'describe-item', status: 429, headers: { 'retry-after': `${seconds}` }, times: 100_000 })
  const names = Array.from({ length: 10 }, (_, index) => `slow-${index}`)
  await create(paths.externalSecrets, externalSecret('slow-0', { data }))
  await whenReady(t, `${paths.externalSecrets}/slow-0`, 'False')
  for (const name of names.slice(1)) await create(paths.externalSecrets, externalSecret(name, { data }))
  for (const name of names) {
    const object = await whenReady(t, `${paths.externalSecrets}/${name}`, 'False')
    t.match(messageOf(object), /^spec\.secretStoreRef: SecretStore "store": gateway \S+ answers .* → .+/)
  }
  // how far the others come meanwhile is up to the machine: within the time that it asked for, none of them calls
  const [first] = calls().filter(({ status }) => status === 429)
  const until = first!.at.getTime() + seconds * 1_000
  const early = calls().filter(({ at }) => at.getTime() < until)
  t.ok(early.length <= data.length, `${early.length} calls for ${data.length} items of the first ExternalSecret`)
  gateway.reset()
  for (const name of names) await whenReady(t, `${paths.externalSecrets}/${name}`)
})

t.test('a gateway that is down: the store says so, the Secrets stay, and all goes on when it is back', async t => {
  const { paths, gateway } = await setUp(t)
  await create(paths.externalSecrets, externalSecret('kept', { data, refreshInterval: '1s' }))
  const { status } = await whenReady(t, `${paths.externalSecrets}/kept`)
  const { metadata } = await get(`${paths.secrets}/kept`)
  gateway.fail({ reset: true, times: 100_000 })
  const object = await whenReady(t, `${paths.externalSecrets}/kept`, 'False')
  t.comment(messageOf(object))
  t.match(messageOf(object), /api\.akeyless\.io.*; Secret kept as of \d{4}-\S+Z$/)
  t.ok(object.status.refreshTime >= status.refreshTime)
  // a touch makes the store look again
  gateway.revoke()
  await patch(`${paths.stores}/store`, { metadata: { annotations: { touched: 'yes' } } })
  t.equal((await get(`${paths.secrets}/kept`)).metadata.resourceVersion, metadata.resourceVersion)
  gateway.reset()
  const after = await settled(
    t,
    `${paths.externalSecrets}/kept`,
    next => readyOf(next)?.status === 'True' && next.status.refreshTime > object.status.refreshTime,
    20_000,
  )
  t.equal(messageOf(after), 'secret synced')
  t.equal((await get(`${paths.secrets}/kept`)).metadata.resourceVersion, metadata.resourceVersion)
})

t.test('a gateway that is down at the start: it is open whether the store works', async t => {
  const { paths, gateway } = await setUp(t, gateway => gateway.fail({ reset: true, times: 100_000 }))
  const store = await whenReady(t, `${paths.stores}/store`, 'False')
  t.equal(readyOf(store).reason, 'ValidationUnknown')
  t.match(messageOf(store), /^spec\.provider\.akeyless.*: .* → .+/)
  t.comment(messageOf(store))
  await create(paths.externalSecrets, externalSecret('waiting', { data }))
  await whenReady(t, `${paths.externalSecrets}/waiting`, 'False')
  gateway.reset()
  await whenReady(t, `${paths.stores}/store`, 'True', 20_000)
  await whenReady(t, `${paths.externalSecrets}/waiting`)
})

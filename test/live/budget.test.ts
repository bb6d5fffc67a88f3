// What a sync costs: exact lists of what Latchkey asks of the gateway and of the API server.
import t from 'tap'
import { startAudit } from '../support/audit.ts'
import { namespace as namespaceFor, until } from '../support/cluster.ts'
import { testSeed } from '../support/gateway.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  create,
  entry,
  externalSecret,
  get,
  type Json,
  patch,
  pathsOf,
  readyOf,
  readyStore,
  secretStore,
  settled,
  textsOf,
  whenReady,
} from '../support/objects.ts'
import { install } from './twin.ts'

const objects = 40
const many = Array.from({ length: objects * 3 }, (_, index) => ({
  path: `/many/${index}`,
  type: 'STATIC_SECRET' as const,
  value: `value ${index}`,
}))
await install()

/** A namespace with a ready store, a gateway and a process of its own; what it took to get there is forgotten. */
const setUp = async (t: Tap) => {
  const namespace = await namespaceFor(t)
  const paths = pathsOf(namespace)
  const gateway = await startTlsGateway(t, { ...testSeed, items: [...testSeed.items, ...many] })
  const audit = await startAudit(t)
  const start = () => startLatchkey(t, { namespace, gateway, kubeconfig: audit.kubeconfig })
  const latchkey = await start()
  await readyStore(t, namespace)
  // the audit comes behind its answer: what is still on its way would count as the next step's
  await until(t, 'the audit of the store', () =>
    audit.writes().some(line => line.endsWith('/secretstores/store/status')) ? true : undefined,
  )
  const calls = (skip = 0) =>
    gateway
      .journal()
      .slice(skip)
      .map(({ op, names }) => ({ op, names }))
  const synced = () => latchkey.lines().filter(({ msg, kind }) => msg === 'synced' && kind === 'ExternalSecret').length
  return { namespace, paths, gateway, audit, latchkey, start, calls, synced }
}
type Tap = Parameters<typeof namespaceFor>[0] & Parameters<typeof settled>[0]

const allReady = (t: Tap, collection: string) =>
  until(t, 'all of them ready', async () => {
    const { items } = await get(collection)
    return items.every((item: Json) => readyOf(item)?.status === 'True') ? true : undefined
  })

t.test('a process at work asks for no more than it needs', async t => {
  const { paths, gateway, audit, calls, synced } = await setUp(t)

  t.test('four keys of one item: one login, two calls, one Secret write, one status write', async t => {
    t.same(calls(), [{ op: 'auth', names: [] }], 'the store has logged in')
    audit.forget()
    const properties = ['username', 'password', 'port']
    const data = [entry('whole', '/apps/config'), ...properties.map(name => entry(name, '/apps/config', name))]
    await create(paths.externalSecrets, externalSecret('four', { data }))
    await whenReady(t, `${paths.externalSecrets}/four`)
    await until(t, 'the event written', () =>
      audit.asked().some(({ path }) => path === paths.events) ? true : undefined,
    )
    t.same(calls(), [
      { op: 'auth', names: [] },
      { op: 'describe-item', names: ['/apps/config'] },
      { op: 'get-secret-value', names: ['/apps/config'] },
    ])
    t.same(audit.writes(), [`POST ${paths.secrets}`, `PATCH ${paths.externalSecrets}/four/status`])
    // once for the sync; perhaps once more for the store, when the watch tells late that this Secret was made
    const got = audit.asked().flatMap(({ method, path }) => (method === 'GET' ? [path] : []))
    t.same([...new Set(got)], [`${paths.secrets}/creds`], 'the credentials of the store are the only thing read')
    t.equal(synced(), 1)
  })

  t.test('stores of one identity share a login', async t => {
    const before = calls().length
    for (const name of ['second', 'third']) {
      await create(paths.stores, secretStore(name))
      await whenReady(t, `${paths.stores}/${name}`)
    }
    t.same(calls(before), [])
  })

  t.test('a token that Akeyless forgets costs one refused call and one login', async t => {
    const path = `${paths.externalSecrets}/forgotten`
    await create(paths.externalSecrets, externalSecret('forgotten', { data: [entry('k', '/apps/db-username')] }))
    await whenReady(t, path)
    gateway.revoke()
    gateway.rotate('/apps/db-username', 'new')
    const before = calls().length
    await patch(path, { metadata: { annotations: { 'force-sync': '1' } } })
    await settled(t, `${paths.secrets}/forgotten`, secret => textsOf(secret)['k'] === 'new')
    t.same(
      gateway
        .journal()
        .slice(before)
        .map(({ op, status }) => `${op} ${status}`),
      ['get-secret-value 401', 'auth 200', 'get-secret-value 200'],
    )
  })
})

t.test('a restart reads nothing and writes nothing where nothing is due', async t => {
  const { paths, gateway, audit, latchkey, start, calls } = await setUp(t)
  await create(paths.externalSecrets, externalSecret('kept', { data: [entry('k', '/apps/db-username')] }))
  await create(paths.externalSecrets, externalSecret('leased', { data: [entry('u', '/apps/dynamic', 'user')] }))
  await whenReady(t, `${paths.externalSecrets}/kept`)
  await whenReady(t, `${paths.externalSecrets}/leased`)
  t.equal(await latchkey.stop(), 0)
  audit.forget()
  const before = gateway.journal().length
  const next = await start()
  await until(t, 'its look at the store', () => next.lines().find(({ kind }) => kind === 'SecretStore'))
  // at work at the same time as those two, and done later
  await create(paths.externalSecrets, externalSecret('new', { data: [entry('k', '/apps/db-password')] }))
  await whenReady(t, `${paths.externalSecrets}/new`)
  t.same(calls(before), [
    { op: 'auth', names: [] },
    { op: 'describe-item', names: ['/apps/db-password'] },
    { op: 'get-secret-value', names: ['/apps/db-password'] },
  ])
  t.same(audit.writes(), [`POST ${paths.secrets}`, `PATCH ${paths.externalSecrets}/new/status`])
  t.equal(gateway.leases().length, 1)
})

t.test('a refresh that finds the same value writes the status alone, and tells nobody', async t => {
  const { paths, audit, calls, latchkey, start } = await setUp(t)
  const path = `${paths.externalSecrets}/same`
  await create(paths.externalSecrets, externalSecret('same', { data: [entry('k', '/apps/db-username')] }))
  const { status } = await whenReady(t, path)
  await latchkey.stop()
  // as if the last refresh had been an hour and a bit ago
  const refreshTime = new Date(Date.parse(status.refreshTime) - 4_000_000).toISOString().replace(/\.\d+/, '')
  await patch(`${path}/status`, { status: { refreshTime } })
  const before = calls().length
  audit.forget()
  const next = await start()
  await settled(t, path, ({ status }) => status.refreshTime !== refreshTime)
  t.equal(await next.stop(), 0, 'an event would be written by now')
  t.same(
    calls(before).map(({ op }) => op),
    ['auth', 'describe-item', 'get-secret-value'],
  )
  t.same(audit.writes(), [`PATCH ${path}/status`])
  t.notOk(audit.asked().some(({ path, method }) => path === paths.events && method !== 'GET'))
})

t.test('forty ExternalSecrets of three items each: no login more, and calls by the batch', async t => {
  const { paths, calls, latchkey, start, audit } = await setUp(t)
  await latchkey.stop()
  const before = calls().length
  audit.forget()
  const names = Array.from({ length: objects }, (_, index) => `many-${index}`)
  const spec = (index: number) => ({ data: [0, 1, 2].map(key => entry(`k${key}`, `/many/${index * 3 + key}`)) })
  await Promise.all(names.map((name, index) => create(paths.externalSecrets, externalSecret(name, spec(index)))))
  const next = await start()
  await allReady(t, paths.externalSecrets)
  const made = calls(before)
  const named = (wanted: string) => made.filter(({ op }) => op === wanted).flatMap(({ names }) => names)
  const every = many.map(({ path }) => path).sort()
  t.equal(made.filter(({ op }) => op === 'auth').length, 1)
  t.same([...named('describe-item')].sort(), every, 'each type looked up once')
  t.same([...named('get-secret-value')].sort(), every, 'each value read once')
  const reads = made.filter(({ op }) => op === 'get-secret-value').length
  // one object's values always go together; how many objects meet in a call is up to the machine
  t.ok(reads <= objects, `${reads} calls for ${every.length} values`)
  t.equal(made.length, 1 + every.length + reads, 'and nothing else')
  t.same(
    [...audit.writes()].sort(),
    names.flatMap(name => [`POST ${paths.secrets}`, `PATCH ${paths.externalSecrets}/${name}/status`]).sort(),
  )
  t.equal(next.lines().filter(({ msg, kind }) => msg === 'synced' && kind === 'ExternalSecret').length, objects)
})

t.test('forty ExternalSecrets of the same three items cost one login, three looks and one read', async t => {
  const { paths, calls, latchkey, start } = await setUp(t)
  await latchkey.stop()
  const before = calls().length
  const items = ['/many/0', '/many/1', '/many/2']
  const data = items.map((item, index) => entry(`k${index}`, item))
  const names = Array.from({ length: objects }, (_, index) => `same-${index}`)
  await Promise.all(names.map(name => create(paths.externalSecrets, externalSecret(name, { data }))))
  await start()
  await allReady(t, paths.externalSecrets)
  const made = calls(before)
  t.same(
    made.map(({ op }) => op),
    ['auth', 'describe-item', 'describe-item', 'describe-item', 'get-secret-value'],
  )
  t.same(made.at(-1)?.names, items)
  t.equal((await get(paths.secrets)).items.length, objects + 1)
})

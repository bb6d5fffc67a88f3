// Processes end, politely or not, and start before anything is there: no Secret is wrong for it, and none is written twice.
import t from 'tap'
import { group } from '#api'
import { startAudit } from '../support/audit.ts'
import { namespace as namespaceFor, until } from '../support/cluster.ts'
import { launch, startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  create,
  credentials,
  entry,
  externalSecret,
  get,
  type Json,
  pathsOf,
  readyOf,
  readyStore,
  secretStore,
  textsOf,
  whenReady,
} from '../support/objects.ts'
import { install } from './twin.ts'

await install()
const burst = 100
const seed = {
  identities: [
    {
      type: 'api_key' as const,
      accessId: 'p-admin0admin0ab',
      accessKey: 'test-access-key',
      rules: [{ path: '/*', allow: ['read' as const] }],
    },
  ],
  items: Array.from({ length: burst }, (_, index) => ({
    path: `/burst/${index}`,
    type: 'STATIC_SECRET' as const,
    value: `value ${index}`,
  })),
}

interface Tap {
  teardown(fn: () => unknown): unknown
}

const setUp = async (t: Tap) => {
  const namespace = await namespaceFor(t)
  const gateway = await startTlsGateway(t, seed)
  const audit = await startAudit(t)
  const options = { namespace, gateway, kubeconfig: audit.kubeconfig }
  return { namespace, paths: pathsOf(namespace), gateway, audit, options }
}

const named = (index: number) => externalSecret(`burst-${index}`, { data: [entry('k', `/burst/${index}`)] })
const made = async (secrets: string): Promise<ReadonlyMap<string, Json>> => {
  const items: Json[] = (await get(secrets)).items
  return new Map(items.filter(item => item.metadata.name.startsWith('burst-')).map(item => [item.metadata.name, item]))
}

t.test('killed in the middle of a burst: the next process does the rest, and nothing twice', async t => {
  const { namespace, paths, audit, options } = await setUp(t)
  const first = await startLatchkey(t, options)
  await readyStore(t, namespace)
  /** Lets so many Secrets be made, and kills it at the next one. */
  const killAfter = (count: number): Promise<void> =>
    new Promise(done => {
      audit.hold('POST', paths.secrets, async () => {
        if (count > 0) {
          void killAfter(count - 1).then(done)
          return true
        }
        await first.kill()
        done()
        return false
      })
    })
  // more than are under way at once: some are answered
  const killed = killAfter(burst / 2)
  await Promise.all(Array.from({ length: burst }, (_, index) => create(paths.externalSecrets, named(index))))
  await killed
  const before = await made(paths.secrets)
  t.ok(before.size > 0 && before.size < burst, `${before.size} Secrets of ${burst} were there`)

  audit.forget()
  await startLatchkey(t, options)
  await until(t, 'all ready', async () => {
    const { items } = await get(paths.externalSecrets)
    return items.every((item: Json) => readyOf(item)?.status === 'True') ? true : undefined
  })
  const after = await made(paths.secrets)
  t.same(
    Object.fromEntries([...after].map(([name, secret]) => [name, textsOf(secret)])),
    Object.fromEntries(seed.items.map(({ value }, index) => [`burst-${index}`, { k: value }])),
  )
  for (const [name, { metadata }] of before)
    if (after.get(name).metadata.resourceVersion !== metadata.resourceVersion) t.fail(`${name} was written again`)
  const writes = audit.writes()
  const creates = writes.filter(line => line === `POST ${paths.secrets}`).length
  // a request of the killed process may have reached the server after it
  t.ok(creates <= burst - before.size, `${creates} made by the second process`)
  t.same(
    writes.filter(line => line.startsWith('PUT') || line.startsWith('DELETE')),
    [],
  )
  const patches = writes.filter(line => line.startsWith(`PATCH ${paths.externalSecrets}/`))
  t.equal(new Set(patches).size, patches.length, 'no status was written twice')
})

t.test('SIGTERM in the middle of a burst ends it with 0, and no Secret is half made', async t => {
  const { namespace, paths, audit, options } = await setUp(t)
  const latchkey = await startLatchkey(t, options)
  await readyStore(t, namespace)
  const applied = Promise.all(Array.from({ length: burst }, (_, index) => create(paths.externalSecrets, named(index))))
  await until(t, 'the first writes', () => (audit.writes().length >= 10 ? true : undefined))
  const started = performance.now()
  t.equal(await latchkey.stop(), 0)
  const took = performance.now() - started
  t.ok(took < 3_000, `ended in ${Math.round(took)} ms`)
  await applied
  const { items } = await get(paths.externalSecrets)
  const secrets = await made(paths.secrets)
  for (const { metadata, status } of items)
    t.equal(status !== undefined, secrets.has(metadata.name), `${metadata.name}: the status tells of the Secret`)
  t.same(
    latchkey.lines().filter(({ level }) => level === 'error' || level === 'warn'),
    [],
  )
})

t.test('SIGTERM while the gateway hangs: it is given some seconds, then the end comes all the same', async t => {
  const { namespace, paths, gateway, options } = await setUp(t)
  const latchkey = await startLatchkey(t, options)
  await readyStore(t, namespace)
  const held = gateway.hold('get-secret-value', 'before')
  await create(paths.externalSecrets, named(0))
  await held.arrived
  const started = performance.now()
  t.equal(await latchkey.stop(), 0)
  const took = performance.now() - started
  t.ok(took < 8_000, `ended in ${Math.round(took)} ms`)
  t.equal(
    (await get(`${paths.externalSecrets}/burst-0`)).status,
    undefined,
    'nothing is said of what was not found out',
  )
})

t.test('started before the CRDs are there: it says what it waits for, and begins when they come', async t => {
  const { paths, audit, options } = await setUp(t)
  audit.hide(`/apis/${group}/`)
  const latchkey = await launch(t, options)
  const line = await until(t, 'it to say so', () => latchkey.lines().find(({ msg }) => msg === 'waiting'))
  t.match(line['reason'], /externalsecrets.*\(.*\)/)
  await create(paths.secrets, credentials())
  await create(paths.stores, secretStore())
  await create(paths.externalSecrets, named(0))
  t.notOk(latchkey.lines().some(({ msg }) => msg === 'ready'))
  audit.hide(undefined)
  await latchkey.ready
  await whenReady(t, `${paths.externalSecrets}/burst-0`)
  t.same(textsOf(await get(`${paths.secrets}/burst-0`)), { k: 'value 0' })
})

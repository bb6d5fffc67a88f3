import t from 'tap'
import type { SeedInput } from '#devgateway'
import { startGateway, testSeed } from '../../support/gateway.ts'
import { identity, read, refs, startClient, textOf } from './client.ts'

const item = (path: string, type: 'STATIC_SECRET' | 'ROTATED_SECRET', value: unknown) => ({ path, type, value })

const seed = {
  ...testSeed,
  items: [
    ...testSeed.items,
    item('/odd/object', 'STATIC_SECRET', { b: 1, a: { tag: '<b>' } }),
    item('/odd/number', 'STATIC_SECRET', 42),
    item('/odd/flag', 'STATIC_SECRET', true),
    item('/odd/nothing', 'STATIC_SECRET', null),
    item('/odd/empty', 'STATIC_SECRET', ''),
    item('/odd/payload', 'ROTATED_SECRET', { payload: 'just text' }),
    item('/odd/payload-object', 'ROTATED_SECRET', { payload: { z: 1, a: 'x' } }),
    item('/odd/target', 'ROTATED_SECRET', { target_value: { user: 'u' }, other: 1 }),
    {
      path: '/odd/bare',
      type: 'CERTIFICATE',
      certificate: '-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n',
    },
    { path: '/odd/broken', type: 'DYNAMIC_SECRET', producer: 'custom', error: 'canary-producer' },
    { path: '/odd/off', type: 'STATIC_SECRET', value: 'x', enabled: false },
  ],
} as SeedInput

const certificate =
  '{"certificate_pem":"-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\\n",' +
  '"private_key_pem":"-----BEGIN PRIVATE KEY-----\\nBBBB\\n-----END PRIVATE KEY-----\\n"}'

const cases: readonly { name: string; path: string; version?: number; want: string }[] = [
  { name: 'a string is given as it is', path: '/apps/db-password', want: 's3cr3t' },
  { name: 'a path without its slash means the same item', path: 'apps/db-password', want: 's3cr3t' },
  { name: 'an earlier version is given on request', path: '/apps/db-password', version: 1, want: '0ld' },
  {
    name: 'a version that is not there is not a missing item',
    path: '/apps/db-password',
    version: 9,
    want: 'VersionNotFound',
  },
  { name: 'a negative version is refused', path: '/apps/db-password', version: -1, want: 'VersionNotFound' },
  { name: 'JSON text stays text', path: '/apps/config', want: '{"username":"demo","password":"s3cr3t","port":5432}' },
  { name: 'an object becomes compact JSON', path: '/odd/object', want: '{"a":{"tag":"\\u003cb\\u003e"},"b":1}' },
  { name: 'a number becomes its digits', path: '/odd/number', want: '42' },
  { name: 'a flag becomes its word', path: '/odd/flag', want: 'true' },
  { name: 'null is no value', path: '/odd/nothing', want: 'ItemEmpty' },
  { name: 'an empty text is a value', path: '/odd/empty', want: '' },
  {
    name: 'a rotated item is the JSON of its value',
    path: '/apps/rotated',
    want: '{"password":"r0tated","username":"root"}',
  },
  { name: 'a payload is taken from a rotated item', path: '/odd/payload', want: 'just text' },
  { name: 'a payload object is JSON', path: '/odd/payload-object', want: '{"a":"x","z":1}' },
  { name: 'target_value is taken where there is no payload', path: '/odd/target', want: '{"user":"u"}' },
  { name: 'a certificate is the JSON of its two PEM texts', path: '/apps/certificate', want: certificate },
  {
    name: 'a certificate without a key has no such field',
    path: '/odd/bare',
    want: '{"certificate_pem":"-----BEGIN CERTIFICATE-----\\nA\\n-----END CERTIFICATE-----\\n"}',
  },
  { name: 'a producer that fails is a fault', path: '/odd/broken', want: 'GatewayFailed' },
  { name: 'a disabled item is named so', path: '/odd/off', want: 'ItemDisabled' },
  { name: 'a key holds no readable value', path: '/apps/key', want: 'ItemTypeUnsupported' },
  { name: 'an absent item is not found', path: '/apps/none', want: 'ItemNotFound' },
]

t.test('items are read as text', async t => {
  const gateway = await startGateway(t, seed)
  const client = startClient(t)
  for (const { name, path, version = 0, want } of cases) {
    await t.test(name, async t => {
      const [outcome] = await read(client, identity(gateway.url), [{ path, version }])
      t.equal(textOf(outcome), want)
    })
  }
})

t.test('every item of one read gets its own outcome', async t => {
  const gateway = await startGateway(t, seed)
  const outcomes = await read(
    startClient(t),
    identity(gateway.url),
    cases.map(({ path, version = 0 }) => ({ path, version })),
  )
  const distinct = new Map(cases.map(({ path, version, want }) => [`${path}@${version ?? 0}`, want]))
  t.same(outcomes.map(textOf), [...distinct.values()])
})

t.test('a lease is one credential for all who ask for one object, and tells how long it lives', async t => {
  const gateway = await startGateway(t)
  const client = startClient(t)
  const who = identity(gateway.url)
  const [first, second] = await read(client, who, [...refs('/apps/dynamic'), { path: '/apps/dynamic', version: 3 }])
  t.equal(textOf(first), textOf(second))
  t.match(JSON.parse(textOf(first)), { id: String, user: String, password: String })
  t.match(first, { type: 'DYNAMIC_SECRET', ttlMs: 30 * 60e3 })
  const others = await Promise.all(
    [1, 2].map(n => read(client, who, refs('/apps/dynamic'), { scope: `object-${n + 1}` })),
  )
  t.equal(new Set([textOf(first), ...others.map(([only]) => textOf(only))]).size, 3, 'another object has its own lease')
  t.equal(gateway.leases().length, 3)
})

t.test('a lease is never asked for twice when the gateway fails', async t => {
  const gateway = await startGateway(t)
  const client = startClient(t)
  const who = identity(gateway.url)
  await client.describe(who, '/apps/dynamic', AbortSignal.timeout(5000))
  for (const order of [{ status: 503 }, { reset: true }, { truncate: true }]) {
    gateway.fail({ op: 'get-dynamic-secret-value', times: 1, ...order })
    await t.rejects(read(client, who, refs('/apps/dynamic')), { name: 'Fault' })
  }
  t.equal(gateway.journal().filter(call => call.op === 'get-dynamic-secret-value').length, 3)
})

t.test('the type of an item is asked for again when it has become another', async t => {
  const gateway = await startGateway(t)
  const client = startClient(t)
  const who = identity(gateway.url)
  await read(client, who, refs('/apps/db-password', '/apps/db-username'))
  gateway.remove('/apps/db-password')
  await gateway.put({ path: '/apps/db-password', type: 'ROTATED_SECRET', value: { payload: 'turned' } })
  const outcomes = await read(client, who, refs('/apps/db-password', '/apps/db-username'))
  t.same(outcomes.map(textOf), ['turned', 'demo'])
})

t.test('a gateway that echoes the full name for a short one is understood', async t => {
  const gateway = await startGateway(t, testSeed, { quirks: { echo: 'canonical' } })
  const outcomes = await read(startClient(t), identity(gateway.url), refs('apps/db-password', 'apps/db-username'))
  t.same(outcomes.map(textOf), ['s3cr3t', 'demo'])
})

t.test('what an item is can be seen without reading it, and all of them can be listed', async t => {
  const gateway = await startGateway(t, testSeed, { quirks: { autoPagination: false, pageSize: 2 } })
  const client = startClient(t)
  const who = identity(gateway.url)
  t.match(await client.describe(who, '/apps/dynamic', AbortSignal.timeout(5000)), {
    type: 'DYNAMIC_SECRET',
    enabled: true,
  })
  const items = await client.list(who, { path: '/apps/' }, { maxAgeMs: 0 }, AbortSignal.timeout(5000))
  t.same(
    items.map(({ path }) => path).sort(),
    testSeed.items
      .map(({ path }) => path as string)
      .filter(path => /^\/apps\/(?!key)/.test(path))
      .sort(),
  )
  t.equal(gateway.leases().length, 0)
})

t.test('an item that is found to be gone does not come back from memory', async t => {
  const gateway = await startGateway(t)
  const client = startClient(t)
  const who = identity(gateway.url)
  const path = '/apps/db-username'
  const look = async (maxAgeMs: number) => textOf((await read(client, who, refs(path), { maxAgeMs }))[0])
  t.equal(await look(0), 'demo')
  gateway.remove(path)
  t.equal(await look(60_000), 'demo', 'while it is young enough')
  t.equal(await look(0), 'ItemNotFound')
  t.equal(await look(60_000), 'ItemNotFound')
})

import t from 'tap'
import type { SeedInput } from '#devgateway'
import { accessKey, identities, startGateway, testSeed } from '../../support/gateway.ts'
import { identity, read, refs, startClient, textOf } from './client.ts'

const paths = Array.from({ length: 200 }, (_, index) => `/many/item-${index}`)
const seed = {
  identities: [{ type: 'api_key', accessId: identities.admin, accessKey, rules: [{ path: '/*', allow: ['read'] }] }],
  items: paths.map(path => ({ path, type: 'STATIC_SECRET', value: `value of ${path}` })),
} as SeedInput

const count = (calls: readonly { op: string }[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { op } of calls) counts[op] = (counts[op] ?? 0) + 1
  return counts
}

t.test('four properties of one item cost one login, one look and one read', async t => {
  const gateway = await startGateway(t)
  const outcomes = await read(
    startClient(t),
    identity(gateway.url),
    Array(4).fill({ path: '/apps/config', version: 0 }),
  )
  t.equal(outcomes.length, 1)
  t.same(
    gateway.journal().map(({ op }) => op),
    ['auth', 'describe-item', 'get-secret-value'],
  )
})

t.test('200 items of known type cost one login and two reads, whoever asks', async t => {
  const gateway = await startGateway(t, seed)
  const who = identity(gateway.url)
  const client = startClient(t)
  await read(client, who, refs(...paths))
  const before = gateway.journal().length
  t.same(count(gateway.journal()), { auth: 1, 'describe-item': 200, 'get-secret-value': 2 })

  const all = await Promise.all(paths.map(path => read(client, who, refs(path))))
  t.same(
    all.flat().map(textOf),
    paths.map(path => `value of ${path}`),
  )
  t.same(
    gateway
      .journal()
      .slice(before)
      .map(({ op, names }) => [op, names.length]),
    [
      ['get-secret-value', 100],
      ['get-secret-value', 100],
    ],
  )
})

t.test('50 reads with a token that has expired cost one login', async t => {
  const gateway = await startGateway(t)
  const who = identity(gateway.url)
  const client = startClient(t)
  await read(client, who, refs('/apps/rotated', '/apps/db-password'))
  gateway.revoke()
  const before = gateway.journal().length
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      read(
        client,
        who,
        [
          { path: index % 2 ? '/apps/rotated' : '/apps/db-password', version: index % 2 ? 1 : 0 },
          { path: '/apps/dynamic', version: 0 },
        ],
        {
          scope: `object-${index}`,
        },
      ),
    ),
  )
  t.ok(outcomes.flat().every(outcome => 'text' in outcome))
  t.equal(count(gateway.journal().slice(before))['auth'], 1)
  t.equal(gateway.leases().length, 50)
})

t.test('a value young enough comes from memory, without a call', async t => {
  const gateway = await startGateway(t)
  const who = identity(gateway.url)
  const clock = { now: 1_000_000 }
  const client = startClient(t, { now: () => clock.now })
  const wanted = refs('/apps/db-password', '/apps/dynamic')
  const first = await read(client, who, wanted)
  const before = gateway.journal().length
  clock.now += 5000
  const second = await read(client, who, wanted, { maxAgeMs: 6000 })
  t.same(second.map(textOf), first.map(textOf))
  t.equal(gateway.journal().length, before)
  await read(client, who, wanted, { maxAgeMs: 5000 })
  t.equal(gateway.journal().length, before + 2, 'too old')
  await read(client, who, refs('/apps/dynamic'), { maxAgeMs: 5000, scope: 'object-2' })
  t.equal(gateway.leases().length, 3, 'a lease is nobody else’s')
})

t.test('one bad name among many costs itself alone, and stays apart the next time', async t => {
  for (const batchMiss of ['refuse', 'omit'] as const) {
    await t.test(batchMiss, async t => {
      const gateway = await startGateway(t, seed, { quirks: { batchMiss } })
      const who = identity(gateway.url)
      const client = startClient(t)
      const some = paths.slice(0, 50)
      await read(client, who, refs(...some))
      gateway.remove('/many/item-17')
      const outcomes = await read(client, who, refs(...some))
      t.same(
        outcomes.map(textOf),
        some.map(path => (path === '/many/item-17' ? 'ItemNotFound' : `value of ${path}`)),
      )
      const before = gateway.journal().length
      await read(client, who, refs(...some))
      t.same(count(gateway.journal().slice(before)), { 'describe-item': 1, 'get-secret-value': 1 })
    })
  }
})

t.test('keep-alive: many reads, few connections', async t => {
  const gateway = await startGateway(t)
  const client = startClient(t)
  for (let round = 0; round < 20; round++)
    await read(client, identity(gateway.url), refs('/apps/db-password', '/apps/rotated'))
  t.ok(gateway.connections() <= 4, `${gateway.connections()} connections`)
})

t.test('every exchange is counted under the name that ESO gives it', async t => {
  const gateway = await startGateway(t)
  const client = startClient(t)
  await read(client, identity(gateway.url), refs(...testSeed.items.slice(0, 6).map(({ path }) => path)))
  await read(client, identity(gateway.url), refs('/none'))
  t.same([...new Set(client.calls.map(({ call, status }) => `${call} ${status}`))].sort(), [
    'Auth success',
    'DescribeItem error',
    'DescribeItem success',
    'GetCertificateValue success',
    'GetDynamicSecretsValue success',
    'GetRotatedSecretValue success',
    'GetSecretValue success',
  ])
  t.ok(client.calls.every(({ gateway: host, tookMs }) => `http://${host}` === gateway.url && tookMs >= 0))
})

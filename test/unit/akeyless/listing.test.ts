import t, { type Test } from 'tap'
import type { ItemQuery } from '#api'
import { Fault } from '#core'
import type { Gateway, SeedInput } from '#devgateway'
import { select } from '../../../pkg/materialize/find.ts'
import { accessKey, identities, startGateway, testSeed } from '../../support/gateway.ts'
import { faultIn, identity, json, read, refs, soon, startClient, startServer, textOf } from './client.ts'

type Client = ReturnType<typeof startClient>

const list = (client: Client, url: string, query: ItemQuery = {}, maxAgeMs = 0) =>
  client.list(identity(url), query, { maxAgeMs }, soon())

const pathsIn = async (listing: Promise<readonly { path: string }[]>) => (await listing).map(({ path }) => path).sort()

const calls = (gateway: Gateway): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { op } of gateway.journal()) counts[op] = (counts[op] ?? 0) + 1
  return counts
}

const lists = (gateway: Gateway): number => calls(gateway)['list-items'] ?? 0

const item = (path: string, ...tags: string[]) => ({
  path,
  type: 'STATIC_SECRET' as const,
  value: `value of ${path}`,
  tags,
})

const seedOf = (...items: SeedInput['items'] & object): SeedInput => ({ ...testSeed, items: [...items] })

/** A server that lets everybody in and answers list-items in turn; the last answer stays. */
const startLists = async (t: Test, ...pages: ((asked: Record<string, unknown>) => unknown)[]) => {
  const asked: Record<string, unknown>[] = []
  const server = await startServer(t, (request, response, body) => {
    if (request.url === '/v2/auth') return json(response, 200, { token: 't-1' })
    const fields: Record<string, unknown> = JSON.parse(body)
    asked.push(fields)
    return json(response, 200, pages[Math.min(asked.length, pages.length) - 1]?.(fields))
  })
  return { url: `${server.url}/v2`, asked }
}

const turns = { now: () => performance.now(), pause: async () => {} }

t.test('a find on a cold start costs one login, one listing and a read per 100 items', async t => {
  for (const { items, reads } of [
    { items: 40, reads: 1 },
    { items: 250, reads: 3 },
  ]) {
    const wanted = Array.from({ length: items }, (_, index) => item(`/team/db/${String(index).padStart(3, '0')}`))
    const gateway = await startGateway(t, seedOf(...wanted, item('/team/web/1'), item('/other/team/db/1')))
    const client = startClient(t)
    const find = { path: 'team', name: { regexp: '/db/\\d+$' } }
    const listed = await list(client, gateway.url, { path: '/team/' })
    const found = await select(find, listed, 'spec.dataFrom[0].find', turns)
    if (found instanceof Fault) throw found
    t.equal(found.length, items)
    const values = await read(client, identity(gateway.url), refs(...found))
    t.same(
      values.map(textOf),
      wanted.map(({ value }) => value),
    )
    t.same(calls(gateway), { auth: 1, 'list-items': 1, 'get-secret-value': reads })
  }
})

t.test('a listing asks as ESO does, and for certificates', async t => {
  const { url, asked } = await startLists(t, () => ({ items: [] }))
  const client = startClient(t)
  const type = ['static-secret', 'dynamic-secret', 'rotated-secret', 'certificate']
  const cases: { query: ItemQuery; want: object[] }[] = [
    { query: {}, want: [{ filter: '', tag: '', 'minimal-view': true }] },
    { query: { path: '/x/' }, want: [{ filter: '/x/', tag: '', 'minimal-view': true }] },
    {
      query: { path: '/x/', tags: ['b', 'a', 'b'] },
      want: ['b', 'a'].map(tag => ({ filter: '/x/', tag, 'minimal-view': false })),
    },
  ]
  for (const { query, want } of cases) {
    t.same(await list(client, url, query), [])
    t.same(
      asked.splice(0),
      want.map(fields => ({ ...fields, type, token: 't-1' })),
    )
  }
})

t.test('a listing is what the query asks for', async t => {
  const gateway = await startGateway(
    t,
    seedOf(
      ...testSeed.items,
      item('/x/one', 'red'),
      item('/x/two', 'red', 'blue'),
      item('/x/deep/three', 'blue'),
      item('/x-ray/four', 'red'),
      item('/y/x/five', 'red'),
    ),
    { quirks: { autoPagination: false, pageSize: 2 } },
  )
  const client = startClient(t)
  const cases: { name: string; query: ItemQuery; want: string[] }[] = [
    {
      name: 'a folder all the way down, and none of similar name',
      query: { path: '/x/' },
      want: ['/x/deep/three', '/x/one', '/x/two'],
    },
    { name: 'a folder by one tag', query: { path: '/x/', tags: ['red'] }, want: ['/x/one', '/x/two'] },
    {
      name: 'everything that has one of several tags, once',
      query: { tags: ['red', 'blue'] },
      want: ['/x-ray/four', '/x/deep/three', '/x/one', '/x/two', '/y/x/five'],
    },
    { name: 'nothing for a tag that nothing has', query: { tags: ['green'] }, want: [] },
    { name: 'nothing in a folder that is not there', query: { path: '/z/' }, want: [] },
    {
      name: 'every type that holds a value',
      query: { path: '/apps/' },
      want: ['certificate', 'config', 'db-password', 'db-username', 'dynamic', 'rotated'].map(name => `/apps/${name}`),
    },
  ]
  for (const { name, query, want } of cases)
    await t.test(name, async t => {
      t.same(await pathsIn(list(client, gateway.url, query)), want)
    })
  t.equal((await list(client, gateway.url)).length, 12, 'the whole vault')
  t.equal(gateway.leases().length, 0)
})

t.test('an answer that is not what was asked for is narrowed', async t => {
  const { url } = await startLists(t, () => ({
    items: [
      { item_name: '/x/key', item_type: 'CLASSIC_KEY' },
      { item_name: '/x/__proto__', item_type: 'STATIC_SECRET' },
      { item_name: 'x/bare', item_type: 'CERTIFICATE' },
      { item_name: '/y/x/a', item_type: 'STATIC_SECRET' },
      { item_name: '/x/odd', item_type: 'constructor' },
    ],
  }))
  t.same(await list(startClient(t), url, { path: '/x/' }), [
    { path: '/x/__proto__', type: 'STATIC_SECRET' },
    { path: '/x/bare', type: 'CERTIFICATE' },
  ])
})

t.test('what a listing has told need not be looked at, and is corrected where it was wrong', async t => {
  const gateway = await startGateway(t)
  const client = startClient(t)
  const who = identity(gateway.url)
  await list(client, gateway.url, { path: '/apps/' })
  const outcomes = await read(client, who, refs('/apps/rotated', 'apps/certificate', '/apps/dynamic', '/apps/config'))
  t.ok(outcomes.every(outcome => 'text' in outcome))
  t.notOk(calls(gateway)['describe-item'])
  gateway.remove('/apps/config')
  await gateway.put({ path: '/apps/config', type: 'ROTATED_SECRET', value: { payload: 'turned' } })
  t.same((await read(client, who, refs('/apps/config'))).map(textOf), ['turned'])
})

t.test('a disabled item stays in the list, and says so when it is read', async t => {
  const gateway = await startGateway(t, seedOf(item('/x/on'), { ...item('/x/off'), enabled: false }))
  const client = startClient(t)
  for (const query of [{ path: '/x/' }, { tags: [''] }])
    t.same(await pathsIn(list(client, gateway.url, query)), ['/x/off', '/x/on'])
  const outcomes = await read(client, identity(gateway.url), refs('/x/off', '/x/on'))
  t.same(outcomes.map(textOf), ['ItemDisabled', 'value of /x/on'])
})

const one = { item_name: '/a', item_type: 'STATIC_SECRET' }
const many = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({ item_name: `/${from + index}`, item_type: 'STATIC_SECRET' }))

t.test('a listing is whole or a fault', async t => {
  let pages = 0
  const fresh = () => `next-${++pages}`
  const cases: { name: string; answers: (() => unknown)[]; calls: number; says?: RegExp }[] = [
    {
      name: 'the same page again and again',
      answers: [() => ({ items: [], next_page: 'more', has_next: true })],
      calls: 2,
      says: /without an end/,
    },
    {
      name: 'new pages without an end',
      answers: [() => ({ items: [one], next_page: fresh() })],
      calls: 200,
      says: /without an end/,
    },
    {
      name: 'more, and no way to it',
      answers: [() => ({ items: [one], next_page: '', has_next: true })],
      calls: 1,
      says: /does not lead to the next/,
    },
    { name: 'no items', answers: [() => ({})], calls: 1 },
    { name: 'items that are null', answers: [() => ({ items: null, folders: [] })], calls: 1 },
    {
      name: 'folders alone on the second page',
      answers: [() => ({ items: [one], next_page: 'b' }), () => ({ folders: [] })],
      calls: 2,
    },
    { name: 'an item without a name', answers: [() => ({ items: [one, { item_type: 'STATIC_SECRET' }] })], calls: 1 },
    {
      name: 'a name longer than any ref',
      answers: [() => ({ items: [{ ...one, item_name: `/${'x'.repeat(4096)}` }] })],
      calls: 1,
    },
    {
      name: 'more items than there may be',
      answers: [() => ({ items: many(100_000), next_page: 'b' }), () => ({ items: many(100_001, 100_000) })],
      calls: 2,
      says: /more than 200000 items → give find a path/,
    },
    {
      name: 'a page larger than is read',
      answers: [() => ({ items: [], padding: ' '.repeat(17 * 1024 * 1024) })],
      calls: 1,
      says: /more than 16 MiB/,
    },
    {
      name: 'many pages of the largest kind',
      answers: [() => ({ items: [], padding: ' '.repeat(15 * 1024 * 1024), next_page: fresh() })],
      calls: 5,
      says: /more than 64 MiB → give find a path/,
    },
  ]
  for (const { name, answers, calls, says = /something that is no list/ } of cases)
    await t.test(name, async t => {
      const { url, asked } = await startLists(t, ...answers)
      const fault = await faultIn(list(startClient(t), url))
      t.equal(fault.code, 'GatewayAnswerInvalid')
      t.match(fault.line(), says)
      t.equal(asked.length, calls)
    })
})

t.test('a gateway without end to its items costs a bounded time', async t => {
  const server = await startServer(t, (request, response) => {
    if (request.url === '/v2/auth') return json(response, 200, { token: 't-1' })
    return void setTimeout(() => json(response, 200, { items: [one], next_page: `${performance.now()}` }), 50)
  })
  const fault = await faultIn(list(startClient(t, { longestListMs: 300 }), `${server.url}/v2`))
  t.match(fault, { code: 'GatewayUnreachable', message: /did not answer within 300 *ms/ })
  const asked = server.paths.length
  t.ok(asked < 12, `${asked} calls`)
})

t.test('a refusal of a listing never says that an item is missing', async t => {
  const cases = [
    {
      status: 404,
      body: { error: 'NotFound' },
      want: { code: 'GatewayFailed', message: /refuses to list items in "\/x\/"/ },
    },
    {
      status: 401,
      body: { error: 'UnauthorizedAccess' },
      want: { code: 'AccessDenied', message: 'the identity may not list items in "/x/"', remedy: /^grant list/ },
    },
    { status: 403, body: { error: 'no' }, want: { code: 'AccessDenied' } },
    { status: 400, body: { error: 'no' }, want: { code: 'GatewayFailed' } },
    { status: 500, body: { error: 'no' }, want: { code: 'GatewayFailed' } },
    { status: 429, body: { error: 'no' }, want: { code: 'RateLimited' } },
  ]
  for (const { status, body, want } of cases) {
    const gateway = await startGateway(t)
    gateway.fail({ op: 'list-items', times: 9, status, body })
    t.match(await faultIn(list(startClient(t), gateway.url, { path: '/x/' })), want, `${status}`)
  }
})

t.test('many who want the same listing at once cause one', async t => {
  const gateway = await startGateway(t)
  const client = startClient(t)
  const leaver = new AbortController()
  const left = client.list(identity(gateway.url), { path: '/apps/' }, { maxAgeMs: 0 }, leaver.signal)
  const all = Array.from({ length: 20 }, () => list(client, gateway.url, { path: '/apps/' }))
  leaver.abort(new Error('left'))
  await t.rejects(left, { message: 'left' })
  for (const items of await Promise.all(all)) t.equal(items.length, 6)
  t.equal(lists(gateway), 1)
  await Promise.all([list(client, gateway.url, { path: '/private/' }), list(client, gateway.url, { tags: ['config'] })])
  t.equal(lists(gateway), 3, 'other queries are other listings')
})

t.test('a listing young enough comes from memory, to the same identity and query alone', async t => {
  const gateway = await startGateway(t)
  const clock = { now: 1_000_000 }
  const client = startClient(t, { now: () => clock.now })
  const first = await list(client, gateway.url, { tags: ['b', 'a'] })
  clock.now += 5000
  t.same(await list(client, gateway.url, { tags: ['a', 'b', 'a'] }, 6000), first)
  t.equal(lists(gateway), 2, 'one per tag')
  const others: (() => Promise<unknown>)[] = [
    () => list(client, gateway.url, { tags: ['a', 'b'] }, 5000),
    () => list(client, gateway.url, { tags: ['a'] }, 6000),
    () => list(client, gateway.url, { path: '/a/', tags: ['b'] }, 6000),
    () => client.list(identity(gateway.url, identities.reader), { tags: ['a', 'b'] }, { maxAgeMs: 6000 }, soon()),
  ]
  for (const other of others) {
    const before = lists(gateway)
    await other()
    t.ok(lists(gateway) > before)
  }
})

const told = async (t: Test, seed?: SeedInput) => {
  const gateway = await startGateway(t, seed)
  const clock = { now: Date.now() }
  const client = startClient(t, { now: () => clock.now })
  const hour = 3600e3
  await list(client, gateway.url, { path: '/apps/' })
  await list(client, gateway.url, { path: '/private/' })
  /** How many of the two listings are still known. */
  const known = async () => {
    const before = lists(gateway)
    await list(client, gateway.url, { path: '/apps/' }, hour).catch(() => undefined)
    await list(client, gateway.url, { path: '/private/' }, hour).catch(() => undefined)
    return 2 - (lists(gateway) - before)
  }
  return { gateway, clock, client, known }
}

t.test('a listing is forgotten when it cannot be right any more', async t => {
  await t.test('it is kept otherwise', async t => {
    const { gateway, client, known } = await told(t)
    await read(client, identity(gateway.url), refs('/apps/config', '/nowhere'))
    t.equal(await known(), 2)
  })
  await t.test('an item that it names is gone', async t => {
    const { gateway, client, known } = await told(t)
    gateway.remove('/apps/config')
    const [outcome] = await read(client, identity(gateway.url), refs('apps/config'))
    t.equal(textOf(outcome), 'ItemNotFound')
    t.equal(await known(), 1)
  })
  await t.test('the identity may not list', async t => {
    const { gateway, client, known } = await told(t)
    gateway.fail({ op: 'list-items', status: 403, body: { error: 'no' } })
    await t.rejects(list(client, gateway.url, { path: '/apps/' }), { code: 'AccessDenied' })
    t.equal(await known(), 0)
  })
  await t.test('the login is refused', async t => {
    const { gateway, client, known, clock } = await told(t)
    gateway.revoke()
    gateway.fail({ op: 'auth', status: 401, body: { error: 'no' } })
    await t.rejects(
      client
        .login(identity(gateway.url, identities.admin, accessKey), soon())
        .then(() => list(client, gateway.url, {})),
      { code: 'LoginRefused' },
    )
    clock.now += 61e3
    t.equal(await known(), 0)
  })
  await t.test('but not when the gateway only fails', async t => {
    const { gateway, client, known } = await told(t)
    gateway.fail({ op: 'list-items', status: 400, body: { error: 'no' } })
    await t.rejects(list(client, gateway.url, { path: '/apps/' }), { code: 'GatewayFailed' })
    t.equal(await known(), 2)
  })
})

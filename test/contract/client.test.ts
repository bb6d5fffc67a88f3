import { createRequire } from 'node:module'
import t, { type Test } from 'tap'
import { createAkeyless } from '#akeyless'
import type { Identity, ItemRef } from '#api'
import { Fault, Sensitive } from '#core'
import type { SeedInput } from '#devgateway'
import { accessKey, identities, startGateway, testSeed } from '../support/gateway.ts'

// The official SDK is CommonJS without types; it rejects with a plain object.
type Call = (body: object) => Promise<Record<string, unknown>>
interface Sdk {
  ApiClient: new () => { basePath: string }
  V2Api: new (client: object) => Record<string, Call>
  [model: string]: unknown
}
const sdk = createRequire(import.meta.url)('akeyless') as Sdk

const seed = {
  ...testSeed,
  items: [
    ...testSeed.items,
    { path: '/apps/object', type: 'STATIC_SECRET', value: { b: [1, 'two', null], a: { deep: true } } },
    { path: '/apps/unicode', type: 'STATIC_SECRET', value: 'žluťoučký 🐎 \u2028 <&> "\\"' },
    { path: '/apps/custom', type: 'ROTATED_SECRET', value: { payload: 'custom payload' } },
  ],
} as SeedInput

const begin = async (t: Test, accessId: string = identities.admin) => {
  const gateway = await startGateway(t, seed)
  const client = new sdk.ApiClient()
  client.basePath = `${gateway.url}/api/v2`
  const api = new sdk.V2Api(client)
  const official = (operation: string, body: object): Promise<Record<string, unknown>> => {
    const name = `${operation[0]?.toUpperCase()}${operation.slice(1)}`
    const model = sdk[name] as { constructFromObject: (body: object) => object }
    return api[operation]!(model.constructFromObject(body))
  }
  const { token } = await official('auth', { 'access-id': accessId, 'access-key': accessKey })

  const akeyless = createAkeyless({ now: Date.now, random: Math.random })
  t.teardown(() => akeyless.close())
  const login = { type: 'api_key', accessId, accessKey: Sensitive.text(accessKey) } as const
  const identity: Identity = { gateway: `${gateway.url}/api/v2`, ignoreCache: false, login }
  const signal = AbortSignal.timeout(20_000)
  const ours = async (path: string, version = 0): Promise<string> => {
    const ref: ItemRef = { path, version }
    const [outcome] = (await akeyless.read(identity, [ref], { maxAgeMs: 0, scope: 'test' }, signal)).values()
    if (!outcome || outcome instanceof Fault) throw outcome ?? new Error('no outcome')
    return outcome.text.reveal().toString()
  }
  return { official: (op: string, body: object) => official(op, { ...body, token }), ours, akeyless, identity, signal }
}

t.test('a static value is what the SDK reads, in every version', async t => {
  const { official, ours } = await begin(t)
  for (const name of ['/apps/db-username', '/apps/db-password', '/apps/config', '/apps/unicode', '/private/token']) {
    t.equal(await ours(name), (await official('getSecretValue', { names: [name] }))[name], name)
  }
  for (const version of [1, 2, 3]) {
    const answer = await official('getSecretValue', { names: ['/apps/db-password'], version })
    t.equal(await ours('/apps/db-password', version), answer['/apps/db-password'])
  }
})

t.test('a static value that is no string is the JSON of what the SDK reads', async t => {
  const { official, ours } = await begin(t)
  const answer = await official('getSecretValue', { names: ['/apps/object'] })
  t.same(JSON.parse(await ours('/apps/object')), answer['/apps/object'])
})

t.test('a rotated value is the value that the SDK reads, or its payload', async t => {
  const { official, ours } = await begin(t)
  const rotated = await official('getRotatedSecretValue', { names: '/apps/rotated' })
  t.same(JSON.parse(await ours('/apps/rotated')), rotated['value'])
  const custom = await official('getRotatedSecretValue', { names: '/apps/custom' })
  t.same({ payload: await ours('/apps/custom') }, custom['value'])
})

t.test('a certificate is the pair that the SDK reads', async t => {
  const { official, ours } = await begin(t)
  const answer = await official('getCertificateValue', { name: '/apps/certificate' })
  t.same(JSON.parse(await ours('/apps/certificate')), { ...answer })
})

t.test('a lease has the fields of the one that the SDK gets', async t => {
  const { official, ours } = await begin(t)
  const theirs = await official('getDynamicSecretValue', { name: '/apps/dynamic' })
  const mine: Record<string, unknown> = JSON.parse(await ours('/apps/dynamic'))
  t.same(Object.keys(mine).sort(), Object.keys(theirs).sort())
  t.equal(mine['ttl_in_minutes'], theirs['ttl_in_minutes'])
  t.not(mine['user'], theirs['user'])
})

t.test('an item looks and is listed as the SDK sees it', async t => {
  const { official, akeyless, identity, signal } = await begin(t)
  const theirs = await official('describeItem', { name: '/apps/db-password' })
  const mine = await akeyless.describe(identity, '/apps/db-password', signal)
  t.same([mine.path, mine.type, mine.lastVersion], [theirs['item_name'], theirs['item_type'], theirs['last_version']])
  const listed = await official('listItems', { path: '/apps', 'minimal-view': true })
  const names = (listed['items'] as { item_name: string; item_type: string }[])
    .filter(item => item.item_type !== 'CLASSIC_KEY')
    .map(item => item.item_name)
  const items = await akeyless.list(identity, { path: '/apps/' }, { maxAgeMs: 0 }, signal)
  t.same(items.map(({ path }) => path).sort(), names.sort())
})

t.test('a listing by folder and tag has the items that the SDK gets for the same query', async t => {
  const { official, akeyless, identity, signal } = await begin(t)
  const type = ['static-secret', 'dynamic-secret', 'rotated-secret', 'certificate']
  const cases = [
    { query: { path: '/apps/' }, asked: { filter: '/apps/', tag: '', 'minimal-view': true }, count: 9 },
    { query: { tags: ['config'] }, asked: { filter: '', tag: 'config', 'minimal-view': false }, count: 1 },
    { query: {}, asked: { 'minimal-view': true }, count: 10 },
  ]
  for (const { query, asked, count } of cases) {
    const theirs = (await official('listItems', { ...asked, type }))['items'] as {
      item_name: string
      item_type: string
    }[]
    const ours = await akeyless.list(identity, query, { maxAgeMs: 0 }, signal)
    t.same(
      ours,
      theirs.map(item => ({ path: item.item_name, type: item.item_type })),
    )
    t.equal(ours.length, count)
  }
})

t.test('where the SDK is refused, so are we, with a cause', async t => {
  const { official, ours } = await begin(t, identities.reader)
  const cases = [
    { name: '/private/token', status: 401, code: 'AccessDenied' },
    { name: '/apps/none', status: 404, code: 'ItemNotFound' },
  ]
  for (const { name, status, code } of cases) {
    t.equal(
      await official('describeItem', { name }).then(
        () => 200,
        (thrown: { status: number }) => thrown.status,
      ),
      status,
    )
    await t.rejects(ours(name), { code })
  }
})

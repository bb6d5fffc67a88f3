import { createRequire } from 'node:module'
import t, { type Test } from 'tap'
import type { Gateway } from '#devgateway'
import { accessKey, identities, startGateway } from '../support/gateway.ts'

// The official SDK is CommonJS without types: every call takes a model object and rejects with a plain object.
type Call = (body: object) => Promise<Record<string, unknown>>
interface Sdk {
  ApiClient: new () => { basePath: string }
  V2Api: new (client: object) => Record<string, Call>
  [model: string]: unknown
}
const sdk = createRequire(import.meta.url)('akeyless') as Sdk

/** Calls an operation with its model built by the SDK, as programs do. */
const clientOf = (gateway: Gateway, base = '/api/v2') => {
  const client = new sdk.ApiClient()
  client.basePath = gateway.url + base
  const api = new sdk.V2Api(client)
  return (operation: string, body: object): Promise<Record<string, unknown>> => {
    const model = sdk[operation[0]?.toUpperCase() + operation.slice(1)] as {
      constructFromObject: (body: object) => object
    }
    return api[operation]!(model.constructFromObject(body))
  }
}

const login = async (call: ReturnType<typeof clientOf>, accessId: string = identities.admin): Promise<string> => {
  const answer = await call('auth', { 'access-id': accessId, 'access-key': accessKey })
  return String(answer['token'])
}

const begin = async (t: Test, accessId?: string) => {
  const gateway = await startGateway(t)
  const call = clientOf(gateway)
  return { gateway, call, token: await login(call, accessId) }
}

/** The status that a refusal carries: the SDK rejects with a plain object, not with an Error. */
const refusal = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'not refused',
    (thrown: { status: unknown }) => thrown.status,
  )

t.test('the SDK logs in under each base path and gets a token with its expiry', async t => {
  const gateway = await startGateway(t)
  for (const base of ['', '/v2', '/api/v2']) {
    const answer = await clientOf(gateway, base)('auth', { 'access-id': identities.admin, 'access-key': accessKey })
    t.match(answer['token'], /^t-/)
    t.match(answer['expiration'], /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC$/)
  }
})

t.test('the SDK reads every type of item', async t => {
  const { call, token } = await begin(t)
  t.test('describes one with its type, tags and dates', async t => {
    const item = await call('describeItem', { name: '/apps/config', token, 'show-versions': true })
    t.match(item, { item_name: '/apps/config', item_type: 'STATIC_SECRET', item_tags: ['config'], last_version: 1 })
    t.type(item['modification_date'], Date)
    t.match(item['item_versions'], [{ version: 1 }])
    t.match(item['item_general_info'], { static_secret_info: { format: 'json' } })
  })
  t.test('reads several static values in one call', async t => {
    const names = ['/apps/db-username', '/apps/db-password']
    const values = await call('getSecretValue', { names, token })
    t.same(values, { '/apps/db-username': 'demo', '/apps/db-password': 's3cr3t' })
  })
  t.test('reads a dynamic value, a new one each time', async t => {
    const first = await call('getDynamicSecretValue', { name: '/apps/dynamic', token })
    const second = await call('getDynamicSecretValue', { name: '/apps/dynamic', token })
    t.match(
      [first, second],
      [
        { user: 'u1', password: /^p1-/ },
        { user: 'u2', password: /^p2-/ },
      ],
    )
    t.equal(first['ttl_in_minutes'], '30')
  })
  t.test('reads a rotated value', async t => {
    const answer = await call('getRotatedSecretValue', { names: '/apps/rotated', token })
    t.same(answer, { value: { username: 'root', password: 'r0tated' } })
  })
  t.test('reads a certificate and its key', async t => {
    const answer = await call('getCertificateValue', { name: '/apps/certificate', token })
    t.match(answer, { certificate_pem: /BEGIN CERTIFICATE/, private_key_pem: /BEGIN PRIVATE KEY/ })
  })
  t.test('lists by folder and type', async t => {
    const answer = await call('listItems', { path: '/apps', type: ['static-secret'], 'minimal-view': true, token })
    const names = (answer['items'] as { item_name: string }[]).map(item => item.item_name)
    t.same(names, ['/apps/config', '/apps/db-password', '/apps/db-username'])
  })
  t.test('asks for tags, permissions and the state of a token', async t => {
    t.same(await call('getTags', { name: '/apps/config', token }), ['config'])
    const permissions = await call('describePermissions', { path: '/apps/config', type: 'item', token })
    t.same(permissions['client_permissions'], ['read', 'list', 'create', 'update', 'delete'])
    t.match(await call('validateToken', { token }), { is_valid: true, ttl: Number })
    t.match(await call('validateToken', { token: 'other' }), { is_valid: false })
  })
})

t.test('the SDK creates, updates, labels, disables and deletes an item', async t => {
  const { gateway, call, token } = await begin(t)
  const name = '/apps/new'
  t.match(await call('createSecret', { name, value: 'one', tags: ['a'], token }), { name })
  await call('updateSecretVal', { name, value: 'two', token })
  t.same(await call('getSecretValue', { names: [name], token }), { [name]: 'two' })
  t.match(await call('describeItem', { name, token }), { last_version: 1 })
  await call('updateSecretVal', { name, value: 'three', 'keep-prev-version': 'true', token })
  t.match(await call('describeItem', { name, token }), { last_version: 2 })
  t.same(await call('getSecretValue', { names: [name], version: 1, token }), { [name]: 'two' })
  await call('updateItem', { name, 'add-tag': ['b'], 'rm-tag': ['a'], token })
  t.same(await call('getTags', { name, token }), ['b'])
  await call('setItemState', { name, 'desired-state': 'Disabled', token })
  t.equal(await refusal(call('getSecretValue', { names: [name], token })), 403)
  t.match(await call('deleteItem', { name, token }), { item_name: name })
  t.equal(await refusal(call('describeItem', { name, token })), 404)
  t.notOk(gateway.items().some(item => item.path === name))
})

t.test('the SDK makes a certificate item and gives it a new value', async t => {
  const { call, token } = await begin(t)
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  await call('createCertificate', {
    name: '/apps/tls',
    'certificate-data': base64('C1'),
    'key-data': base64('K1'),
    token,
  })
  const read = () => call('getCertificateValue', { name: '/apps/tls', token })
  t.match(await read(), { certificate_pem: 'C1', private_key_pem: 'K1' })
  await call('updateCertificateValue', { name: '/apps/tls', 'certificate-data': base64('C2'), token })
  t.match(await read(), { certificate_pem: 'C2' })
})

t.test('the SDK sees each refusal with its status', async t => {
  const { gateway, call, token } = await begin(t, identities.reader)
  const cases = [
    {
      name: 'a wrong key',
      call: () => call('auth', { 'access-id': identities.admin, 'access-key': 'no' }),
      status: 401,
    },
    { name: 'an unknown token', call: () => call('describeItem', { name: '/apps/config', token: 'no' }), status: 401 },
    {
      name: 'an item it may not know',
      call: () => call('describeItem', { name: '/private/token', token }),
      status: 401,
    },
    { name: 'an absent item', call: () => call('describeItem', { name: '/apps/none', token }), status: 404 },
    { name: 'a forbidden write', call: () => call('deleteItem', { name: '/apps/config', token }), status: 401 },
    { name: 'a wrong type', call: () => call('getSecretValue', { names: ['/apps/dynamic'], token }), status: 400 },
  ]
  for (const { name, call, status } of cases)
    t.test(name, async t => {
      t.equal(await refusal(call()), status)
    })
  t.test('an existing name', async t => {
    const admin = await login(call)
    t.equal(await refusal(call('createSecret', { name: '/apps/config', value: '', token: admin })), 409)
  })
  t.test('a rate limit', async t => {
    gateway.fail({ op: 'describe-item', status: 429, headers: { 'retry-after': '1' } })
    t.equal(await refusal(call('describeItem', { name: '/apps/config', token })), 429)
  })
})

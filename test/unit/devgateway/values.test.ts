import t from 'tap'
import { logIn, startGateway } from '../../support/gateway.ts'

t.test('a batch answers each value under the name as it was asked for', async t => {
  const gateway = await startGateway(t)
  const call = await logIn(gateway)
  const { body } = await call('get-secret-value', { names: ['apps/db-username', '/apps/db-password'] })
  t.same(body, { 'apps/db-username': 'demo', '/apps/db-password': 's3cr3t' })
  t.equal((await call('describe-item', { name: 'apps/db-username' })).body.item_name, '/apps/db-username')
  t.same(gateway.journal().at(-2)?.names, ['apps/db-username', '/apps/db-password'])
})

t.test('a batch answers the canonical name where the quirk says so', async t => {
  const call = await logIn(await startGateway(t, undefined, { quirks: { echo: 'canonical' } }))
  t.same((await call('get-secret-value', { names: ['apps/db-username'] })).body, { '/apps/db-username': 'demo' })
})

t.test('one bad name refuses the whole batch, or is left out where the quirk says so', async t => {
  const names = ['/apps/db-username', '/apps/none']
  const strict = await logIn(await startGateway(t))
  t.equal((await strict('get-secret-value', { names })).status, 404)
  const lenient = await logIn(await startGateway(t, undefined, { quirks: { batchMiss: 'omit' } }))
  t.match(await lenient('get-secret-value', { names }), { status: 200, body: { '/apps/db-username': 'demo' } })
  t.equal((await lenient('get-secret-value', { names: ['/apps/none'] })).status, 404, 'a single name is still refused')
})

t.test('versions are picked by number, 0 is the last, a negative number gives that many', async t => {
  const call = await logIn(await startGateway(t))
  const name = '/apps/db-password'
  const at = async (version: number) => (await call('get-secret-value', { names: [name], version })).body[name]
  t.equal(await at(0), 's3cr3t')
  t.equal(await at(1), '0ld')
  t.equal(await at(3), 's3cr3t')
  t.same(await at(-2), { 2: '0lder', 3: 's3cr3t' })
  t.same(await at(-99), { 1: '0ld', 2: '0lder', 3: 's3cr3t' })
  t.equal((await call('get-secret-value', { names: [name], version: 4 })).status, 404)
})

t.test('a value that is no string is answered as it stands', async t => {
  const gateway = await startGateway(t)
  await gateway.put({ path: '/apps/object', type: 'STATIC_SECRET', value: { port: 5432 } })
  const call = await logIn(gateway)
  t.same((await call('get-secret-value', { names: ['/apps/object'] })).text, '{"/apps/object":{"port":5432}}')
})

t.test('an update in place keeps the version number, one that keeps the previous version does not', async t => {
  const gateway = await startGateway(t, undefined, { now: () => new Date('2026-01-02T03:04:05Z') })
  const call = await logIn(gateway)
  const name = '/apps/db-username'
  gateway.shiftClock(60e3)
  await call('update-secret-val', { name, value: 'two' })
  t.match((await call('describe-item', { name })).body, {
    last_version: 1,
    creation_date: '2026-01-02T03:04:05Z',
    modification_date: '2026-01-02T03:05:05Z',
  })
  await call('update-secret-val', { name, value: 'three', 'keep-prev-version': 'true', 'last-version': 1 })
  t.equal((await call('describe-item', { name })).body.last_version, 2)
  await call('delete-item', { name, version: 0 })
  t.equal(gateway.value(name), 'two', 'deleting the last version uncovers the one before')
  await call('delete-item', { name, version: 0 })
  t.equal(gateway.value(name), undefined, 'deleting the only version deletes the item')
})

t.test('every dynamic read is a lease of its own with a matching pair', async t => {
  const gateway = await startGateway(t, undefined, { now: () => new Date('2026-01-02T03:04:05Z') })
  const call = await logIn(gateway)
  const lease = async () => (await call('get-dynamic-secret-value', { name: '/apps/dynamic' })).body
  const [a, b] = [await lease(), await lease()]
  t.match(a, { id: 'lease-1', user: 'u1', password: /^p1-/, ttl_in_minutes: '30' })
  t.match(b, { id: 'lease-2', user: 'u2', password: /^p2-/ })
  t.same(
    gateway.leases().map(({ user }) => user),
    ['u1', 'u2'],
  )
  gateway.shiftClock(30 * 60e3)
  t.same(gateway.leases(), [], 'leases end with their time')
})

t.test('producers answer in their own shapes', async t => {
  const gateway = await startGateway(t)
  await gateway.put({ path: '/apps/aws', type: 'DYNAMIC_SECRET', producer: 'aws', ttlMinutes: 5 })
  await gateway.put({ path: '/apps/custom', type: 'DYNAMIC_SECRET', producer: 'custom' })
  await gateway.put({ path: '/apps/broken', type: 'DYNAMIC_SECRET', producer: 'custom', error: 'no database' })
  const call = await logIn(gateway)
  const read = async (name: string) => (await call('dynamic-secret-get-value', { name })).body
  t.match(await read('/apps/aws'), { access_key_id: 'AKIA-u1', secret_access_key: /^p1-/, ttl_in_minutes: 5 })
  const custom = await read('/apps/custom')
  t.match(JSON.parse(custom.value), { user: 'u2', password: /^p2-/ })
  t.equal(custom.error, '')
  t.same(await read('/apps/broken'), { value: '', error: 'no database' })
})

t.test('a rotated value is named by names as text, by names as list, and by name', async t => {
  const gateway = await startGateway(t)
  gateway.rotate('/apps/rotated', { payload: 'new' })
  const call = await logIn(gateway)
  const want = { status: 200, body: { value: { payload: 'new' } } }
  t.match(await call('get-rotated-secret-value', { names: '/apps/rotated', version: 0 }), want)
  t.match(await call('get-rotated-secret-value', { names: ['/apps/rotated'] }), want)
  t.match(await call('rotated-secret-get-value', { name: '/apps/rotated' }), want)
  t.match(await call('get-rotated-secret-value', { names: '/apps/rotated', version: 1 }), {
    body: { value: { username: 'root' } },
  })
  t.equal((await call('get-rotated-secret-value', {})).status, 400)
  const item = (await call('describe-item', { name: '/apps/rotated' })).body
  t.match(item, { last_version: 2, last_rotation_date: String })
})

t.test('a password item keeps its fields as JSON text', async t => {
  const call = await logIn(await startGateway(t))
  const fields = { type: 'password', username: 'u', password: 'p', 'custom-field': { url: 'x' } }
  await call('create-secret', { name: '/apps/login', ...fields })
  const { body } = await call('get-secret-value', { names: ['/apps/login'] })
  t.same(JSON.parse(body['/apps/login']), { username: 'u', password: 'p', url: 'x' })
})

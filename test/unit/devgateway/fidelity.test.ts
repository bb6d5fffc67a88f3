import t from 'tap'
import { identities, logIn, post, startGateway, testSeed } from '../../support/gateway.ts'

t.test('each refusal has the status and the telling word of the real API', async t => {
  const gateway = await startGateway(t, {
    ...testSeed,
    items: [
      ...testSeed.items,
      { path: '/apps/guarded', type: 'STATIC_SECRET', value: 'v', deleteProtection: true },
      { path: '/apps/off', type: 'STATIC_SECRET', value: 'v', enabled: false },
    ],
  })
  const as = {
    admin: await logIn(gateway),
    reader: await logIn(gateway, identities.reader),
    stranger: await logIn(gateway, identities.stranger),
  }
  const big = 'x'.repeat(16 * 1024 + 1)
  const cases = [
    { who: 'reader', op: 'describe-item', body: { name: '/apps/none' }, status: 404, says: /NotFound/ },
    { who: 'reader', op: 'get-secret-value', body: { names: ['/apps/none'] }, status: 404, says: /NotFound/ },
    { who: 'reader', op: 'describe-item', body: { name: '/private/token' }, status: 401, says: /UnauthorizedAccess/ },
    { who: 'reader', op: 'describe-item', body: { name: '/private/none' }, status: 401, says: /UnauthorizedAccess/ },
    { who: 'stranger', op: 'describe-item', body: { name: '/apps/config' }, status: 401, says: /UnauthorizedAccess/ },
    { who: 'stranger', op: 'get-secret-value', body: { names: ['/a'] }, status: 401, says: /UnauthorizedAccess/ },
    {
      who: 'reader',
      op: 'create-secret',
      body: { name: '/apps/n', value: 'v' },
      status: 401,
      says: /UnauthorizedAccess/,
    },
    { who: 'reader', op: 'delete-item', body: { name: '/apps/config' }, status: 401, says: /UnauthorizedAccess/ },
    { who: 'admin', op: 'create-secret', body: { name: 'apps/config', value: '' }, status: 409, says: /AlreadyExists/ },
    { who: 'admin', op: 'delete-item', body: { name: '/apps/guarded' }, status: 403, says: /DeleteProtected/ },
    { who: 'admin', op: 'get-secret-value', body: { names: ['/apps/off'] }, status: 403, says: /disabled/ },
    { who: 'admin', op: 'create-secret', body: { name: '/apps/n', value: big }, status: 400, says: /16384 bytes/ },
    { who: 'admin', op: 'describe-item', body: {}, status: 400, says: /parameter - name$/ },
    { who: 'admin', op: 'get-secret-value', body: { names: [] }, status: 400, says: /parameter - names$/ },
    { who: 'admin', op: 'get-secret-value', body: { names: ['/apps/key'] }, status: 400, says: /CLASSIC_KEY/ },
    { who: 'admin', op: 'describe-item', body: { name: '/apps/config', token: 'x' }, status: 401, says: /not known/ },
    {
      who: 'admin',
      op: 'update-secret-val',
      body: { name: '/apps/db-password', value: 'v', 'last-version': 2 },
      status: 409,
      says: /VersionMismatch/,
    },
  ] as const
  for (const { who, op, body, status, says } of cases)
    t.test(`${status} for ${op} by the ${who}: ${says}`, async t => {
      const answer = await as[who](op, body)
      t.equal(answer.status, status)
      t.same(Object.keys(answer.body), ['error'])
      t.match(answer.body.error, says)
    })
})

t.test('a disabled item is absent where the quirk says so', async t => {
  const items = [{ path: '/off', type: 'STATIC_SECRET', value: 'v', enabled: false }] as const
  const seed = { identities: [...testSeed.identities], items: [...items] }
  const gateway = await startGateway(t, seed, { quirks: { disabledStatus: 404 } })
  const call = await logIn(gateway)
  t.equal((await call('get-secret-value', { names: ['/off'] })).status, 404)
  t.equal((await call('describe-item', { name: '/off' })).status, 200)
})

t.test('the three base paths are equal and everything else is a text 404', async t => {
  const { url } = await startGateway(t)
  for (const base of ['', '/', '/v2', '/v2/', '/api/v2', '/api/v2/']) {
    const probe = await post(url + base)
    t.match(probe, { status: 404, text: '{"error":"unknown command"}' }, base)
  }
  for (const base of ['', '/v2', '/api/v2']) {
    t.match(
      await post(`${url}${base}/validate-token`, { token: 'x' }),
      { status: 200, body: { is_valid: false } },
      base,
    )
    for (const op of ['nope', 'v1/auth', 'uid-create-child-token'])
      t.match(await post(`${url}${base}/${op}`, {}), { status: 404, text: '404 page not found\n', body: undefined }, op)
  }
  t.equal((await fetch(`${url}/auth`)).status, 404, 'only POST is an operation')
})

t.test('bodies that are no JSON object are a 400 in JSON', async t => {
  const { url } = await startGateway(t)
  for (const body of ['{', '[]', '"text"', 'null', 'cmd=get-secret-value&name=/a'])
    t.match(await post(`${url}/describe-item`, body), { status: 400, body: { error: String } }, body)
  t.match(await post(`${url}/describe-item`, 'x'.repeat(2 ** 20 + 1)), { status: 413, body: { error: String } })
})

t.test('unknown fields are ignored and older spellings are taken', async t => {
  const call = await logIn(await startGateway(t))
  const listed = await call('list-items', { sub_types: ['password'], 'no-such-field': 1 })
  t.match(listed, { status: 200, body: { items: [] } })
  const created = await call('create-secret', { name: '/apps/p', value: 'v', delete_protection: 'true' })
  t.equal(created.status, 200)
  t.match((await call('describe-item', { name: '/apps/p' })).body, { delete_protection: true })
})

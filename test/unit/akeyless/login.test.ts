import t from 'tap'
import { identities, startGateway } from '../../support/gateway.ts'
import { faultIn, identity, json, read, refs, soon, startClient, startServer, textOf } from './client.ts'

const logins = (calls: readonly { op: string }[]) => calls.filter(({ op }) => op === 'auth').length

t.test('a login is made once and shared', async t => {
  const gateway = await startGateway(t)
  const client = startClient(t)
  await Promise.all([1, 2, 3].map(() => client.login(identity(gateway.url), soon())))
  await client.login(identity(gateway.url), soon())
  t.equal(logins(gateway.journal()), 1)
})

t.test('a token is replaced before it ends', async t => {
  const gateway = await startGateway(t)
  const clock = { shift: 0 }
  const client = startClient(t, { now: () => Date.now() + clock.shift })
  await client.login(identity(gateway.url), soon())
  clock.shift = 47 * 60e3
  await client.login(identity(gateway.url), soon())
  t.equal(logins(gateway.journal()), 1)
  clock.shift = 49 * 60e3
  await client.login(identity(gateway.url), soon())
  t.equal(logins(gateway.journal()), 2)
})

t.test('a refused login is remembered, so that many objects do not lock the auth method', async t => {
  const gateway = await startGateway(t)
  const clock = { now: Date.now() }
  const client = startClient(t, { now: () => clock.now })
  const wrong = identity(gateway.url, identities.admin, 'canary-wrong-key')
  const first = await faultIn(client.login(wrong, soon()))
  t.match(first, { code: 'LoginRefused', retryAfterMs: 60_000 })
  t.notMatch(first.line(), /canary/)
  await Promise.all(
    [...Array(20)].map(async () =>
      t.match(await faultIn(read(client, wrong, refs('/apps/config'))), { code: 'LoginRefused' }),
    ),
  )
  t.equal(logins(gateway.journal()), 1)

  await client.login(identity(gateway.url), soon())
  t.equal(logins(gateway.journal()), 2, 'a corrected key is tried at once')

  clock.now += 20_000
  t.match(await faultIn(client.login(wrong, soon())), { code: 'LoginRefused', retryAfterMs: 40_000 })
  clock.now += 40_000
  t.match(await faultIn(client.login(wrong, soon())), { code: 'LoginRefused', retryAfterMs: 120_000 })
  t.equal(logins(gateway.journal()), 3)
  t.equal(gateway.journal().filter(({ op, status }) => op === 'auth' && status === 401).length, 2)
})

t.test('a token that is too long to be one is not kept', async t => {
  // 10,000 tokens of 4 MB would be kept: a tenant can make as many identities
  const length = { now: 16 * 1024 }
  const server = await startServer(t, (_request, response) =>
    json(response, 200, { token: `t-${'x'.repeat(length.now - 2)}` }),
  )
  await startClient(t).login(identity(`${server.url}/v2`), soon())
  length.now += 1
  t.match(await faultIn(startClient(t).login(identity(`${server.url}/v2`), soon())), {
    code: 'GatewayAnswerInvalid',
    message: /answered auth with a token of more than 16 KiB$/,
  })
})

t.test('what an identity has read is forgotten when its login is refused', async t => {
  const gateway = await startGateway(t)
  const clock = { shift: 0 }
  const client = startClient(t, { now: () => Date.now() + clock.shift })
  const who = identity(gateway.url)
  await read(client, who, refs('/apps/config'))
  clock.shift = 49 * 60e3
  gateway.fail({ op: 'auth', status: 401, body: { error: 'failed to get credentials' } })
  t.match(await faultIn(client.login(who, soon())), { code: 'LoginRefused' })
  t.match(await faultIn(read(client, who, refs('/apps/config'), { maxAgeMs: 3600e3 * 24 })), { code: 'LoginRefused' })
})

t.test('what an identity has read is forgotten when a right is taken away', async t => {
  const gateway = await startGateway(t)
  const client = startClient(t)
  const who = identity(gateway.url)
  const day = { maxAgeMs: 24 * 3600e3 }
  await read(client, who, refs('/apps/config', '/apps/rotated'))
  const denial = { status: 401, body: { error: 'Status 401 Unauthorized, Error: UnauthorizedAccess. Message: no' } }
  gateway.fail({ op: 'get-secret-value', ...denial })
  gateway.fail({ op: 'describe-item', ...denial })
  t.same((await read(client, who, refs('/apps/config'))).map(textOf), ['AccessDenied'])
  t.equal(logins(gateway.journal()), 1, 'a missing right is no reason to log in again')
  const before = gateway.journal().length
  await read(client, who, refs('/apps/rotated'), day)
  t.equal(gateway.journal().length, before + 1, 'not from memory')
})

t.test('an item that may not be read, and one that may not even be known, are denied', async t => {
  const gateway = await startGateway(t)
  const outcomes = await read(
    startClient(t),
    identity(gateway.url, identities.reader),
    refs('/private/token', '/private/none', '/apps/config'),
  )
  t.same(outcomes.slice(0, 2).map(textOf), ['AccessDenied', 'AccessDenied'])
  t.equal(logins(gateway.journal()), 1)
})

t.test('a 401 that a new login does not cure is a denial, and costs one login a minute', async t => {
  const gateway = await startGateway(t)
  const clock = { now: Date.now() }
  const client = startClient(t, { now: () => clock.now })
  const who = identity(gateway.url)
  await client.describe(who, '/apps/rotated', soon())
  gateway.fail({ op: 'get-rotated-secret-value', times: 100, status: 401, body: { error: 'no' } })
  for (let pass = 0; pass < 5; pass++)
    t.match(textOf((await read(client, who, refs('/apps/rotated')))[0]), /AccessDenied/)
  t.equal(logins(gateway.journal()), 2)
  clock.now += 61e3
  await read(client, who, refs('/apps/rotated'))
  t.equal(logins(gateway.journal()), 3)
})

t.test('a listing that stays refused costs one login a minute, and others are listed', async t => {
  const state = { logins: 0 }
  const server = await startServer(t, (request, response, body) => {
    if (request.url === '/v2/auth') {
      state.logins += 1
      return json(response, 200, { token: `t-${state.logins}` })
    }
    const good = JSON.parse(body).filter === '/good/'
    return json(response, good ? 200 : 401, good ? { items: [] } : { error: 'no' })
  })
  const clock = { now: Date.now() }
  const client = startClient(t, { now: () => clock.now })
  const list = (path: string) => client.list(identity(`${server.url}/v2`), { path }, { maxAgeMs: 0 }, soon())
  for (let pass = 0; pass < 5; pass++) t.match(await faultIn(list('/bad/')), { code: 'AccessDenied' })
  t.equal(state.logins, 2)
  t.same(await list('/good/'), [])
  clock.now += 61e3
  t.match(await faultIn(list('/bad/')), { code: 'AccessDenied' })
  t.equal(state.logins, 3)
})

t.test('one item that stays refused does not keep a revoked token in use for the others', async t => {
  const state = { logins: 0, revoked: 0 }
  const server = await startServer(t, (request, response, body) => {
    if (request.url === '/v2/auth') {
      state.logins += 1
      return json(response, 200, { token: `t-${state.logins}` })
    }
    const { name, token } = JSON.parse(body)
    const good = name !== '/bad' && Number(token.slice(2)) > state.revoked
    return json(response, good ? 200 : 401, good ? { item_name: name, item_type: 'STATIC_SECRET' } : { error: 'no' })
  })
  const client = startClient(t)
  const who = identity(`${server.url}/v2`)
  const describe = (path: string) => client.describe(who, path, soon())
  t.match(await faultIn(describe('/bad')), { code: 'AccessDenied' })
  t.equal(state.logins, 2)
  state.revoked = state.logins
  t.match(await faultIn(describe('/bad')), { code: 'AccessDenied' }, 'known, and no reason to log in')
  t.equal(state.logins, 2)
  t.equal((await describe('/good')).path, '/good')
  t.equal(state.logins, 3)
})

t.test('of a batch, only the item that is refused is doubted', async t => {
  const state = { logins: 0, revoked: 0 }
  const server = await startServer(t, (request, response, body) => {
    if (request.url === '/v2/auth') {
      state.logins += 1
      return json(response, 200, { token: `t-${state.logins}` })
    }
    const { name, names = [name], token } = JSON.parse(body)
    const valid = Number(token.slice(2)) > state.revoked
    const isValue = request.url?.endsWith('/get-secret-value')
    if (!valid || (isValue && names.includes('/bad'))) return json(response, 401, { error: 'no' })
    if (!isValue) return json(response, 200, { item_name: name, item_type: 'STATIC_SECRET' })
    return json(response, 200, Object.fromEntries(names.map((each: string) => [each, 'v'])))
  })
  const client = startClient(t)
  const who = identity(`${server.url}/v2`)
  const wanted = refs('/a', '/bad', '/b', '/c')
  const want = ['v', 'AccessDenied', 'v', 'v']
  t.same((await read(client, who, wanted)).map(textOf), want)
  t.equal(state.logins, 2, 'one to make sure, however the batch is halved')
  t.same((await read(client, who, wanted)).map(textOf), want)
  t.equal(state.logins, 2)
  state.revoked = state.logins
  t.same((await read(client, who, wanted)).map(textOf), want)
  t.equal(state.logins, 3)
})

t.test('a 200 without a token is no login', async t => {
  const answers = [{}, { token: '' }, { complete_auth_link: 'https://canary.example/' }, { token: 7 }, [], 'canary']
  for (const answer of answers) {
    const server = await startServer(t, (_request, response) => json(response, 200, answer))
    const fault = await faultIn(startClient(t).login(identity(server.url), soon()))
    t.equal(fault.code, 'GatewayAnswerInvalid', JSON.stringify(answer))
    t.notMatch(fault.line(), /canary/)
  }
})

t.test('a universal identity token goes into its own field', async t => {
  const bodies: unknown[] = []
  const server = await startServer(t, (request, response, body) => {
    if (request.url === '/v2/auth') return json(response, 200, { token: 'u-1' })
    bodies.push(JSON.parse(body))
    return json(response, 200, { item_name: '/a', item_type: 'STATIC_SECRET' })
  })
  await startClient(t).describe(identity(`${server.url}/v2`), '/a', soon())
  t.same(bodies, [{ name: '/a', 'uid-token': 'u-1' }])
})

t.test('the base path is found by the first login and remembered', async t => {
  const base = '/api/v2'
  const server = await startServer(t, (request, response) => {
    if (!request.url?.startsWith(`${base}/`))
      return response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found')
    if (request.url === `${base}/auth`) return json(response, 200, { token: 't-1' })
    return json(response, 200, { item_name: '/a', item_type: 'STATIC_SECRET' })
  })
  const client = startClient(t)
  await client.describe(identity(server.url), '/a', soon())
  t.same(server.paths, ['/auth', '/v2/auth', '/api/v2/auth', '/api/v2/describe-item'])
  await client.login(identity(server.url, 'p-other0other0ab'), soon())
  t.same(server.paths.slice(4), ['/api/v2/auth'])
})

t.test('a wrong base path is named, with the right one proposed', async t => {
  const server = await startServer(t, (_request, response) => response.writeHead(404).end('404 page not found'))
  const client = startClient(t)
  const wrong = await faultIn(client.login(identity(`${server.url}/wrong`), soon()))
  t.match(wrong, {
    code: 'GatewayAnswerInvalid',
    message: /serves no Akeyless API at \/wrong\/auth/,
    remedy: /\/v2 or \/api\/v2/,
  })
  const root = await faultIn(client.login(identity(server.url), soon()))
  t.match(root.message, /at \/auth, \/v2\/auth, \/api\/v2\/auth/)
})

import t from 'tap'
import { identities, startGateway } from '../../support/gateway.ts'
import { faultIn, identity, json, read, refs, soon, startClient, startServer, textOf } from './client.ts'

t.test('after a 429 the identity waits as long as it is told, without a call', async t => {
  const gateway = await startGateway(t)
  const clock = { now: Date.now() }
  const client = startClient(t, { now: () => clock.now })
  const who = identity(gateway.url)
  await read(client, who, refs('/apps/config', '/apps/rotated'))
  gateway.fail({ op: 'get-secret-value', status: 429, headers: { 'retry-after': '7' } })
  t.match(await faultIn(read(client, who, refs('/apps/config'))), { code: 'RateLimited', retryAfterMs: 7000 })
  const before = gateway.journal().length
  clock.now += 3000
  t.match(await faultIn(read(client, who, refs('/apps/config', '/apps/rotated', '/apps/dynamic'))), {
    code: 'RateLimited',
    retryAfterMs: 4000,
  })
  t.equal(gateway.journal().length, before)

  const outcomes = await read(client, who, refs('/apps/config', '/apps/dynamic'), { maxAgeMs: 60_000 })
  t.same(
    outcomes.map(outcome => ('text' in outcome ? 'value' : outcome.code)),
    ['value', 'RateLimited'],
    'memory still answers',
  )
  t.same(
    (await read(client, identity(gateway.url, identities.reader), refs('/apps/db-password'))).map(textOf),
    ['s3cr3t'],
    'nobody else waits',
  )

  clock.now += 4000
  t.same((await read(client, who, refs('/apps/db-password'))).map(textOf), ['s3cr3t'])
})

t.test('a 429 without a time to wait gives a delay that grows until a call succeeds', async t => {
  const gateway = await startGateway(t)
  const clock = { now: Date.now() }
  const client = startClient(t, { now: () => clock.now })
  const who = identity(gateway.url)
  gateway.fail({ op: 'auth', times: 3, status: 429, body: 'slow down' })
  for (const wait of [1000, 2000, 4000]) {
    t.match(await faultIn(read(client, who, refs('/apps/config'))), { code: 'RateLimited', retryAfterMs: wait })
    clock.now += wait
  }
  await read(client, who, refs('/apps/config'))
  gateway.fail({ op: 'get-secret-value', status: 429, body: { error: 'the next will be released in 1m5s' } })
  t.match(await faultIn(read(client, who, refs('/apps/config'))), { retryAfterMs: 65_000 })
})

t.test('a real rate limit slows a burst down and loses nothing', async t => {
  const gateway = await startGateway(t)
  const clock = { shift: 0 }
  const client = startClient(t, { now: () => Date.now() + clock.shift })
  const who = identity(gateway.url)
  await read(client, who, refs('/apps/rotated'))
  gateway.rateLimit(2)
  const outcomes = await Promise.all(
    [1, 2, 3, 4].map(version => read(client, who, [{ path: '/apps/rotated', version }]).catch(fault => [fault])),
  )
  t.ok(outcomes.flat().some(outcome => textOf(outcome) === 'RateLimited'))
  gateway.rateLimit(undefined)
  clock.shift += 5 * 60e3
  t.match(textOf((await read(client, who, refs('/apps/rotated')))[0]), /r0tated/)
})

t.test('an identity that is told to slow down narrows nobody else', async t => {
  const held: (() => void)[] = []
  const server = await startServer(t, (request, response, body) => {
    if (request.url === '/v2/auth') return json(response, 200, { token: body.includes('noisy') ? 't-noisy' : 't-1' })
    if (body.includes('t-noisy')) return json(response, 429, {})
    held.push(() => json(response, 200, { item_name: '/a', item_type: 'STATIC_SECRET' }))
  })
  const clock = { now: 0 }
  const client = startClient(t, { now: () => clock.now })
  for (let round = 0; round < 8; round++) {
    await faultIn(client.describe(identity(`${server.url}/v2`, 'p-noisy'), '/a', soon()))
    clock.now += 60_000
  }
  const calls = [...Array(16)].map((_, index) => client.describe(identity(`${server.url}/v2`), `/${index}`, soon()))
  while (held.length < 16) await new Promise(resolve => setTimeout(resolve, 5))
  for (const answer of held) answer()
  await Promise.all(calls)
})

import { Agent, request } from 'node:http'
import t from 'tap'
import { logIn, post, startGateway } from '../../support/gateway.ts'

const ask = { name: '/apps/config' }

t.test('a fault spoils as many calls as ordered, of the operation that was named', async t => {
  const gateway = await startGateway(t)
  const call = await logIn(gateway)
  gateway.fail({ op: 'describe-item', times: 2, status: 503, headers: { 'retry-after': '7' } })
  t.equal((await call('get-tags', ask)).status, 200, 'another operation is served')
  for (const turn of [1, 2]) {
    const answer = await call('describe-item', ask)
    t.equal(answer.status, 503, `call ${turn}`)
    t.equal(answer.headers.get('retry-after'), '7')
  }
  t.equal((await call('describe-item', ask)).status, 200)
  gateway.fail({ status: 500 })
  t.equal((await call('get-tags', ask)).status, 500, 'without a name it is the next call, whatever it is')
})

t.test('an order may be for one item alone, and is taken back by whoever gave it', async t => {
  const gateway = await startGateway(t)
  const call = await logIn(gateway)
  const mend = gateway.fail({ op: 'describe-item', name: ask.name, status: 500, times: 9 })
  t.equal((await call('describe-item', { name: '/apps/key' })).status, 200, 'another item is served')
  t.equal((await call('describe-item', ask)).status, 500)
  mend()
  t.equal((await call('describe-item', ask)).status, 200)
})

t.test('orders are served one after the other, and a reset forgets them', async t => {
  const gateway = await startGateway(t)
  gateway.fail({ status: 500 })
  gateway.fail({ status: 502, times: 9 })
  t.equal((await post(`${gateway.url}/auth`, {})).status, 500)
  t.equal((await post(`${gateway.url}/auth`, {})).status, 502)
  gateway.reset()
  t.equal((await post(`${gateway.url}/auth`, {})).status, 400)
})

t.test('a body is sent as it was ordered', async t => {
  const gateway = await startGateway(t)
  const cases = [
    { name: 'JSON', order: { body: {} }, status: 200, type: 'application/json', text: '{}' },
    {
      name: 'text',
      order: { status: 404, body: 'gone' },
      status: 404,
      type: 'text/plain; charset=utf-8',
      text: 'gone',
    },
    { name: 'HTML', order: { html: true }, status: 200, type: 'text/html; charset=utf-8', text: /<html>/ },
    { name: 'HTML as an error', order: { html: true, status: 502 }, status: 502, type: /html/, text: /<html>/ },
    { name: 'a type of its own', order: { body: 'x', headers: { 'content-type': 'a/b' } }, type: 'a/b', text: 'x' },
  ]
  for (const { name, order, status = 200, type, text } of cases)
    t.test(name, async t => {
      gateway.fail(order)
      const answer = await post(`${gateway.url}/auth`, {})
      t.match(answer, { status, text })
      t.match(answer.headers.get('content-type'), type)
    })
})

t.test('a reset connection gives no answer and is in the journal with status 0', async t => {
  const gateway = await startGateway(t)
  gateway.fail({ op: 'auth', reset: true })
  await t.rejects(post(`${gateway.url}/auth`, {}), { cause: { code: /ECONNRESET|UND_ERR_SOCKET/ } })
  t.match(gateway.journal(), [{ op: 'auth', status: 0 }])
})

t.test('a truncated answer ends before the length that it announced', async t => {
  const gateway = await startGateway(t)
  gateway.fail({ truncate: true, body: { token: 't-0123456789abcdef' } })
  await t.rejects(post(`${gateway.url}/auth`, {}), { message: /terminated/ })
  t.match(gateway.journal(), [{ op: 'auth', status: 200 }])
})

t.test('a delay holds the answer back and then gives it', async t => {
  const gateway = await startGateway(t)
  const call = await logIn(gateway)
  gateway.fail({ delayMs: 60 })
  const before = performance.now()
  t.equal((await call('describe-item', ask)).status, 200)
  // timers may fire up to a millisecond early
  t.ok(performance.now() - before >= 58)
  t.ok((gateway.journal().at(-1)?.durationMs ?? 0) >= 58)
})

t.test('closing does not wait for delayed answers', async t => {
  const gateway = await startGateway(t)
  gateway.fail({ delayMs: 3600e3 })
  const waiting = post(`${gateway.url}/auth`, {}).catch(() => 'cut')
  await new Promise<void>(resolve => {
    const look = () => (gateway.connections() > 0 ? resolve() : setImmediate(look))
    look()
  })
  await gateway.close()
  t.ok(await waiting)
})

t.test('connections are counted, and kept alive between calls', async t => {
  const gateway = await startGateway(t)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const once = () =>
    new Promise<void>((resolve, reject) => {
      const sent = request(`${gateway.url}/validate-token`, { method: 'POST', agent }, response => {
        response.resume().on('end', resolve)
      })
      sent.on('error', reject).end('{"token":"x"}')
    })
  for (let i = 0; i < 5; i += 1) await once()
  t.equal(gateway.connections(), 1)
  t.equal(gateway.journal().length, 5)
})

import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { isLocalAddress } from '#core'
import { createExchange, type Operation } from '../../../pkg/akeyless/exchange.ts'
import { createNames } from '../../../pkg/akeyless/names.ts'
import { peerOf } from '../../../pkg/akeyless/peer.ts'
import { createTransport } from '../../../pkg/akeyless/transport.ts'
import { startGateway } from '../../support/gateway.ts'
import { faultIn, identity, json, read, refs, soon, startClient, startServer, textOf } from './client.ts'

/** A port that nobody listens on. */
const closedPort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

t.test('a gateway that is away is named, with the reason', async t => {
  const port = await closedPort()
  t.match(await faultIn(startClient(t).login(identity(`http://127.0.0.1:${port}`), soon())), {
    code: 'GatewayUnreachable',
    message: `gateway 127.0.0.1:${port} does not answer: connection refused`,
  })
  t.match(await faultIn(startClient(t).login(identity('http://gateway.invalid'), soon())), {
    code: 'GatewayUnreachable',
    message: /^gateway gateway\.invalid does not answer: DNS /,
  })
})

t.test('a gateway that is away is tried once per delay, not once per object', async t => {
  const clock = { now: Date.now() }
  const client = startClient(t, { now: () => clock.now })
  const who = identity(`http://127.0.0.1:${await closedPort()}`)
  const all = await Promise.all([...Array(20)].map(() => faultIn(read(client, who, refs('/a')))))
  t.ok(all.every(({ code }) => code === 'GatewayUnreachable'))
  t.equal(client.calls.length, 1)
  t.match(await faultIn(client.login(who, soon())), { code: 'GatewayUnreachable', retryAfterMs: 1000 })
  // an outage of five minutes, looked at every second: at most 20 probes (security.md L11)
  for (let second = 0; second < 300; second++) {
    clock.now += 1000
    await faultIn(client.login(who, soon()))
  }
  t.ok(client.calls.length <= 12, `${client.calls.length} probes`)
})

t.test('a gateway that comes back is used as soon as it is tried', async t => {
  const clock = { now: Date.now() }
  const port = await closedPort()
  const client = startClient(t, { now: () => clock.now })
  const who = identity(`http://127.0.0.1:${port}`)
  await faultIn(client.login(who, soon()))
  await startGateway(t, undefined, { port })
  clock.now += 1000
  t.same((await read(client, who, refs('/apps/db-password'))).map(textOf), ['s3cr3t'])
})

t.test('--resolve connects elsewhere, port included, under the name of the URL', async t => {
  let host = ''
  const server = await startServer(t, (request, response) => {
    host = request.headers.host ?? ''
    json(response, 200, { token: 't-1' })
  })
  const resolve = new Map([['api.akeyless.io:80', { host: '127.0.0.1', port: Number(new URL(server.url).port) }]])
  await startClient(t, { resolve }).login(identity('http://api.akeyless.io'), soon())
  t.equal(host, 'api.akeyless.io')
  t.same(server.paths, ['/auth'])
  const client = startClient(t, { resolve, addressAllowed: address => !isLocalAddress(address) })
  await client.login(identity('http://api.akeyless.io'), soon())
})

t.test('an address that must not be called sees no connection', async t => {
  let connections = 0
  const server = createServer(socket => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const hosts = [
    '127.0.0.1',
    'localhost',
    '2130706433',
    '0x7f.1',
    '127.1',
    '0',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
  ]
  for (const host of hosts) {
    const client = startClient(t, { addressAllowed: address => !isLocalAddress(address) })
    const fault = await faultIn(client.login(identity(`http://${host}:${port}`), soon()))
    t.match(fault, { code: 'GatewayUnreachable', message: /must not be called/ }, host)
  }
  t.equal(connections, 0)
})

t.test(
  'a name is judged at each connection, by all of its addresses, and what was judged is what is dialled',
  async t => {
    const reached: string[] = []
    const listen = async (host: string, port = 0): Promise<number> => {
      const server = createHttpServer((_request, response) => {
        reached.push(host)
        // each call dials anew
        response.writeHead(200, { 'content-type': 'application/json', connection: 'close' }).end('{}')
      })
      await new Promise<void>(resolve => server.listen(port, host, resolve))
      t.teardown(() => server.close())
      return (server.address() as AddressInfo).port // a TCP server that listens
    }
    const port = await listen('127.0.0.1')
    await listen('127.0.0.2', port)
    const [good, bad] = [
      { address: '127.0.0.1', family: 4 },
      { address: '127.0.0.2', family: 4 },
    ]
    // what a resolver says that somebody else controls: one thing when asked first, and another later
    const answers = [[good], [bad], [good, bad], [bad, good], [], [good]]
    let asked = 0
    const names = { find: async () => answers[asked++] ?? [] }
    const transport = createTransport({ addressAllowed: address => address === good.address }, names)
    t.teardown(() => transport.close())
    const { line } = peerOf(identity(`http://gateway.example.com:${port}`))
    const outcomes: string[] = []
    for (const _ of answers) {
      const call = transport.post(line, { path: '/v2/auth', body: Buffer.from('{}'), limit: 1000 }, soon())
      outcomes.push(
        await call.then(
          ({ status }) => String(status),
          () => 'refused',
        ),
      )
    }
    t.same(outcomes, ['200', 'refused', 'refused', 'refused', 'refused', '200'])
    t.equal(asked, answers.length, 'one lookup a connection')
    t.same(reached, ['127.0.0.1', '127.0.0.1'])
  },
)

t.test('no more than 16 calls at once reach a gateway', async t => {
  let now = 0
  let most = 0
  const server = await startServer(t, (request, response) => {
    if (request.url === '/v2/auth') return json(response, 200, { token: 't-1' })
    now += 1
    most = Math.max(most, now)
    setTimeout(() => {
      now -= 1
      json(response, 200, { item_name: '/a', item_type: 'STATIC_SECRET' })
    }, 5)
  })
  const client = startClient(t)
  await Promise.all([...Array(60)].map((_, n) => client.describe(identity(`${server.url}/v2`), `/${n}`, soon())))
  t.equal(most, 16)
})

/** Calls without login and cache, that take at most half a second. */
const startExchange = (t: { teardown(end: () => unknown): unknown }) => {
  const transport = createTransport({}, createNames({ now: Date.now }))
  t.teardown(() => transport.close())
  return createExchange({ transport, now: () => 0, random: Math.random, deadlineMs: 500 })
}

t.test('a call that takes too long ends with a fault that says so', async t => {
  const server = await startServer(t, () => undefined)
  const exchange = startExchange(t)
  const peer = peerOf(identity(`${server.url}/v2`))
  const refusal = await exchange(peer, { op: 'describe-item', base: '/v2', fields: {} }, soon()).catch(thrown => thrown)
  t.match(refusal, { why: 'slow', fault: { code: 'GatewayUnreachable', message: /did not answer within 500 ms$/ } })
  t.equal(server.paths.length, 1)
})

t.test('a gateway that is silent is left alone for a while, by whoever waits for it', async t => {
  const server = await startServer(t, () => undefined)
  const exchange = startExchange(t)
  const ask = (accessId: string) =>
    exchange(
      peerOf(identity(`${server.url}/v2`, accessId)),
      { op: 'describe-item', base: '/v2', fields: {} },
      soon(),
    ).catch(thrown => thrown)
  const outcomes = await Promise.all([...Array(100)].map((_, index) => ask(`p-${index % 10}`)))
  t.equal(server.paths.length, 16, 'those that waited for a place are told at once')
  t.same([...new Set(outcomes.map(({ why }) => why))].sort(), ['down', 'slow'])
  t.match(await ask('p-new'), { why: 'down', fault: { message: /did not answer within 500 ms$/, retryAfterMs: 1000 } })
})

t.test('an item that hangs does not shut a gateway that answers otherwise', async t => {
  const server = await startServer(t, (_request, response, body) => {
    if (!body.includes('hangs')) json(response, 200, {})
  })
  const exchange = startExchange(t)
  const peer = peerOf(identity(`${server.url}/v2`))
  const ask = (op: Operation, name: string) =>
    exchange(peer, { op, base: '/v2', fields: { name } }, soon()).then(
      () => 'answer',
      ({ why }) => why,
    )
  t.same(await Promise.all([ask('describe-item', 'hangs'), ask('describe-item', 'well')]), ['slow', 'answer'])
  t.equal(await ask('describe-item', 'well'), 'answer')
  t.equal(await ask('get-dynamic-secret-value', 'hangs'), 'slow')
  t.equal(await ask('describe-item', 'well'), 'answer', 'the target of a producer is not the gateway')
})

t.test('one method takes no longer than it may, however many calls it makes', async t => {
  const server = await startServer(t, (request, response) => {
    if (request.url === '/v2/auth') json(response, 200, { token: 't-1' })
  })
  const who = identity(`${server.url}/v2`)
  const client = startClient(t, { longestMs: 100 })
  const paths = refs(...[...Array(200)].map((_, index) => `/${index}`))
  const started = performance.now()
  t.match(await faultIn(read(client, who, paths)), {
    code: 'GatewayUnreachable',
    message: /^gateway 127\.0\.0\.1:\d+ did not answer within 100 ms$/,
  })
  t.match(await faultIn(client.describe(who, '/a', soon())), { code: 'GatewayUnreachable' })
  t.ok(performance.now() - started < 2000)
  const mute = await startServer(t, () => undefined)
  t.match(await faultIn(client.login(identity(mute.url), soon())), { code: 'GatewayUnreachable' })
  // nothing of it is left in the queue of the gateway
  const before = server.paths.length
  await faultIn(client.describe(who, '/b', soon()))
  t.equal(server.paths.length, before + 1)
})

t.test('a shared call ends when the last who wants it has left', async t => {
  const hung = Promise.withResolvers<void>()
  const dropped = Promise.withResolvers<void>()
  const server = await startServer(t, (request, response, body) => {
    if (request.url === '/v2/auth') return json(response, 200, { token: 't-1' })
    const { name } = JSON.parse(body)
    if (name !== undefined) return json(response, 200, { item_name: name, item_type: 'STATIC_SECRET' })
    response.on('close', dropped.resolve)
    return hung.resolve()
  })
  const client = startClient(t)
  const leavers = [new AbortController(), new AbortController()]
  const left = leavers.map(({ signal }, index) =>
    client.read(identity(`${server.url}/v2`), refs(`/${index}`), { maxAgeMs: 0, scope: '' }, signal),
  )
  const outcomes = Promise.allSettled(left)
  await hung.promise
  const started = performance.now()
  for (const leaver of leavers) leaver.abort(new Error('left'))
  t.same(
    (await outcomes).map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  await dropped.promise
  t.ok(performance.now() - started < 5000, 'long before the deadline of the call')
  t.equal(server.paths.filter(path => path === '/v2/get-secret-value').length, 1)
})

t.test('every method ends with the reason of its signal, and leaves the others alone', async t => {
  const gateway = await startGateway(t)
  const client = startClient(t)
  const who = identity(gateway.url)
  gateway.fail({ op: 'auth', delayMs: 300 })
  const leaver = new AbortController()
  const reason = new Error('shutting down')
  const left = [
    client.login(who, leaver.signal),
    client.describe(who, '/apps/config', leaver.signal),
    client.list(who, {}, { maxAgeMs: 0 }, leaver.signal),
    client.read(who, refs('/apps/config'), { maxAgeMs: 0, scope: '' }, leaver.signal),
  ]
  const stayed = read(client, who, refs('/apps/db-password'))
  setTimeout(() => leaver.abort(reason), 20)
  for (const outcome of await Promise.allSettled(left)) t.equal(outcome.status === 'rejected' && outcome.reason, reason)
  t.same((await stayed).map(textOf), ['s3cr3t'])
  await t.rejects(client.login(who, AbortSignal.abort(reason)), reason)
})

t.test('a closed client makes no calls', async t => {
  const gateway = await startGateway(t)
  const client = startClient(t)
  await client.close()
  t.equal((await faultIn(client.login(identity(gateway.url), soon()))).code, 'GatewayUnreachable')
  t.same(gateway.journal(), [])
})

t.test('what is no HTTP is not Akeyless', async t => {
  const server = createServer(socket => socket.once('data', () => socket.write('SSH-2.0-canary\r\n')))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const fault = await faultIn(
    startClient(t).login(identity(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v2`), soon()),
  )
  t.equal(fault.code, 'GatewayAnswerInvalid')
  t.notMatch(fault.line(), /canary/)
})

import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { isLocalAddress } from '#akeyless'
import { createExchange } from '../../../pkg/akeyless/exchange.ts'
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

t.test('a call that takes too long ends with a fault that says so', async t => {
  const server = await startServer(t, () => undefined)
  const transport = createTransport({})
  t.teardown(() => transport.close())
  const exchange = createExchange({ transport, now: Date.now, random: Math.random, deadlineMs: 50 })
  const peer = peerOf(identity(`${server.url}/v2`))
  const refusal = await exchange(peer, { op: 'describe-item', base: '/v2', fields: {} }, soon()).catch(thrown => thrown)
  t.match(refusal, { why: 'slow', fault: { code: 'GatewayUnreachable', message: /did not answer within 50 ms$/ } })
  t.equal(server.paths.length, 1)
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
    client.list(who, {}, leaver.signal),
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

import { createServer, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import t, { type Test } from 'tap'
import { proxiesOf } from '#akeyless'
import { isLocalAddress } from '#core'
import { createRoute } from '../../../pkg/akeyless/proxy.ts'
import { parseGateway } from '../../../pkg/akeyless/url.ts'
import { startGateway, testSeed } from '../../support/gateway.ts'
import { issue, otherKeys, pem, tls } from './certificates.ts'
import { faultIn, identity, read, refs, soon, startClient, textOf } from './client.ts'

const ca = issue({ name: 'test ca' })
const otherCa = issue({ name: 'other ca', pair: otherKeys })
const good = issue({ name: 'gw', issuer: ca, dns: ['gw.example.com'] })

interface Seen {
  readonly target: string
  readonly authorization: string | undefined
}

/** A proxy on loopback that leads every tunnel and every forwarded call to `port`, whatever was asked for. */
const startProxy = async (t: Test, port: number, answer: { status?: number } = {}) => {
  const seen: Seen[] = []
  const note = (target: string, headers: Record<string, unknown>) =>
    seen.push({ target, authorization: headers['proxy-authorization'] as string | undefined })
  const server = createServer((from, to) => {
    note(from.url ?? '', from.headers)
    const { pathname } = new URL(from.url ?? '')
    const onward = request({ host: '127.0.0.1', port, path: pathname, method: from.method }, reply => {
      to.writeHead(reply.statusCode ?? 0, reply.headers)
      reply.pipe(to)
    })
    from.pipe(onward)
  })
  server.on('connect', (from, socket, head) => {
    note(from.url ?? '', from.headers)
    socket.on('error', () => undefined)
    if (answer.status) {
      socket.end(`HTTP/1.1 ${answer.status} canary\r\n\r\n`)
      return
    }
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.write(head)
      onward.pipe(socket).pipe(onward)
    })
    onward.on('error', () => socket.destroy())
    t.teardown(() => onward.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

const portOf = (url: string) => Number(new URL(url).port)

const startTls = async (t: Test) => {
  const gateway = await startGateway(t, testSeed, { tls: tls(good) })
  return { gateway, port: portOf(gateway.url) }
}

t.test('a gateway is reached through the proxy, with the CA of the store checked end to end', async t => {
  const { port, gateway } = await startTls(t)
  const proxy = await startProxy(t, port)
  const client = startClient(t, {
    proxies: { https: proxy.url },
    addressAllowed: address => !isLocalAddress(address),
  })
  const who = { ...identity('https://gw.example.com:8000'), ca: pem(ca) }
  t.same((await read(client, who, refs('/apps/db-password'))).map(textOf), ['s3cr3t'])
  await read(client, who, refs('/apps/rotated'))
  t.same([...new Set(proxy.seen.map(({ target }) => target))], ['gw.example.com:8000'])
  t.ok(gateway.connections() <= 2, 'tunnels are kept')

  const calls = gateway.journal().length
  for (const [why, wrong] of [
    ['another CA', { ...who, ca: pem(otherCa) }],
    ['the system’s roots', identity('https://gw.example.com:8000')],
    ['another name', { ...who, gateway: 'https://other.example.com:8000' }],
  ] as const)
    t.match(await faultIn(client.login(wrong, soon())), { code: 'GatewayUntrusted' }, why)
  t.equal(gateway.journal().length, calls, 'no byte of a request was sent')
})

t.test('a proxy that asks for a password is given the one in its URL', async t => {
  const { port } = await startTls(t)
  const proxy = await startProxy(t, port)
  const client = startClient(t, { proxies: { https: proxy.url.replace('//', '//us%40er:p%3Aw@') } })
  await client.login({ ...identity('https://gw.example.com'), ca: pem(ca) }, soon())
  const authorization = `Basic ${Buffer.from('us@er:p:w').toString('base64')}`
  t.same(proxy.seen, [{ target: 'gw.example.com:443', authorization }])
})

t.test('a gateway without TLS is reached by a proxy that forwards', async t => {
  const gateway = await startGateway(t)
  const proxy = await startProxy(t, portOf(gateway.url))
  const client = startClient(t, { proxies: { http: proxy.url } })
  t.same((await read(client, identity('http://gw.example.com/v2'), refs('/apps/db-password'))).map(textOf), ['s3cr3t'])
  t.equal(proxy.seen[0]?.target, 'http://gw.example.com/v2/auth')
})

t.test('an address that must not be called is refused though a proxy would lead to it', async t => {
  const proxy = await startProxy(t, 1)
  const proxies = { https: proxy.url, http: proxy.url }
  const client = startClient(t, { proxies, addressAllowed: address => !isLocalAddress(address) })
  const hosts = ['169.254.169.254', '2852039166', '127.0.0.1', 'localhost', '[::1]', '[::ffff:a9fe:a9fe]']
  for (const host of hosts)
    for (const scheme of ['http', 'https'])
      t.match(
        await faultIn(client.login(identity(`${scheme}://${host}:9`), soon())),
        { code: 'GatewayUnreachable', message: /must not be called/ },
        `${scheme} ${host}`,
      )
  t.match(await faultIn(client.login(identity('https://localhost.:9'), soon())), { code: 'GatewayUnreachable' })
  t.same(proxy.seen, [])
})

t.test('--resolve goes past the proxy', async t => {
  const { port } = await startTls(t)
  const plain = portOf((await startGateway(t)).url)
  const proxy = await startProxy(t, port)
  const resolve = new Map([
    ['gw.example.com:443', { host: '127.0.0.1', port }],
    ['gw.example.com:80', { host: '127.0.0.1', port: plain }],
  ])
  const client = startClient(t, { proxies: { https: proxy.url, http: proxy.url }, resolve })
  await client.login({ ...identity('https://gw.example.com'), ca: pem(ca) }, soon())
  await client.login(identity('http://gw.example.com'), soon())
  t.same(proxy.seen, [])
})

t.test('a proxy that does not do its work is told from the gateway', async t => {
  const login = async (https: string) =>
    await faultIn(startClient(t, { proxies: { https } }).login(identity('https://gw.example.com'), soon()))
  t.match(await login((await startProxy(t, 1, { status: 407 })).url), {
    code: 'GatewayUnreachable',
    message: 'gateway gw.example.com: its proxy asks for a user and a password',
    remedy: /HTTPS_PROXY/,
  })
  const refused = await login((await startProxy(t, 1, { status: 503 })).url)
  t.match(refused, {
    code: 'GatewayUnreachable',
    message: 'gateway gw.example.com: its proxy answers HTTP 503',
    remedy: /NO_PROXY/,
  })
  t.notMatch(refused.line(), /canary/)
  t.match(await login('http://127.0.0.1:1'), {
    message: 'gateway gw.example.com: its proxy does not answer: connection refused',
  })
})

t.test('NO_PROXY means what it means to Go programs', async t => {
  const cases: readonly (readonly [no: string, url: string, direct: boolean])[] = [
    ['example.com', 'https://example.com', true],
    ['example.com', 'https://gw.example.com', true],
    ['EXAMPLE.com ', 'https://gw.Example.com', true],
    ['example.com', 'https://badexample.com', false],
    ['.example.com', 'https://gw.example.com', true],
    ['.example.com', 'https://example.com', false],
    ['*.example.com', 'https://gw.example.com', true],
    ['*.example.com', 'https://example.com', false],
    ['example.com:8000', 'https://example.com:8000', true],
    ['example.com:8000', 'https://example.com', false],
    ['example.com:443', 'https://example.com', true],
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.0.0.0/8', 'https://ten.example.com', false],
    ['10.1.2.3', 'https://10.1.2.3:8000', true],
    ['10.1.2.3:8000', 'https://10.1.2.3:8000', true],
    ['10.1.2.3:8000', 'https://10.1.2.3', false],
    ['fd00::/8', 'https://[fd00::1]', true],
    ['fd00:0::1', 'https://[fd00::1]', true],
    ['[fd00::1]:8000', 'https://[fd00::1]:8000', true],
    ['[fd00::1]:8000', 'https://[fd00::1]', false],
    ['*', 'https://gw.example.com', true],
    ['', 'https://gw.example.com', false],
    [' , 10.0.0.0/99, /, gw', 'https://gw.example.com', false],
    ['', 'https://localhost:8000', true],
    ['', 'https://127.3.2.1', true],
    ['', 'https://[::1]', true],
  ]
  for (const [no, url, direct] of cases) {
    const route = createRoute({ https: 'http://proxy:3128', no: no.split(',') })
    t.equal(route(parseGateway(url)) === undefined, direct, `${no} and ${url}`)
  }
})

t.test('the environment is read in upper and lower case, and a proxy may lack its scheme', async t => {
  const env = {
    HTTPS_PROXY: 'https://up:3128',
    https_proxy: 'http://low',
    http_proxy: 'low:3128',
    NO_PROXY: '',
    no_proxy: 'a,b',
  }
  const proxies = proxiesOf(env)
  t.same(proxies, { https: 'https://up:3128', http: 'low:3128', no: ['a', 'b'] })
  t.equal(createRoute(proxies)(parseGateway('http://gw'))?.href, 'http://low:3128/')
  t.equal(createRoute(proxies)(parseGateway('https://gw'))?.href, 'https://up:3128/')
  t.same(proxiesOf({}), {})
  t.equal(createRoute({})(parseGateway('https://gw')), undefined)
})

t.test('what is no HTTP proxy is refused at the start, without its text', async t => {
  for (const https of ['socks5://user:canary@proxy', 'http://', 'http://user:canary@:x', 'canary proxy'])
    t.throws(
      () => startClient(t, { proxies: { https } }),
      { code: 'ConfigInvalid', message: /^HTTPS_PROXY names no HTTP proxy$/ },
      https,
    )
})

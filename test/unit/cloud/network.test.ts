import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls'
import t from 'tap'
import { startAwsImds } from '../../support/cloud/aws-metadata.ts'
import { startSts } from '../../support/cloud/sts.ts'
import {
  application,
  awsKeys,
  certificateFor,
  cloudIn,
  cluster,
  faultIn,
  podToken,
  role,
  soon,
  subject,
  tenant,
  textOf,
} from './cloud.ts'

const listening = async (t: { teardown(end: () => unknown): unknown }, server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** A proxy that lets nobody through, and tells who asked. */
const refusingProxy = async (t: { teardown(end: () => unknown): unknown }) => {
  const asked: string[] = []
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    socket.once('data', data => {
      asked.push(data.toString().split('\r\n')[0] ?? '')
      socket.end('HTTP/1.1 407 canary-proxy-words\r\ncontent-length: 0\r\n\r\n')
    })
  })
  return { url: `http://canary-user:canary-pass@127.0.0.1:${await listening(t, server)}`, asked }
}

t.test('the public endpoints are asked through the proxy of the environment, which NO_PROXY lifts', async t => {
  const proxy = await refusingProxy(t)
  const web = { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: '/token', AWS_REGION: 'eu-west-1' }
  const files = { '/token': podToken() }
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY']) {
    const fault = await faultIn(cloudIn({ env: { ...web, [name]: proxy.url }, files }).aws({}, soon()))
    t.match(fault, {
      code: 'IdentityUnavailable',
      message: 'AWS STS does not answer: the proxy does not let us through',
    })
    t.notMatch(JSON.stringify(fault) + fault.stack, /canary/)
    t.match(proxy.asked.pop(), /^CONNECT sts\.eu-west-1\.amazonaws\.com:443 /, name)
  }
  const secret = { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: application, AZURE_CLIENT_SECRET: 'canary' }
  const direct = {
    ...secret,
    HTTPS_PROXY: proxy.url,
    NO_PROXY: 'nobody.invalid',
    AZURE_AUTHORITY_HOST: 'https://nobody.invalid',
  }
  await faultIn(cloudIn({ env: direct }).azure({}, soon()))
  t.same(proxy.asked, [])
  const broken = await faultIn(cloudIn({ env: { ...web, HTTPS_PROXY: 'canary' }, files }).aws({}, soon()))
  t.equal(broken.message, 'HTTPS_PROXY or HTTP_PROXY is no URL of a proxy')
})

/** A TLS server in front of a plain one, with a certificate of its own authority for one name. */
const tlsBefore = async (t: { teardown(end: () => unknown): unknown }, name: string, url: string): Promise<number> => {
  const { key, cert } = certificateFor(name)
  setDefaultCACertificates([...getCACertificates('default'), cert])
  const server = createTlsServer({ key, cert }, socket => {
    const plain = connect(Number(new URL(url).port), '127.0.0.1')
    for (const each of [socket, plain]) each.on('error', () => undefined)
    socket.pipe(plain).pipe(socket)
  })
  server.on('tlsClientError', () => undefined)
  return listening(t, server)
}

/** A proxy that opens every tunnel to the same port. */
const tunnel = (t: { teardown(end: () => unknown): unknown }, port: number): Promise<number> =>
  listening(
    t,
    createServer(socket => {
      socket.once('data', () => {
        const there = connect(port, '127.0.0.1')
        for (const each of [socket, there]) each.on('error', () => undefined)
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        socket.pipe(there).pipe(socket)
      })
    }),
  )

t.test('through a proxy, TLS is spoken with the service and its name is checked', async t => {
  const sts = await startSts(t, { roles: new Map([[role, { issuer: cluster, subject }]]) })
  const web = { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: '/token', AWS_REGION: 'eu-west-1' }
  const login = async (name: string) => {
    const port = await tunnel(t, await tlsBefore(t, name, sts.url))
    const env = { ...web, HTTPS_PROXY: `http://127.0.0.1:${port}` }
    return cloudIn({ env, files: { '/token': podToken() } }).aws({}, soon())
  }
  t.equal(await sts.whoami(textOf(await login('sts.eu-west-1.amazonaws.com'))), `${role}/latchkey`)
  const fault = await faultIn(login('evil.example'))
  t.equal(fault.message, 'AWS STS has a certificate that is not trusted')
})

t.test('hosts of this machine are never asked through a proxy', async t => {
  const proxy = await refusingProxy(t)
  const imds = await startAwsImds(t, { keys: awsKeys(), role: 'node' })
  const env = { HTTP_PROXY: proxy.url, http_proxy: proxy.url, HTTPS_PROXY: proxy.url, ALL_PROXY: proxy.url }
  const cloud = cloudIn({ env, origins: { 'http://169.254.169.254': imds.url } })
  await t.resolves(cloud.aws({}, soon()))
  t.same(proxy.asked, [])
  t.notOk(imds.seen.some(({ headers }) => headers['x-forwarded-for'] ?? headers['proxy-authorization']))
})

t.test('a connection that breaks off, and bytes that are no HTTP, are told', async t => {
  const cut = await listening(
    t,
    createServer(socket => socket.destroy()),
  )
  const noise = await listening(
    t,
    createServer(socket => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end('canary canary canary\r\n\r\n'))
    }),
  )
  const web = { env: { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: '/token' }, files: { '/token': podToken() } }
  const ask = (port: number) =>
    faultIn(cloudIn({ ...web, origins: { 'https://sts.amazonaws.com': `http://127.0.0.1:${port}` } }).aws({}, soon()))
  t.equal((await ask(cut)).message, 'AWS STS does not answer: the connection broke off')
  t.equal((await ask(noise)).message, 'AWS STS answers with something that is no HTTP')
})

t.test('a server without a trusted certificate is not told who we are', async t => {
  const seen: string[] = []
  const plain = await listening(
    t,
    createServer(socket => {
      socket.on('error', () => undefined)
      socket.on('data', data => seen.push(data.toString('latin1')))
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\n'))
    }),
  )
  const env = { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: '/token' }
  const token = podToken()
  const origins = { 'https://sts.amazonaws.com': `https://127.0.0.1:${plain}` }
  const fault = await faultIn(cloudIn({ env, files: { '/token': token }, origins }).aws({}, soon()))
  t.match(fault, { code: 'IdentityUnavailable', message: 'AWS STS has a certificate that is not trusted' })
  t.notMatch(seen.join(''), token.slice(0, 20))
})

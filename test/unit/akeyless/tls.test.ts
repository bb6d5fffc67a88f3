import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import t, { type Test } from 'tap'
import type { Identity } from '#api'
import { startGateway, testSeed } from '../../support/gateway.ts'
import { issue, otherKeys, type Pair, pem, tls } from './certificates.ts'
import { faultIn, identity, read, refs, soon, startClient, textOf } from './client.ts'

const day = 24 * 3600e3

const ca = issue({ name: 'test ca' })
const otherCa = issue({ name: 'other ca', pair: otherKeys })
const good = issue({ name: 'gw', issuer: ca, dns: ['gw.example.com'] })
const trusting = (url: string, root: Pair | undefined): Identity => ({
  ...identity(url),
  ...(root && { ca: pem(root) }),
})

/** A TLS gateway, reached under the name gw.example.com. */
const start = async (scope: Test, pair: Pair, name = 'gw.example.com') => {
  const gateway = await startGateway(scope, testSeed, { tls: tls(pair) })
  const port = Number(new URL(gateway.url).port)
  return {
    gateway,
    url: `https://${name}:${port}`,
    resolve: new Map([[`${name}:${port}`, { host: '127.0.0.1', port }]]),
  }
}

t.test(
  'a gateway whose CA the store names is trusted, and its name is checked though it is resolved elsewhere',
  async t => {
    const { url, resolve, gateway } = await start(t, good)
    const client = startClient(t, { resolve })
    t.same((await read(client, trusting(url, ca), refs('/apps/db-password'))).map(textOf), ['s3cr3t'])
    await read(client, trusting(url, ca), refs('/apps/rotated'))
    t.ok(gateway.connections() <= 2)
  },
)

t.test('a gateway that cannot prove itself gets no byte of a request', async t => {
  const cases: readonly { name: string; pair: Pair; root?: Pair; host?: string; message: RegExp; remedy?: RegExp }[] = [
    { name: 'another CA', pair: good, root: otherCa, message: /signed by an unknown CA/, remedy: /caBundle/ },
    { name: 'the roots of the system', pair: good, message: /signed by an unknown CA/, remedy: /caBundle/ },
    {
      name: 'a certificate for another name',
      pair: good,
      root: ca,
      host: 'other.example.com',
      message: /another name/,
      remedy: /name/,
    },
    {
      name: 'an expired certificate',
      pair: issue({ name: 'old', issuer: ca, dns: ['gw.example.com'], from: -2 * day, to: -day }),
      root: ca,
      message: /expired/,
    },
    {
      name: 'a certificate of tomorrow',
      pair: issue({ name: 'new', issuer: ca, dns: ['gw.example.com'], from: day, to: 2 * day }),
      root: ca,
      message: /not valid yet/,
    },
    {
      name: 'a self-signed certificate',
      pair: issue({ name: 'self', dns: ['gw.example.com'] }),
      root: otherCa,
      message: /unknown CA/,
      remedy: /caBundle/,
    },
  ]
  for (const { name, pair, root, host, message, remedy } of cases) {
    await t.test(name, async t => {
      const { gateway, url, resolve } = await start(t, pair, host)
      const fault = await faultIn(startClient(t, { resolve }).login(trusting(url, root), soon()))
      t.equal(fault.code, 'GatewayUntrusted')
      t.match(fault.message, message)
      if (remedy) t.match(fault.remedy, remedy)
      t.same(gateway.journal(), [])
    })
  }
})

t.test('a connection made under one CA does not serve a store with another', async t => {
  const { gateway, url, resolve } = await start(t, good)
  const client = startClient(t, { resolve })
  await client.login(trusting(url, ca), soon())
  t.equal((await faultIn(read(client, trusting(url, otherCa), refs('/apps/db-password')))).code, 'GatewayUntrusted')
  t.equal((await faultIn(client.login(trusting(url, undefined), soon()))).code, 'GatewayUntrusted')
  t.equal(gateway.journal().length, 1)
})

t.test('a CA that is no certificate is said to be none', async t => {
  const { url, resolve } = await start(t, good)
  const who = { ...identity(url), ca: 'canary, not PEM' }
  const fault = await faultIn(startClient(t, { resolve }).login(who, soon()))
  t.match(fault, { code: 'GatewayUntrusted', message: /CA .* no PEM certificate/, remedy: /caBundle/ })
  t.notMatch(fault.line(), /canary/)
})

t.test('TLS below 1.2, and no TLS at all, are refused', async t => {
  const old = createTlsServer({
    ...tls(good),
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  old.on('tlsClientError', () => undefined)
  old.listen(0, '127.0.0.1')
  await once(old, 'listening')
  t.teardown(() => old.close())
  const plain = await startGateway(t)
  for (const port of [(old.address() as AddressInfo).port, Number(new URL(plain.url).port)]) {
    const resolve = new Map([[`gw.example.com:${port}`, { host: '127.0.0.1', port }]])
    const fault = await faultIn(
      startClient(t, { resolve }).login(trusting(`https://gw.example.com:${port}`, ca), soon()),
    )
    t.equal(fault.code, 'GatewayUntrusted', fault.line())
  }
})

// The services of the clouds under their own names: a proxy that leads to their counterparts, over TLS of a CA of the test's own.
import { createServer as createProxyServer, request as forward } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Server } from 'node:net'
import { issueCa, issueLeaf, randomSources } from '#certs'
import type { Scope } from './serve.ts'

export interface Front {
  /** For HTTPS_PROXY. */
  readonly proxy: string
  /** PEM. */
  readonly ca: string
  /** `host:port` of every CONNECT, those of unknown hosts too. */
  readonly asked: string[]
}

const listen = (t: Scope, server: Server & { closeAllConnections(): void }): Promise<number> => {
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise(done => server.close(done))
  })
  return new Promise(
    done => server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port)), // a TCP server that listens
  )
}

/** `services` maps host names to the URLs of their counterparts; every other host is refused. */
export const startCloudFront = async (t: Scope, services: Readonly<Record<string, string>>): Promise<Front> => {
  const hosts = new Map(Object.entries(services))
  const sources = randomSources()
  const now = new Date()
  const ca = await issueCa({ sources, now })
  const leaf = await issueLeaf({ ca, sources, now, names: { dns: [...hosts.keys()], ip: [] } })
  const front = createTlsServer({ cert: leaf.cert, key: leaf.key.reveal() }, (request, response) => {
    const { method, url = '/', headers } = request
    const onward = forward(new URL(url, hosts.get(headers.host ?? '')), { method, headers, agent: false }, answer => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  const port = await listen(t, front)
  const asked: string[] = []
  const proxy = createProxyServer().on('connect', (request, client) => {
    const to = request.url ?? ''
    asked.push(to)
    client.on('error', () => {})
    if (!to.endsWith(':443') || !hosts.has(to.replace(/:443$/, ''))) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n')
      return
    }
    const server = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      client.pipe(server).pipe(client)
    })
    server.on('error', () => client.destroy())
    t.teardown(() => {
      server.destroy()
      client.destroy()
    })
  })
  return { proxy: `http://127.0.0.1:${await listen(t, proxy)}`, ca: ca.cert, asked }
}

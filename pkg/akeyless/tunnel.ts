import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'

/** A proxy that does not do its work: `status` is what it answered CONNECT with, `cause` why there was no answer. */
export class ProxyFailure extends Error {
  override readonly name = 'ProxyFailure'
  readonly status: number | undefined

  constructor(status: number | undefined, cause?: unknown) {
    super('the proxy failed', { cause })
    this.status = status
  }
}

/** What a proxy that asks for a password is shown; empty where its URL carries none. */
export const proxyAuthorization = ({ username, password }: URL): Readonly<Record<string, string>> => {
  if (!username && !password) return {}
  const word = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(word).toString('base64')}` }
}

const timedOut = (): NodeJS.ErrnoException => Object.assign(new Error('no tunnel in time'), { code: 'ETIMEDOUT' })

/** A connection through an HTTP proxy to `host:port`, on which nothing was sent yet. Rejects with ProxyFailure. */
export const openTunnel = (proxy: URL, target: string, timeoutMs: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const { request } = proxy.protocol === 'https:' ? https : http
    const connect = request({
      hostname: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...proxyAuthorization(proxy) },
      agent: false,
      // said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch it off
      rejectUnauthorized: true,
    })
    const timer = setTimeout(() => connect.destroy(timedOut()), timeoutMs)
    connect.once('close', () => clearTimeout(timer))
    connect.once('error', cause => reject(new ProxyFailure(undefined, cause)))
    connect.once('connect', ({ statusCode = 0 }, socket: Socket, head) => {
      clearTimeout(timer)
      if (statusCode < 200 || statusCode >= 300) {
        socket.destroy()
        return reject(new ProxyFailure(statusCode))
      }
      // a server that speaks first is no TLS server, but let TLS find that out
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
    })
    connect.end()
  })

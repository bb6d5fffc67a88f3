import { LRUCache } from 'lru-cache'
import { type Dispatcher, Pool } from 'undici'
import { Fault } from '#core'
import { createConnector, createForwarder, type DialOptions } from './dial.ts'
import type { Names } from './names.ts'
import { createRoute } from './proxy.ts'
import { Refusal } from './refusal.ts'
import { proxyAuthorization } from './tunnel.ts'
import { unreachable } from './unreachable.ts'
import type { Gateway } from './url.ts'
import type { Answer } from './verdict.ts'

/** A gateway as seen with one set of roots; connections are never shared across two of them (security.md T25). */
export interface Line {
  readonly gateway: Gateway
  readonly ca: string | undefined
  /** Digest of origin and CA. */
  readonly key: string
}

export interface Post {
  readonly path: string
  readonly body: Buffer
  /** Longest answer that is read. Bytes. */
  readonly limit: number
}

/** One HTTP exchange. Throws Refusal, or the signal's reason. */
export interface Transport {
  post(line: Line, post: Post, signal: AbortSignal): Promise<Answer>
  close(): Promise<void>
}

/** Calls to one gateway at once (security.md F2); gate.ts queues what is beyond. */
export const callsAtOnce = 16

const text = (header: string | string[] | undefined): string =>
  Array.isArray(header) ? header.join(',') : (header ?? '')

const readBody = async (body: Dispatcher.ResponseData['body'], limit: number, host: string): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    // leaving the loop destroys the stream and with it the connection
    if (size > limit) {
      throw new Refusal(
        'large',
        new Fault('GatewayAnswerInvalid', `gateway ${host} answered with more than ${limit / 1024 / 1024} MiB`),
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Connections to one gateway, and how a request on them names it. */
interface Lane {
  readonly pool: Pool
  /** In front of each path: a proxy is told the whole URL. */
  readonly prefix: string
  readonly headers: Readonly<Record<string, string>>
}

// calls in flight end by themselves; a pool that is destroyed already has nothing to close
const retire = ({ pool }: Lane): void => {
  pool.close().catch(() => undefined)
}

const bounds = { connections: callsAtOnce, pipelining: 1 } as const

/** Throws ConfigInvalid where a proxy is no URL. */
export const createTransport = (options: DialOptions, names: Names): Transport => {
  // a pool without traffic holds no socket; the bound only matters to a cluster whose stores keep changing
  const lanes = new LRUCache<string, Lane>({ max: 500, dispose: retire })
  const route = createRoute(options.proxies)

  const open = ({ gateway, ca }: Line): Lane => {
    const { origin, hostname, port, host } = gateway
    const proxy = options.resolve?.has(`${hostname}:${port}`) ? undefined : route(gateway)
    if (proxy && origin.startsWith('http:')) {
      const pool = new Pool(proxy.origin, { ...bounds, connect: createForwarder(gateway, options) })
      return { pool, prefix: origin, headers: { host, ...proxyAuthorization(proxy) } }
    }
    const connect = createConnector(gateway, ca, options, names, proxy)
    return { pool: new Pool(origin, { ...bounds, connect }), prefix: '', headers: {} }
  }

  const laneOf = (line: Line): Lane => {
    const known = lanes.get(line.key)
    if (known) return known
    const lane = open(line)
    lanes.set(line.key, lane)
    return lane
  }

  let closed = false
  return {
    async post(line, { path, body, limit }, signal) {
      const { host } = line.gateway
      if (closed) throw new Refusal('slow', new Fault('GatewayUnreachable', 'the client is closed'))
      try {
        const { pool, prefix, headers } = laneOf(line)
        // by path, not by URL: a base path such as //elsewhere stays a path
        const answer = await pool.request({
          path: prefix + path,
          method: 'POST',
          headers: {
            ...headers,
            'content-type': 'application/json',
            accept: 'application/json',
            'accept-encoding': 'identity',
            'user-agent': 'latchkey',
          },
          body,
          signal,
        })
        return {
          status: answer.statusCode,
          contentType: text(answer.headers['content-type']),
          encoding: text(answer.headers['content-encoding']),
          retryAfter: text(answer.headers['retry-after']) || undefined,
          body: await readBody(answer.body, limit, host),
        }
      } catch (thrown) {
        signal.throwIfAborted()
        throw thrown instanceof Refusal ? thrown : unreachable(thrown, host)
      }
    },
    async close() {
      closed = true
      const open = [...lanes.values()]
      await Promise.all(open.map(({ pool }) => pool.destroy()))
      lanes.clear()
    },
  }
}

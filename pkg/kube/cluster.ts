import { type Dispatcher, request as send } from 'undici'
import { type Access, type Credentials, credentials, loadConfig, type Source } from './access.ts'
import { type Backoff, backoff } from './backoff.ts'
import { type Deadline, deadline, pause } from './deadline.ts'
import { KubeError, statusError, transportError } from './error.ts'

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** From the root of the API: `/api/v1/namespaces/a/secrets`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: unknown
  /** Default application/json. */
  readonly contentType?: string
  readonly accept?: string
  readonly signal: AbortSignal
  /** For all tries together. Default 15 s. */
  readonly timeoutMs?: number
  /** Connections of its own, which no other request holds up. */
  readonly pool?: 'leases'
}

export interface Cluster {
  /** Base URL of the API server. */
  readonly server: string
  /** The parsed JSON as it came over the wire, no field dropped or changed. Throws KubeError, or the signal's reason. */
  request(request: KubeRequest): Promise<unknown>
  /** An open answer, read as it comes: a watch. One try; `limit` ends it. Throws KubeError before the first byte. */
  open(request: KubeRequest, limit: Deadline): Promise<AsyncIterable<Uint8Array>>
  close(): Promise<void>
}

export interface ConnectOptions {
  readonly source: Source
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly random: () => number
  readonly userAgent?: string
}

interface Wire {
  readonly server: string
  readonly userAgent: string
  readonly access: Credentials
  readonly random: () => number
}

const timeout = (): KubeError => new KubeError({ status: 0, reason: 'Timeout' })

const urlOf = (server: string, { path, query }: KubeRequest): string => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) search.set(name, String(value))
  return `${server}${path}${search.size ? `?${search}` : ''}`
}

const call = async (wire: Wire, request: KubeRequest, signal: AbortSignal, pool?: 'watches') => {
  const access: Access = await wire.access.get()
  const headers: Record<string, string> = {
    ...access.headers,
    accept: request.accept ?? 'application/json',
    'user-agent': wire.userAgent,
  }
  if (request.body !== undefined) headers['content-type'] = request.contentType ?? 'application/json'
  return send(urlOf(wire.server, request), {
    dispatcher: access[pool ?? request.pool ?? 'requests'],
    method: request.method,
    headers,
    body: request.body === undefined ? null : JSON.stringify(request.body),
    signal,
  })
}

const parse = (text: string, status: number): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    // the text stays out of the error: it may hold a Secret
    if (status >= 400) return undefined
    throw new KubeError({ status: 0, reason: 'Garbled' })
  }
}

const retryAfter = (headers: Dispatcher.ResponseData['headers']): number | undefined => {
  const seconds = Number(headers['retry-after'])
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined
}

const answer = async (response: Dispatcher.ResponseData): Promise<unknown> => {
  const body = parse(await response.body.text(), response.statusCode)
  if (response.statusCode < 400) return body
  throw statusError(body, response.statusCode, retryAfter(response.headers))
}

// A read is repeated whenever that can help. A write only where it cannot have happened: turned away, or never connected.
const worthAnotherTry = (error: KubeError, method: KubeRequest['method']): boolean => {
  const silent = error.status === 0
  return method === 'GET'
    ? error.status === 429 || error.status >= 500 || (silent && ['Refused', 'Reset', 'Timeout'].includes(error.reason))
    : (silent && error.reason === 'Refused') || (error.status === 429 && error.retryAfterMs !== undefined)
}

const tries = 4

const attempt = async (wire: Wire, request: KubeRequest, limit: Deadline, waits: Backoff, left: number) => {
  try {
    return { body: await answer(await call(wire, request, limit.signal)) }
  } catch (thrown) {
    if (limit.signal.aborted) throw limit.signal.reason
    const error = transportError(thrown)
    if (error.status === 401 || error.reason === 'Untrusted') wire.access.expire()
    if (left === 0 || !worthAnotherTry(error, request.method)) throw error
    await pause(Math.max(waits.next(), error.retryAfterMs ?? 0), limit.signal)
    if (limit.signal.aborted) throw request.signal.aborted ? request.signal.reason : error
    return undefined
  }
}

const exchange = async (wire: Wire, request: KubeRequest): Promise<unknown> => {
  const limit = deadline(request.signal, request.timeoutMs ?? 15_000, timeout)
  const waits = backoff({ minMs: 100, maxMs: 2_000, random: wire.random })
  try {
    for (let left = tries - 1; ; left -= 1) {
      const done = await attempt(wire, request, limit, waits, left)
      if (done) return done.body
    }
  } finally {
    limit.clear()
  }
}

const stream = async (wire: Wire, request: KubeRequest, limit: Deadline): Promise<AsyncIterable<Uint8Array>> => {
  try {
    const response = await call(wire, request, limit.signal, 'watches')
    if (response.statusCode !== 200) await answer(response)
    return response.body
  } catch (thrown) {
    if (limit.signal.aborted) throw limit.signal.reason
    const error = transportError(thrown)
    if (error.status === 401 || error.reason === 'Untrusted') wire.access.expire()
    throw error
  }
}

/**
 * The API server as raw JSON over two shared pools (docs/adr/0004-raw-json.md). client-node gives configuration and credentials.
 * Throws Fault where the kubeconfig cannot be used; does not connect yet.
 */
export const connect = (options: ConnectOptions): Cluster => {
  const config = loadConfig(options.source)
  const server = (config.getCurrentCluster()?.server ?? '').replace(/\/+$/, '')
  const access = credentials(config, options.now)
  const wire: Wire = { server, access, random: options.random, userAgent: options.userAgent ?? 'latchkey' }
  return {
    server,
    request: request => exchange(wire, request),
    open: (request, limit) => stream(wire, request, limit),
    close: () => access.close(),
  }
}

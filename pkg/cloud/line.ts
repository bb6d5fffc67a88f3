import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici'
import type { Sensitive } from '#core'
import { headersOf, opened } from './opened.ts'
import { reasonOf } from './reason.ts'
import { unavailable } from './unavailable.ts'

type Words = Readonly<Record<string, string | Sensitive>>

/** One request to a service that knows who we are. */
export interface Call {
  /** Who is asked, for messages. */
  readonly who: string
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: string
  /** `local` hosts belong to this machine and are never asked through a proxy. */
  readonly place: 'local' | 'public'
  readonly headers?: Words
  /** The body, sent as application/x-www-form-urlencoded. */
  readonly form?: Words
  /** A shorter patience than the usual. Milliseconds. */
  readonly withinMs?: number
}

export interface Answer {
  readonly status: number
  /** A header by its lower-case name; '' where there is none. */
  readonly header: (name: string) => string
  readonly body: Buffer
}

/** Sends one request and reads the answer. Throws IdentityUnavailable, or the signal's reason. */
export type Line = (call: Call, signal: AbortSignal) => Promise<Answer>

export interface Patience {
  /** Until a host of this machine accepts. Milliseconds. */
  readonly connectMs: number
  /** Until the answer is read. Milliseconds. */
  readonly totalMs: number
}

interface Options {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly patience: Patience
  /** Where to ask instead of an origin: tests only. */
  readonly origins: ReadonlyMap<string, string>
}

// tokens have 1 to 8 KiB; nobody has reason to say more
const longest = 64 * 1024

// calls are minutes apart: a connection that stays open serves nobody
const brief = { pipelining: 0, maxHeaderSize: 16 * 1024 }
const tls = { minVersion: 'TLSv1.2', rejectUnauthorized: true } as const

const readBody = async (body: Dispatcher.ResponseData['body'], who: string): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    // leaving the loop destroys the connection
    if (size > longest) throw unavailable(`${who} answers with more than ${longest / 1024} KiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const through = (env: Options['env'], connectMs: number): Dispatcher => {
  // empty texts keep undici from reading the environment of the process by itself
  const either = (name: string) => env[name.toLowerCase()] || env[name] || ''
  try {
    const proxies = { httpProxy: either('HTTP_PROXY'), httpsProxy: either('HTTPS_PROXY'), noProxy: either('NO_PROXY') }
    return new EnvHttpProxyAgent({ ...brief, ...proxies, connect: { ...tls, timeout: connectMs }, requestTls: tls })
  } catch {
    throw unavailable('HTTPS_PROXY or HTTP_PROXY is no URL of a proxy', 'correct the variable, as http://proxy:3128')
  }
}

const elsewhere = (url: URL, origins: Options['origins']): string => {
  const origin = origins.get(url.origin)
  return origin === undefined ? url.href : `${origin}${url.pathname}${url.search}`
}

/** Redirects are not followed (security.md T3), answers are read to 64 KiB, nothing of an answer gets into a message (T2). */
export const createLine = ({ env, patience, origins }: Options): Line => {
  const local = new Agent({ ...brief, connect: { ...tls, timeout: patience.connectMs } })
  let shared: Dispatcher | undefined
  const publicly = (): Dispatcher => {
    shared ??= through(env, patience.totalMs)
    return shared
  }

  const send = async ({ who, method, url, place, headers = {}, form }: Call, signal: AbortSignal): Promise<Answer> => {
    const target = new URL(url)
    const answer = await request(elsewhere(target, origins), {
      dispatcher: place === 'local' ? local : publicly(),
      method,
      headers: {
        host: target.host,
        accept: '*/*',
        'accept-encoding': 'identity',
        'user-agent': 'latchkey',
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...headersOf(headers),
      },
      ...(form && { body: new URLSearchParams(opened(form)).toString() }),
      signal,
    })
    const { statusCode: status } = answer
    const body = await readBody(answer.body, who)
    if (status >= 300 && status < 400) throw unavailable(`${who} answers with a redirect, which is never followed`)
    return { status, header: name => String(answer.headers[name] ?? ''), body }
  }

  return async (call, signal) => {
    const longestMs = Math.min(patience.totalMs, call.withinMs ?? patience.totalMs)
    const deadline = AbortSignal.timeout(longestMs)
    try {
      return await send(call, AbortSignal.any([signal, deadline]))
    } catch (thrown) {
      signal.throwIfAborted()
      throw reasonOf(thrown, call.who, deadline.aborted ? longestMs : undefined)
    }
  }
}

import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { type Dispatcher, EnvHttpProxyAgent, errors, interceptors, request } from 'undici'
import type { Env } from './binaries.ts'
import { SetupError } from './setup-error.ts'

/** Why a file could not be had; only `checksum` speaks of bytes that nobody should run. */
export type DownloadTrouble = 'unreachable' | 'answer' | 'truncated' | 'checksum' | 'platform'

export class DownloadError extends SetupError {
  override name = 'DownloadError'
  readonly trouble: DownloadTrouble
  constructor(trouble: DownloadTrouble, message: string) {
    super(message)
    this.trouble = trouble
  }
}

/** In milliseconds: until connected (TLS included), until the answer starts, between two pieces of the body. */
export interface Timeouts {
  readonly connectMs: number
  readonly headersMs: number
  readonly bodyMs: number
}

export interface Site {
  readonly dispatcher: Dispatcher
  readonly timeouts: Timeouts
  readonly signal: AbortSignal | undefined
}

/** Connections for downloads: short connect time, proxies as `env` names them, redirects followed (both sites use them). */
export const dispatcherFor = (env: Env, timeouts: Timeouts): Dispatcher =>
  new EnvHttpProxyAgent({
    // an empty text keeps undici from reading the process environment itself
    httpProxy: env['http_proxy'] ?? env['HTTP_PROXY'] ?? '',
    httpsProxy: env['https_proxy'] ?? env['HTTPS_PROXY'] ?? '',
    noProxy: env['no_proxy'] ?? env['NO_PROXY'] ?? '',
    connectTimeout: timeouts.connectMs,
  }).compose(interceptors.redirect({ maxRedirections: 5, throwOnMaxRedirect: true }))

const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error && typeof error.code === 'string' && error.code !== '') return error.code
  return error.cause ? codeOf(error.cause) : error.name
}

const reasonOf = (error: unknown): string => {
  if (error instanceof errors.ConnectTimeoutError || error instanceof errors.HeadersTimeoutError)
    return `no answer in time (${codeOf(error)})`
  // undici reports a proxy that refuses only in words: "(407)"
  const refused = error instanceof errors.UndiciError ? /\((4\d\d|5\d\d)\)/.exec(error.message) : null
  return refused ? `the proxy answered ${refused[1]}` : codeOf(error)
}

const reach = async (url: string, site: Site): Promise<Dispatcher.ResponseData> => {
  const { host } = new URL(url)
  try {
    return await request(url, {
      dispatcher: site.dispatcher,
      headersTimeout: site.timeouts.headersMs,
      bodyTimeout: site.timeouts.bodyMs,
      signal: site.signal ?? null,
    })
  } catch (error) {
    site.signal?.throwIfAborted()
    const why = `${host} cannot be reached: ${reasonOf(error)}`
    throw new DownloadError('unreachable', `${why} → check the connection and HTTPS_PROXY`)
  }
}

const answer = async (url: string, site: Site): Promise<Dispatcher.ResponseData> => {
  const response = await reach(url, site)
  if (response.statusCode === 200) return response
  response.body.on('error', () => {}).destroy()
  const meaning = response.statusCode === 404 ? ', no such file' : ''
  throw new DownloadError('answer', `${url}: HTTP ${response.statusCode}${meaning} → check the version and the address`)
}

const cut = (url: string, got: number, total: number | undefined, error?: unknown): DownloadError => {
  const of = total === undefined ? '' : ` of ${total}`
  const why = error === undefined ? '' : ` (${codeOf(error)})`
  return new DownloadError('truncated', `${url}: the connection ended after ${got}${of} bytes${why} → try again`)
}

/** A small text file, at most 64 KiB (the checksum lists have 2). */
export const fetchText = async (url: string, site: Site): Promise<string> => {
  const { body } = await answer(url, site)
  const pieces: Buffer[] = []
  let got = 0
  try {
    for await (const piece of body) {
      const bytes: Buffer = piece
      pieces.push(bytes)
      got += bytes.length
      if (got > 64 * 1024) break
    }
  } catch (error) {
    site.signal?.throwIfAborted()
    throw cut(url, got, undefined, error)
  }
  if (got > 64 * 1024) throw new DownloadError('answer', `${url}: not a checksum file, over 64 KiB → check the address`)
  return Buffer.concat(pieces).toString('utf8')
}

/** Writes a file to disk and returns the digest of its bytes; throws when the body ends early. */
export const fetchFile = async (
  url: string,
  target: { path: string; algorithm: 'sha256' | 'sha512'; onBytes: (done: number, total: number | undefined) => void },
  site: Site,
): Promise<string> => {
  const { headers, body } = await answer(url, site)
  const length = Number(headers['content-length'])
  const total = Number.isSafeInteger(length) && length > 0 ? length : undefined
  const hash = createHash(target.algorithm)
  let got = 0
  const file = await open(target.path, 'w', 0o755)
  try {
    for await (const piece of body) {
      const bytes: Buffer = piece
      hash.update(bytes)
      await file.writeFile(bytes)
      got += bytes.length
      target.onBytes(got, total)
    }
  } catch (error) {
    site.signal?.throwIfAborted()
    throw cut(url, got, total, error)
  } finally {
    await file.close()
  }
  if (total !== undefined && got !== total) throw cut(url, got, total)
  return hash.digest('hex')
}

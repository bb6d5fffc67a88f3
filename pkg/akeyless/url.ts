import { Fault, isPublicApi } from '#core'

/** Where calls of one store go: the origin, and the base paths that may lead to the API there, likeliest first. */
export interface Gateway {
  /** `https://gw.example.com:8000`, as WHATWG URL writes it. */
  readonly origin: string
  /** `gw.example.com:8000`, for messages and metrics. */
  readonly host: string
  /** `gw.example.com`, without brackets around an IPv6 address. */
  readonly hostname: string
  readonly port: number
  /** Each is `` or starts with `/` and does not end with it. */
  readonly bases: readonly string[]
}

// base paths are remembered and repeated in messages
const longest = 2000

const invalid = (what: string): Fault =>
  new Fault('SpecInvalid', `akeylessGWApiURL ${what}`, {
    remedy: 'give a URL such as https://gateway.example.com:8000/api/v2',
  })

const basesOf = (url: URL): readonly string[] => {
  const path = url.pathname.replace(/\/+$/, '')
  // `/api` is the folder of the API: ESO replaces it by /v2, and both work
  if (path === '/api') return [path, '/api/v2', '/v2']
  if (path !== '') return [path]
  // all of them serve the API at the root (akeyless.md §1)
  if (isPublicApi(url.hostname)) return ['']
  // a gateway answers V1 at its root: ESO probes it, we learn it from the first login (akeyless.md §4.5)
  return ['', '/v2', '/api/v2']
}

/** Reads a gateway URL as akeyless.md §4.5 says; throws SpecInvalid where it names no gateway. */
export const parseGateway = (text: string): Gateway => {
  if (text.length > longest) throw invalid(`is longer than ${longest} characters`)
  const url = URL.parse(text)
  if (!url) throw invalid('is not a URL')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw invalid('does not start with https://')
  if (url.username || url.password) throw invalid('carries a user name or password')
  if (url.search || url.hash) throw invalid('carries a query or fragment')
  return {
    origin: url.origin,
    host: url.host,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
    bases: basesOf(url),
  }
}

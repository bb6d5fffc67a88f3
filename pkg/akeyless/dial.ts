import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import type { Names } from './names.ts'
import type { Proxies } from './proxy.ts'
import { trustedRoots } from './roots.ts'
import { openTunnel, ProxyFailure } from './tunnel.ts'
import { addressRefused } from './unreachable.ts'
import type { Gateway } from './url.ts'

/** Where to connect instead, by `host:port`; TLS still checks the name in the URL. */
export type Resolve = ReadonlyMap<string, { readonly host: string; readonly port: number }>

export interface DialOptions {
  readonly resolve?: Resolve | undefined
  /** Judges every address before it is dialled; a `resolve` entry is the operator's own word and is not judged. */
  readonly addressAllowed?: ((address: string) => boolean) | undefined
  /**
   * Behind a proxy an address in a URL is still judged, but a name is not: only the proxy knows what it leads to, and whoever
   * set the proxy up answers for that. A `resolve` entry goes past it.
   */
  readonly proxies?: Proxies | undefined
}

// security.md F1; a gateway that needs longer to accept is down
const connectTimeoutMs = 3000
// the proxy, its own name lookup and the gateway behind it
const tunnelTimeoutMs = 6000

const refusedAddress = (): NodeJS.ErrnoException =>
  Object.assign(new Error('address refused'), { code: addressRefused })

/** DNS lookup that refuses a name as soon as one of its addresses is refused: what is checked is what is dialled (T1). */
const guardedLookup =
  (names: Names, allowed: (address: string) => boolean): LookupFunction =>
  (hostname, options, callback) => {
    names.find(hostname).then(
      found => {
        const [first] = found
        if (!first || !found.every(({ address }) => allowed(address))) return callback(refusedAddress(), '', 0)
        return options.all ? callback(null, [...found]) : callback(null, first.address, first.family)
      },
      error => callback(error, '', 0),
    )
  }

const redirected =
  (host: string): LookupFunction =>
  (_hostname, options, callback) =>
    lookup(host, options, callback)

const targetOf = ({ hostname, port }: Gateway): string =>
  hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`

/** An address in the URL is dialled without a lookup, so it is judged by itself. */
const literalRefused = ({ hostname }: Gateway, { addressAllowed }: DialOptions): boolean =>
  addressAllowed !== undefined && isIP(hostname) !== 0 && !addressAllowed(hostname)

const tls = {
  timeout: connectTimeoutMs,
  allowH2: false,
  minVersion: 'TLSv1.2',
  // said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch it off
  rejectUnauthorized: true,
} as const

/**
 * How one pool connects: to the right address, through a proxy where there is one, over TLS 1.2 or later to the gateway itself,
 * trusting the given CA alone where there is one (T25). Throws Refusal.
 */
export const createConnector = (
  gateway: Gateway,
  ca: string | undefined,
  options: DialOptions,
  names: Names,
  proxy?: URL,
): buildConnector.connector => {
  const { resolve, addressAllowed } = options
  const target = resolve?.get(`${gateway.hostname}:${gateway.port}`)
  const trusted = trustedRoots(ca, gateway.host)
  const connect = buildConnector({
    ...tls,
    ...(trusted !== undefined && { ca: trusted }),
    lookup: target ? redirected(target.host) : guardedLookup(names, addressAllowed ?? (() => true)),
  })
  return (request, callback) => {
    if (target) return connect({ ...request, port: String(target.port) }, callback)
    if (literalRefused(gateway, options)) return callback(refusedAddress(), null)
    if (!proxy) return connect(request, callback)
    openTunnel(proxy, targetOf(gateway), tunnelTimeoutMs).then(
      socket => connect({ ...request, httpSocket: socket }, callback),
      error => callback(error, null),
    )
  }
}

/** How a pool connects to the proxy itself, which forwards calls to a gateway without TLS. */
export const createForwarder = (gateway: Gateway, options: DialOptions): buildConnector.connector => {
  const connect = buildConnector(tls)
  return (request, callback) =>
    literalRefused(gateway, options)
      ? callback(refusedAddress(), null)
      : connect(request, (error, socket) =>
          error ? callback(new ProxyFailure(undefined, error), null) : callback(null, socket),
        )
}

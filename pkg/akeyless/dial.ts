import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import type { Names } from './names.ts'
import { trustedRoots } from './roots.ts'
import { addressRefused } from './unreachable.ts'
import type { Gateway } from './url.ts'

/** Where to connect instead, by `host:port`; TLS still checks the name in the URL. */
export type Resolve = ReadonlyMap<string, { readonly host: string; readonly port: number }>

export interface DialOptions {
  readonly resolve?: Resolve | undefined
  /** Judges every address before it is dialled; a `resolve` entry is the operator's own word and is not judged. */
  readonly addressAllowed?: ((address: string) => boolean) | undefined
}

// security.md F1; a gateway that needs longer to accept is down
const connectTimeoutMs = 3000

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

/** How one pool connects: to the right address, over TLS 1.2 or later, trusting the given CA alone where there is one (T25). Throws Refusal. */
export const createConnector = (
  gateway: Gateway,
  ca: string | undefined,
  options: DialOptions,
  names: Names,
): buildConnector.connector => {
  const { resolve, addressAllowed } = options
  const target = resolve?.get(`${gateway.hostname}:${gateway.port}`)
  const trusted = trustedRoots(ca, gateway.host)
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    allowH2: false,
    minVersion: 'TLSv1.2',
    // said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch it off
    rejectUnauthorized: true,
    ...(trusted !== undefined && { ca: trusted }),
    lookup: target ? redirected(target.host) : guardedLookup(names, addressAllowed ?? (() => true)),
  })
  return (request, callback) => {
    if (target) return connect({ ...request, port: String(target.port) }, callback)
    // an address in the URL is dialled without a lookup
    if (addressAllowed && isIP(gateway.hostname) !== 0 && !addressAllowed(gateway.hostname)) {
      return callback(refusedAddress(), null)
    }
    return connect(request, callback)
  }
}

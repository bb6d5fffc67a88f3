import { errors } from 'undici'
import { Fault, showMs } from '#core'
import { unavailable } from './unavailable.ts'

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection broke off',
  ENOTFOUND: 'DNS knows no such name',
  EAI_AGAIN: 'DNS does not answer',
  EHOSTUNREACH: 'no route to the host',
  EHOSTDOWN: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'no connection in time',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_ABORTED: 'the proxy does not let us through',
  EACCES: 'the connection is not permitted',
  EPERM: 'the connection is not permitted',
}

const field = (thrown: unknown, name: string): unknown =>
  typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, name) : undefined

/** The code of a network error; of several attempts (IPv6, then IPv4) the first that has one. */
const codeOf = (thrown: unknown): string => {
  const code = field(thrown, 'code')
  if (typeof code === 'string') return code
  const attempts = field(thrown, 'errors')
  return Array.isArray(attempts) ? (attempts.map(codeOf).find(Boolean) ?? '') : ''
}

/** What a failed call means, in our words for a closed list of codes. `waitedMs`: the deadline, where it has passed. */
export const reasonOf = (thrown: unknown, who: string, waitedMs: number | undefined): Fault => {
  if (thrown instanceof Fault) return thrown
  if (waitedMs !== undefined) return unavailable(`${who} has not answered in ${showMs(waitedMs)}`)
  const code = codeOf(thrown)
  if (/CERT|SIGNATURE|ISSUER|^ERR_(SSL|TLS)_|^EPROTO$/.test(code)) {
    return unavailable(
      `${who} has a certificate that is not trusted`,
      'see what stands between Latchkey and the service',
    )
  }
  // an answer that ends too early is cut off, not foreign
  if (thrown instanceof errors.HTTPParserError && code !== 'HPE_INVALID_EOF_STATE') {
    return unavailable(`${who} answers with something that is no HTTP`)
  }
  return unavailable(`${who} does not answer: ${reasons[code] ?? 'the connection broke off'}`)
}

import { errors } from 'undici'
import { Fault } from '#core'
import { Refusal } from './refusal.ts'
import { ProxyFailure } from './tunnel.ts'

/** Set by dial.ts on the error of an address that must not be dialled. */
export const addressRefused = 'LATCHKEY_ADDRESS_REFUSED'

const untrusted: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_REVOKED: 'its certificate is revoked',
  CERT_SIGNATURE_FAILURE: 'the signature of its certificate is wrong',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by an unknown CA (by itself)',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an unknown CA',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is signed by an unknown CA',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an unknown CA',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an unknown CA',
  CERT_UNTRUSTED: 'its certificate is signed by an unknown CA',
  INVALID_CA: 'the CA of its certificate is no CA',
  INVALID_PURPOSE: 'its certificate is not meant for servers',
  EPROTO: 'it does not speak TLS 1.2 or later',
}

const away: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'DNS knows no such name',
  EAI_AGAIN: 'DNS does not answer',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'no connection in time',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
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

const fixName = 'use the name that the certificate carries in akeylessGWApiURL'
const fixTls = 'repair the certificate or the TLS settings of the gateway'
const fixCa = 'set caBundle or caProvider to the CA that signed the certificate of the gateway'

const throughProxy = (failure: ProxyFailure, host: string): Refusal => {
  const { status, cause } = failure
  const answer = status === 407 ? 'asks for a user and a password' : `answers HTTP ${status}`
  const reason = status === undefined ? `does not answer: ${away[codeOf(cause)] ?? 'the connection fails'}` : answer
  const remedy =
    status === 407
      ? 'put user and password into the URL in HTTPS_PROXY'
      : 'check HTTPS_PROXY, or put the gateway into NO_PROXY'
  return new Refusal('down', new Fault('GatewayUnreachable', `gateway ${host}: its proxy ${reason}`, { remedy }))
}

/** What a failed connection means. Our words for a closed list of codes: the error's own text never leaves (security.md T2). */
export const unreachable = (thrown: unknown, host: string): Refusal => {
  if (thrown instanceof ProxyFailure) return throughProxy(thrown, host)
  const code = codeOf(thrown)
  if (code === addressRefused) {
    return new Refusal(
      'down',
      new Fault('GatewayUnreachable', `gateway ${host} is at an address that must not be called`, {
        remedy: 'name a gateway elsewhere; for development, start Latchkey with --allow-local-gateways',
      }),
    )
  }
  const distrust = untrusted[code] ?? (/^ERR_(SSL|TLS)_/.test(code) ? 'the TLS handshake fails' : undefined)
  if (distrust) {
    const remedy = code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? fixName : distrust.includes('unknown CA') ? fixCa : fixTls
    return new Refusal('down', new Fault('GatewayUntrusted', `gateway ${host} is not trusted: ${distrust}`, { remedy }))
  }
  const reason = away[code]
  if (reason) {
    const remedy = 'check akeylessGWApiURL, DNS and firewalls, and that the gateway runs'
    return new Refusal(
      'down',
      new Fault('GatewayUnreachable', `gateway ${host} does not answer: ${reason}`, { remedy }),
    )
  }
  // an answer that ends too early is cut off, not foreign
  if (thrown instanceof errors.HTTPParserError && code !== 'HPE_INVALID_EOF_STATE') {
    const what = `gateway ${host} does not speak HTTP as Akeyless does`
    const remedy = 'check scheme and port in akeylessGWApiURL'
    return new Refusal('foreign', new Fault('GatewayAnswerInvalid', what, { remedy }))
  }
  const remedy = 'look at the gateway and at what stands before it; it is tried again by itself'
  return new Refusal('failed', new Fault('GatewayUnreachable', `gateway ${host} broke the connection off`, { remedy }))
}

import { X509Certificate } from 'node:crypto'
import { Fault } from '#core'
import { Refusal } from './refusal.ts'

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

const readable = (pem: string): boolean => {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

/**
 * The certificates to trust: a CA of the store replaces all others (security.md T25); undefined leaves Node's default. OpenSSL passes over what it cannot read, so a wrong CA would look like a wrong server.
 */
export const trustedRoots = (ca: string | undefined, host: string): string[] | undefined => {
  if (ca === undefined) return undefined
  const certificates = ca.match(block) ?? []
  if (certificates.length > 0 && certificates.every(readable)) return certificates
  const what = `the CA for gateway ${host} is no PEM certificate`
  throw new Refusal(
    'down',
    new Fault('GatewayUntrusted', what, { remedy: 'put PEM certificates into caBundle or caProvider' }),
  )
}

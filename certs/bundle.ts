import { X509Certificate } from 'node:crypto'

const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

// A CA bundle is two or three certificates of ~1.2 KB; whatever else stands there is not worth reading (security.md T34).
const longestBundle = 128 * 1024
const mostCertificates = 16

const read = (pem: string): X509Certificate | undefined => {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

/** The certificates of a PEM text, in order, without what cannot be parsed. */
export const readBundle = (text: string): readonly X509Certificate[] =>
  text.length > longestBundle
    ? []
    : (text.match(block) ?? []).slice(0, mostCertificates).flatMap(pem => read(pem) ?? [])

/** PEM of several certificates, each once. */
export const joinBundle = (certificates: readonly X509Certificate[]): string =>
  [...new Map(certificates.map(cert => [cert.fingerprint256, cert])).values()].map(cert => cert.toString()).join('')

/**
 * `ours` first, then what stands in `found` and has not expired: another replica may still serve under a CA that we do
 * not know (security.md §6), so only time removes it.
 */
export const mergeBundles = (ours: string, found: string, now: Date): string => {
  const alive = readBundle(found).filter(cert => cert.validToDate > now)
  return joinBundle([...readBundle(ours), ...alive].slice(0, mostCertificates))
}

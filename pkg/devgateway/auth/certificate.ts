import { createPrivateKey, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { textOf } from '../file-text.ts'
import { misconfigured } from '../refusal.ts'
import type { Claims } from '../roles.ts'
import { unbase64 } from './cloud-id.ts'
import { bound, part, proof } from './proof.ts'

const isCurrent = (certificate: X509Certificate, now: Date): boolean =>
  certificate.validFromDate <= now && now < certificate.validToDate

const authority = (pem: string): X509Certificate => {
  try {
    return new X509Certificate(pem)
  } catch {
    throw misconfigured('the CA of the identity is no certificate')
  }
}

/** The certificate, when the key is its own; undefined for anything that is no such pair. */
const pairOf = (certificate: string, key: string): X509Certificate | undefined => {
  try {
    const read = new X509Certificate(certificate)
    return read.checkPrivateKey(createPrivateKey(key)) ? read : undefined
  } catch {
    return undefined
  }
}

const commonName = ({ subject }: X509Certificate): string | undefined => /^CN=(.+)$/m.exec(subject)?.[1]

const dnsNames = ({ subjectAltName = '' }: X509Certificate): string[] =>
  subjectAltName.split(', ').flatMap(name => (name.startsWith('DNS:') ? [name.slice(4)] : []))

const claimsOf = (certificate: X509Certificate): Claims =>
  new Map([
    ['common_name', [commonName(certificate) ?? '']],
    ['dns_san', dnsNames(certificate)],
  ])

/** access-type cert: a current certificate that the CA signed, with its key, both PEM in base64. */
export const certificate = proof(
  'cert',
  z.object({ 'cert-data': part, 'key-data': part }),
  async (identity, given, world) => {
    const ca = authority(await textOf(identity.ca, 'the CA of the identity'))
    const own = pairOf(unbase64(given['cert-data']) ?? '', unbase64(given['key-data']) ?? '')
    if (!own?.verify(ca.publicKey)) return undefined
    if (!isCurrent(own, world.now()) || !isCurrent(ca, world.now())) return undefined
    if (!bound(identity.commonNames, commonName(own))) return undefined
    const names = dnsNames(own)
    const isNamed = identity.dnsNames.length === 0 || names.some(name => identity.dnsNames.includes(name))
    return isNamed ? claimsOf(own) : undefined
  },
)

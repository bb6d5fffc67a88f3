import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import forge from 'node-forge'
import { Sensitive } from '#core'
import type { Sources } from './keys.ts'

const hour = 3600e3
const day = 24 * hour

// The API server's clock may be behind ours (security.md F18).
export const backdateMs = hour
/** A year: long enough that two thirds of it leave four months to notice that rotation fails. */
export const caDays = 365
/** The leaf's key is never written down, so it can live short: gone with the process, or after 90 days. */
export const leafDays = 90

export interface Names {
  readonly dns: readonly string[]
  readonly ip: readonly string[]
}

/** A certificate and its private key, both PEM. */
export interface Pair {
  readonly cert: string
  readonly key: Sensitive
}

interface Plan {
  readonly commonName: string
  readonly from: number
  readonly to: number
  readonly extensions: readonly object[]
  readonly serial: string
  readonly key: KeyObject
  readonly signer:
    | { readonly subject: forge.pki.CertificateField[]; readonly key: forge.pki.rsa.PrivateKey }
    | undefined
}

const pem = (key: KeyObject): Sensitive => Sensitive.text(key.export({ type: 'pkcs8', format: 'pem' }).toString())
const forgeKey = (key: Sensitive): forge.pki.rsa.PrivateKey => forge.pki.privateKeyFromPem(key.reveal().toString())

const sign = (plan: Plan): Pair => {
  const key = pem(plan.key)
  const cert = forge.pki.createCertificate()
  cert.publicKey = forge.pki.publicKeyFromPem(
    createPublicKey(plan.key).export({ type: 'spki', format: 'pem' }).toString(),
  )
  cert.serialNumber = plan.serial
  cert.validity.notBefore = new Date(plan.from)
  cert.validity.notAfter = new Date(plan.to)
  const subject = [{ name: 'commonName', value: plan.commonName }]
  cert.setSubject(subject)
  cert.setIssuer(plan.signer?.subject ?? subject)
  cert.setExtensions([...plan.extensions, { name: 'subjectKeyIdentifier' }])
  cert.sign(plan.signer?.key ?? forgeKey(key), forge.md.sha256.create())
  return { cert: forge.pki.certificateToPem(cert), key }
}

/** A self-signed CA, good from an hour before `now` for `days` (caDays). */
export const issueCa = async (deps: { sources: Sources; now: Date; days?: number }): Promise<Pair> =>
  sign({
    commonName: 'latchkey-webhook-ca',
    from: deps.now.getTime() - backdateMs,
    to: deps.now.getTime() + (deps.days ?? caDays) * day,
    extensions: [
      // pathLenConstraint 0: it signs serving certificates, never another CA.
      { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
    serial: deps.sources.newSerial(),
    key: await deps.sources.newKey(),
    signer: undefined,
  })

const altNames = ({ dns, ip }: Names): object[] => [
  ...dns.map(value => ({ type: 2, value })),
  ...ip.map(ip => ({ type: 7, ip })),
]

/** A serving certificate for `names`, signed by `ca`; it ends after leafDays, and never after its CA. */
export const issueLeaf = async (deps: { ca: Pair; sources: Sources; now: Date; names: Names }): Promise<Pair> => {
  const ca = forge.pki.certificateFromPem(deps.ca.cert)
  const caEnd = new X509Certificate(deps.ca.cert).validToDate.getTime()
  return sign({
    commonName: 'latchkey-webhook',
    from: deps.now.getTime() - backdateMs,
    to: Math.min(deps.now.getTime() + leafDays * day, caEnd),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: altNames(deps.names) },
      { name: 'authorityKeyIdentifier', keyIdentifier: ca.generateSubjectKeyIdentifier().getBytes() },
    ],
    serial: deps.sources.newSerial(),
    key: await deps.sources.newKey(),
    signer: { subject: ca.subject.attributes, key: forgeKey(deps.ca.key) },
  })
}

import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import forge from 'node-forge'

/** A certificate item's value, as the wire names it. */
export type PemPair = { readonly certificate_pem: string; readonly private_key_pem?: string }

const dayMs = 24 * 3600e3

/** A self-signed RSA pair for development. The serial comes from the caller, so that two certificates never share one. */
export const selfSigned = async (
  order: { readonly commonName: string; readonly dnsNames: readonly string[]; readonly days: number },
  serial: number,
  now: Date,
): Promise<PemPair> => {
  const pair = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey)
  certificate.serialNumber = `01${serial.toString(16).padStart(8, '0')}`
  certificate.validity.notBefore = now
  certificate.validity.notAfter = new Date(now.getTime() + order.days * dayMs)
  const name = [{ name: 'commonName', value: order.commonName }]
  certificate.setSubject(name)
  certificate.setIssuer(name)
  const names = [order.commonName, ...order.dnsNames].map(value => ({ type: 2, value }))
  certificate.setExtensions([{ name: 'subjectAltName', altNames: names }])
  certificate.sign(forge.pki.privateKeyFromPem(pair.privateKey), forge.md.sha256.create())
  return {
    certificate_pem: forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n'),
    private_key_pem: pair.privateKey,
  }
}

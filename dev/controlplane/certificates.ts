import { generateKeyPairSync, randomBytes } from 'node:crypto'
import forge from 'node-forge'

/** A certificate and its private key, both PEM. */
export interface Pair {
  readonly cert: string
  readonly key: string
}

/** A new RSA private key, PEM. */
export const newKey = (): string =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey

const day = 24 * 3600 * 1000

const blank = (key: string, commonName: string, now: Date, days: number) => {
  const cert = forge.pki.createCertificate()
  const { n, e } = forge.pki.privateKeyFromPem(key)
  cert.publicKey = forge.pki.setRsaPublicKey(n, e)
  // a leading 01 keeps the number positive
  cert.serialNumber = `01${randomBytes(15).toString('hex')}`
  // five minutes back: clocks of virtual machines jump
  cert.validity.notBefore = new Date(now.getTime() - 300_000)
  cert.validity.notAfter = new Date(now.getTime() + days * day)
  cert.setSubject([{ name: 'commonName', value: commonName }])
  return cert
}

/** A certificate authority of its own for one state folder, valid for ten years. */
export const newAuthority = (now: Date): Pair => {
  const key = newKey()
  const cert = blank(key, 'latchkey development control plane', now, 3650)
  cert.setIssuer(cert.subject.attributes)
  cert.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ])
  cert.sign(forge.pki.privateKeyFromPem(key), forge.md.sha256.create())
  return { cert: forge.pki.certificateToPem(cert), key }
}

/** The API server's certificate, made anew at each start: for 127.0.0.1, its Service address and its names. */
export const newServing = (authority: Pair, now: Date): Pair => {
  const key = newKey()
  const cert = blank(key, 'kube-apiserver', now, 365)
  cert.setIssuer(forge.pki.certificateFromPem(authority.cert).subject.attributes)
  const names = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc']
  cert.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    {
      name: 'subjectAltName',
      altNames: [
        ...['127.0.0.1', '10.0.0.1'].map(ip => ({ type: 7, ip })),
        ...names.map(value => ({ type: 2, value })),
      ],
    },
  ])
  cert.sign(forge.pki.privateKeyFromPem(authority.key), forge.md.sha256.create())
  return { cert: forge.pki.certificateToPem(cert), key }
}

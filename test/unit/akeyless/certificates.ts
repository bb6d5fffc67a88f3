import forge from 'node-forge'

const { pki } = forge
const day = 24 * 3600e3

export interface Pair {
  readonly cert: forge.pki.Certificate
  readonly keys: forge.pki.KeyPair
}

// 1024 bits would be refused by OpenSSL; one key pair serves all certificates, making one takes long enough
const keys = pki.rsa.generateKeyPair(2048)
export const otherKeys = pki.rsa.generateKeyPair(2048)

/** A certificate, signed by its issuer or by itself; without names it is a CA. */
export const issue = (options: {
  name: string
  issuer?: Pair
  dns?: string[]
  from?: number
  to?: number
  pair?: forge.pki.KeyPair
}): Pair => {
  const { name, issuer, dns, from = -day, to = day, pair = keys } = options
  const cert = pki.createCertificate()
  cert.publicKey = pair.publicKey
  cert.serialNumber = `00${Buffer.from(name).toString('hex').slice(0, 16)}`
  cert.validity.notBefore = new Date(Date.now() + from)
  cert.validity.notAfter = new Date(Date.now() + to)
  cert.setSubject([{ name: 'commonName', value: name }])
  cert.setIssuer(issuer ? issuer.cert.subject.attributes : cert.subject.attributes)
  cert.setExtensions([
    { name: 'basicConstraints', cA: issuer === undefined, critical: true },
    ...(dns ? [{ name: 'subjectAltName', altNames: dns.map(value => ({ type: 2, value })) }] : []),
  ])
  cert.sign((issuer?.keys ?? pair).privateKey as forge.pki.rsa.PrivateKey, forge.md.sha256.create())
  return { cert, keys: pair }
}

export const pem = ({ cert }: Pair) => pki.certificateToPem(cert)
export const tls = (pair: Pair) => ({ cert: pem(pair), key: pki.privateKeyToPem(pair.keys.privateKey) })

import { createHash, createPrivateKey, type KeyObject, randomUUID, X509Certificate } from 'node:crypto'
import type { Sensitive } from '#core'
import { signedJwt } from '../jwt.ts'
import { unavailable } from '../unavailable.ts'
import { fileOf, variable, type World } from '../world.ts'
import { assertion, type Client } from './entra.ts'

const lifeSeconds = 600
const keyBlock = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----/
const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/

interface Pair {
  readonly key: KeyObject
  readonly thumbprint: string
}

const pairIn = (pem: Sensitive, passphrase: string | undefined): Pair => {
  const text = pem.reveal().toString()
  const [key] = text.match(keyBlock) ?? []
  const [certificate] = text.match(certificateBlock) ?? []
  const wrong = 'the file that AZURE_CLIENT_CERTIFICATE_PATH names holds no PEM certificate with its RSA key'
  const remedy = 'put certificate and key into one PEM file; PKCS#12 is not read'
  if (!key || !certificate) throw unavailable(wrong, remedy)
  try {
    const { raw } = new X509Certificate(certificate)
    const privateKey = createPrivateKey({ key, ...(passphrase !== undefined && { passphrase }) })
    if (privateKey.asymmetricKeyType === 'rsa') {
      return { key: privateKey, thumbprint: createHash('sha256').update(raw).digest('base64url') }
    }
  } catch {
    // what OpenSSL says may quote the file
  }
  throw unavailable(wrong, remedy)
}

/** An application with a certificate in AZURE_CLIENT_CERTIFICATE_PATH, which signs an assertion; undefined where it is not set. */
export const byCertificate = async (world: World, tenant: string, id: string): Promise<Client | undefined> => {
  const path = variable(world, 'AZURE_CLIENT_CERTIFICATE_PATH')
  if (path === undefined) return undefined
  const pem = await fileOf(world, 'AZURE_CLIENT_CERTIFICATE_PATH', path)
  const { key, thumbprint } = pairIn(pem, variable(world, 'AZURE_CLIENT_CERTIFICATE_PASSWORD'))
  const now = Math.floor(world.now() / 1000)
  const claims = { iss: id, sub: id, jti: randomUUID(), iat: now, nbf: now, exp: now + lifeSeconds }
  return {
    tenant,
    id,
    proof: aud => assertion(signedJwt({ alg: 'PS256', 'x5t#S256': thumbprint }, { ...claims, aud }, key)),
  }
}

// An issuer of JWTs, and the check that a service makes of one.
import { constants, createVerify, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export interface Claims {
  readonly [name: string]: unknown
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export const createKeys = () => generateKeyPairSync('rsa', { modulusLength: 2048 })

/** Signs with RS256, as clusters and clouds do. */
export const createIssuer = (issuer: string) => {
  const { privateKey, publicKey } = createKeys()
  return {
    issuer,
    publicKey,
    token: (claims: Claims): string => {
      const said = `${part({ alg: 'RS256', typ: 'JWT', kid: 'k1' })}.${part({ iss: issuer, ...claims })}`
      return `${said}.${sign('sha256', Buffer.from(said), privateKey).toString('base64url')}`
    },
  }
}
export type Issuer = ReturnType<typeof createIssuer>

const json = (text: string): Claims => JSON.parse(Buffer.from(text, 'base64url').toString())

/** Header and claims of a JWT, unchecked; undefined where the text is none. */
export const partsOf = (jwt: string): { header: Claims; claims: Claims } | undefined => {
  const [header = '', claims = ''] = jwt.split('.')
  try {
    return { header: json(header), claims: json(claims) }
  } catch {
    return undefined
  }
}

/** The claims of a JWT that this key has signed by this algorithm, and that has not ended. */
export const verified = (jwt: string, key: KeyObject, algorithm: string, nowMs: number): Claims | undefined => {
  const parts = partsOf(jwt)
  if (parts?.header['alg'] !== algorithm) return undefined
  const [header = '', claims = '', signature = ''] = jwt.split('.')
  const check = createVerify('sha256').update(`${header}.${claims}`)
  const padding = algorithm === 'PS256' ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING
  if (!check.verify({ key, padding }, Buffer.from(signature, 'base64url'))) return undefined
  const now = nowMs / 1000
  const { exp, nbf = 0 } = parts.claims
  return typeof exp === 'number' && now < exp && typeof nbf === 'number' && nbf <= now + 300 ? parts.claims : undefined
}

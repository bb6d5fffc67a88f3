import { constants, type VerifyKeyObjectInput, verify } from 'node:crypto'
import { z } from 'zod'
import { type KeySet, publicKeyOf } from '../identity.ts'

interface Algorithm {
  readonly kty: string
  /** EC alone: the curve goes with the hash. */
  readonly crv?: string
  readonly hash: string | undefined
  readonly options?: Omit<VerifyKeyObjectInput, 'key'>
}

const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
const flat = { dsaEncoding: 'ieee-p1363' } as const

/** RFC 7518 §3.1 without the symmetric ones and `none`: whoever signs is not whoever verifies. */
const algorithms: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>([
  ['RS256', { kty: 'RSA', hash: 'sha256' }],
  ['RS384', { kty: 'RSA', hash: 'sha384' }],
  ['RS512', { kty: 'RSA', hash: 'sha512' }],
  ['PS256', { kty: 'RSA', hash: 'sha256', options: pss }],
  ['PS384', { kty: 'RSA', hash: 'sha384', options: pss }],
  ['PS512', { kty: 'RSA', hash: 'sha512', options: pss }],
  ['ES256', { kty: 'EC', crv: 'P-256', hash: 'sha256', options: flat }],
  ['ES384', { kty: 'EC', crv: 'P-384', hash: 'sha384', options: flat }],
  ['ES512', { kty: 'EC', crv: 'P-521', hash: 'sha512', options: flat }],
  ['EdDSA', { kty: 'OKP', crv: 'Ed25519', hash: undefined }],
])

type Jwk = KeySet['keys'][number]

const Header = z.looseObject({ alg: z.string(), kid: z.string().optional(), crit: z.undefined().optional() })

/** A token in the compact form of RFC 7515, taken apart but not believed. */
export interface Parted {
  readonly header: z.output<typeof Header>
  readonly payload: unknown
  readonly signed: string
  readonly signature: Buffer
}

const jsonIn = (segment: string): unknown => {
  try {
    return JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

/** Undefined for a text that is no token. */
export const partJws = (token: string): Parted | undefined => {
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined
  const [header = '', payload = '', signature = ''] = token.split('.')
  const read = Header.safeParse(jsonIn(header))
  if (!read.success) return undefined
  return {
    header: read.data,
    payload: jsonIn(payload),
    signed: `${header}.${payload}`,
    signature: Buffer.from(signature, 'base64url'),
  }
}

const fits = (jwk: Jwk, { alg, kid }: Parted['header'], { kty, crv }: Algorithm): boolean =>
  jwk.kty === kty &&
  (crv === undefined || jwk.crv === crv) &&
  (jwk.alg === undefined || jwk.alg === alg) &&
  (kid === undefined || jwk.kid === undefined || jwk.kid === kid)

/** Whether one of the keys signed the token. */
export const signedBy = ({ keys }: KeySet, { header, signed, signature }: Parted): boolean => {
  const algorithm = algorithms.get(header.alg)
  if (!algorithm) return false
  const { hash, options } = algorithm
  return keys
    .filter(jwk => fits(jwk, header, algorithm))
    .some(jwk => verify(hash, Buffer.from(signed), { key: publicKeyOf(jwk), ...options }, signature))
}

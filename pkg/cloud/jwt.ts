import { constants, type KeyObject, sign } from 'node:crypto'
import { Sensitive } from '#core'
import { membersOf } from './answer.ts'

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const algorithms = {
  RS256: { padding: constants.RSA_PKCS1_PADDING },
  PS256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
} as const

/** A JWT signed with an RSA key. */
export const signedJwt = (
  header: { readonly alg: keyof typeof algorithms } & Readonly<Record<string, string | undefined>>,
  claims: object,
  key: KeyObject,
): Sensitive => {
  const said = `${part({ typ: 'JWT', ...header })}.${part(claims)}`
  const signature = sign('sha256', Buffer.from(said), { key, ...algorithms[header.alg] })
  return Sensitive.text(`${said}.${signature.toString('base64url')}`)
}

/** When a JWT ends, in milliseconds since 1970: 0 where it does not say; undefined where it is no JWT. The signature is not ours to check. */
export const endOf = (jwt: string): number | undefined => {
  const [header = '', claims = '', signature = '', ...more] = jwt.split('.')
  if (!header || !signature || more.length > 0) return undefined
  const members = membersOf(Buffer.from(claims, 'base64url').toString('utf8'))
  return members && (members.number('exp') ?? 0) * 1000
}

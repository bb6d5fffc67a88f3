import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { KeySet, type Trust } from '../identity.ts'
import { misconfigured } from '../refusal.ts'
import { type Claims, carries } from '../roles.ts'
import { partJws, signedBy } from './jws.ts'

const Registered = z.looseObject({
  iss: z.string(),
  aud: z
    .union([z.string().transform(one => [one]), z.array(z.string())])
    .optional()
    .default([]),
  /** Seconds since 1970, as nbf. A token without an end is refused. */
  exp: z.number(),
  nbf: z.number().default(0),
})

const textsOf = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(textsOf)
  return ['string', 'number', 'boolean'].includes(typeof value) ? [String(value)] : []
}

const keysOf = async ({ jwks }: Trust): Promise<KeySet> => {
  if ('keys' in jwks) return jwks
  try {
    return KeySet.parse(JSON.parse(await readFile(jwks.file, 'utf8')))
  } catch {
    throw misconfigured('the file with the key set cannot be read or holds none')
  }
}

/** The claims of a token that is signed, current, and meant for us; undefined for any other. The clock is the gateway's. */
export const trusted = async (token: string, trust: Trust, now: Date): Promise<Claims | undefined> => {
  const parted = partJws(token)
  const read = Registered.safeParse(parted?.payload)
  if (!parted || !read.success) return undefined
  const { iss, aud, exp, nbf } = read.data
  const seconds = now.getTime() / 1000
  if (iss !== trust.issuer || exp <= seconds || nbf > seconds) return undefined
  if (trust.audiences.length > 0 && !aud.some(one => trust.audiences.includes(one))) return undefined
  if (!signedBy(await keysOf(trust), parted)) return undefined
  const claims: Claims = new Map(Object.entries(read.data).map(([name, value]) => [name, textsOf(value)]))
  return carries(claims, trust.boundClaims) ? claims : undefined
}

/** The only value of a claim; undefined where there is none. */
export const claim = (claims: Claims, name: string): string | undefined => claims.get(name)?.[0]

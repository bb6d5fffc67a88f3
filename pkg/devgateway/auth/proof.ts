import { z } from 'zod'
import type { World } from '../desk.ts'
import type { IdentityOf, IdentityType, SeedIdentity } from '../identity.ts'
import { type Body, fieldsOf } from '../operation.ts'
import type { Claims } from '../roles.ts'

/** What a good proof says of who logs in; undefined for a proof that is not this identity's. */
export type Verdict = Claims | undefined

/** Judges a proof that has been read. Throws a Refusal only where the gateway itself cannot judge. */
export type Check = (identity: SeedIdentity, world: World) => Promise<Verdict>

/** One way to log in. */
export interface Proof<T extends IdentityType> {
  readonly type: T
  /** Takes the proof out of a login body. Throws 400 where a field of it is absent. */
  readonly read: (body: Body) => Check
}

/** A part of a proof: text that is there. */
export const part = z.string().min(1)

export const noClaims: Claims = new Map()

const isOf = <T extends IdentityType>(identity: SeedIdentity, type: T): identity is IdentityOf<T> =>
  identity.type === type

/** A way to log in from its type, the fields of its proof, and the judgement; another type's identity is never let in. */
export const proof = <T extends IdentityType, S extends z.ZodType>(
  type: T,
  fields: S,
  judge: (identity: IdentityOf<T>, given: z.output<S>, world: World) => Verdict | Promise<Verdict>,
): Proof<T> => ({
  type,
  read: body => {
    const given = fieldsOf(fields, body)
    return async (identity, world) => (isOf(identity, type) ? judge(identity, given, world) : undefined)
  },
})

/** Whether a value is among the bound ones; an empty list binds nothing. */
export const bound = (allowed: readonly string[], value: string | undefined): boolean =>
  allowed.length === 0 || (value !== undefined && allowed.includes(value))

import { z } from 'zod'
import { Desk, type World } from './desk.ts'
import { badRequest, unauthenticated } from './refusal.ts'
import type { Session } from './sessions.ts'

export type Body = Readonly<Record<string, unknown>>

/** One operation of the API: the answer to a body, or a thrown Refusal. */
export type Operation = (world: World, body: Body) => unknown

/** The fields of a body. Throws 400 with the names of those that are absent or wrong. */
export const fieldsOf = <S extends z.ZodType>(schema: S, body: Body): z.output<S> => {
  const read = schema.safeParse(body)
  if (read.success) return read.data
  const fields = [...new Set(read.error.issues.map(issue => issue.path.join('.')))]
  throw badRequest(`missing or invalid parameter - ${fields.join(', ')}`)
}

/** An operation that needs no token. */
export const open =
  <S extends z.ZodType>(schema: S, run: (world: World, input: z.output<S>) => unknown): Operation =>
  (world, body) =>
    run(world, fieldsOf(schema, body))

/** Who calls: by the token of a login, or by a universal identity token, which works without one. akeyless.md §1 */
export const sessionOf = ({ sessions, uidTokens }: World, body: Body): Session | undefined => {
  const { token, 'uid-token': uidToken } = body
  if (typeof token === 'string' && token !== '') return sessions.find(token)
  return typeof uidToken === 'string' ? uidTokens.find(uidToken) : undefined
}

/** An operation that needs a good token; the token is looked at before the parameters are. */
export const guarded =
  <S extends z.ZodType>(schema: S, run: (desk: Desk, input: z.output<S>) => unknown): Operation =>
  (world, body) => {
    const session = sessionOf(world, body)
    if (!session) throw unauthenticated('the token is missing or not known')
    if (world.sessions.expired(session)) throw unauthenticated('the token has expired')
    return run(new Desk(world, session.identity), fieldsOf(schema, body))
  }

/** A switch that the API spells as text, `"true"`; real booleans are taken too. akeyless.md §1 */
export const flag = z.union([z.boolean(), z.string()]).transform(value => value === true || value === 'true')

/** One name or several: `names` is a list in one operation and a text in another. akeyless.md §2 */
export const nameList = z.union([
  z
    .string()
    .min(1)
    .transform(name => [name]),
  z.array(z.string().min(1)).min(1),
])

export const itemName = z.string().min(1)

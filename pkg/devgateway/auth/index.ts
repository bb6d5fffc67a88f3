import { z } from 'zod'
import type { World } from '../desk.ts'
import { type Body, open } from '../operation.ts'
import { badRequest, blocked, loginRefused } from '../refusal.ts'
import { goTime } from '../view.ts'
import { accessKey } from './access-key.ts'
import type { Proof } from './proof.ts'

/** Login by wire name of the access type: one file each. */
const proofs: ReadonlyMap<string, Proof> = new Map([['access_key', accessKey]])

const login = async (world: World, body: Body & { 'access-id': string; 'access-type': string }): Promise<unknown> => {
  const accessId = body['access-id']
  const proof = proofs.get(body['access-type'])
  if (!proof) throw badRequest('unsupported access-type')
  const identity = world.identities.get(accessId)
  if (!identity) throw loginRefused()
  if (world.sessions.blocked(accessId)) throw blocked(accessId)
  if (!(await proof(identity, body))) {
    world.sessions.failed(accessId)
    throw loginRefused()
  }
  const { token, expires } = world.sessions.open(identity)
  return { token, expiration: goTime(expires) }
}

export const auth = open(
  z.looseObject({ 'access-id': z.string().min(1), 'access-type': z.string().default('access_key') }),
  login,
)

export const validateToken = open(z.object({ token: z.string() }), ({ sessions, now }, { token }) => {
  const session = sessions.find(token)
  if (!session) return { is_valid: false, reason: 'token is not known' }
  if (sessions.expired(session))
    return { is_valid: false, expiration: goTime(session.expires), reason: 'token expired' }
  const ttl = Math.floor((session.expires.getTime() - now().getTime()) / 1000)
  return { is_valid: true, expiration: goTime(session.expires), ttl, last_rotate: '' }
})

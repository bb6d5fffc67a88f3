import { z } from 'zod'
import { flag, open } from '../operation.ts'
import { unauthenticated } from '../refusal.ts'
import { noClaims, part, proof } from './proof.ts'

/** access-type universal_identity: a u- token of this identity that is still good. */
export const universalIdentity = proof(
  'universal_identity',
  z.object({ 'uid-token': part }),
  (identity, given, world) => {
    const token = given['uid-token']
    const owner = world.uidTokens.find(token)?.identity.accessId
    return owner === identity.accessId && world.uidTokens.good(token) ? noClaims : undefined
  },
)

/**
 * A successor for a u- token, which is over with it. With `with-manual-ack` both are good until a second call, with the old token,
 * names the successor as `send-manual-ack-token`; these two fields are read from the SDK's models, their behaviour is our reading.
 */
export const uidRotateToken = open(
  z.object({
    'uid-token': part,
    'with-manual-ack': flag.default(false),
    'send-manual-ack-token': part.optional(),
  }),
  ({ uidTokens }, given) => {
    const { 'uid-token': token, 'send-manual-ack-token': arrived } = given
    if (arrived !== undefined) {
      if (!uidTokens.acknowledge(token, arrived)) throw unauthenticated('the token has no such successor')
      return { token: arrived }
    }
    const next = uidTokens.rotate(token, given['with-manual-ack'])
    if (next === undefined) throw unauthenticated('the token is not known or has expired')
    return { token: next }
  },
)

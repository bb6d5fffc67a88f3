import { jwtOf, tokenTraits } from './projected.ts'
import type { AuthType, Logins } from './type.ts'

/** A ServiceAccount's token as it is, which Akeyless checks by the cluster's public keys: no gateway is needed. */
export const jwt: AuthType<Logins['jwt']> = {
  op: 'auth',
  fields: async ({ accessId, token }, proofs, signal) => ({
    'access-type': 'jwt',
    'access-id': accessId,
    jwt: await jwtOf(token, proofs, signal),
  }),
  traits: ({ accessId, token }) => [accessId, ...tokenTraits(token)],
}

import { base64 } from '../wire.ts'
import { jwtOf, tokenTraits } from './projected.ts'
import type { AuthType, Logins } from './type.ts'

/** A ServiceAccount's token, which the gateway has reviewed by the cluster of the named auth config (akeyless.md §4.1). */
export const k8s: AuthType<Logins['k8s']> = {
  op: 'auth',
  fields: async ({ accessId, config, token }, proofs, signal) => ({
    'access-type': 'k8s',
    'access-id': accessId,
    'k8s-auth-config-name': config,
    'k8s-service-account-token': base64(await jwtOf(token, proofs, signal)),
  }),
  traits: ({ accessId, config, token }) => [accessId, config, ...tokenTraits(token)],
}

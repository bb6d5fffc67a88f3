import { trimmed } from '../wire.ts'
import type { AuthType, Logins } from './type.ts'

/** A `u-` token, which is no proof but the token itself: it is only asked whether it is good. See rotation.ts for its successors. */
export const universalIdentity: AuthType<Logins['universal_identity']> = {
  op: 'validate-token',
  fields: async ({ token }) => ({ token: trimmed(token) }),
  traits: ({ accessId = null, token }) => [accessId, trimmed(token).fingerprint()],
}

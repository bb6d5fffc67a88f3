import { base64 } from '../wire.ts'
import type { AuthType, Logins } from './type.ts'

/** A client certificate and its key, both in the body: Akeyless' own clients send them so (akeyless.md §4). */
export const cert: AuthType<Logins['cert']> = {
  op: 'auth',
  fields: async ({ accessId, certificate, key }) => ({
    'access-type': 'cert',
    'access-id': accessId,
    'cert-data': base64(certificate),
    'key-data': base64(key),
  }),
  traits: ({ accessId, certificate, key }) => [accessId, certificate.fingerprint(), key.fingerprint()],
}

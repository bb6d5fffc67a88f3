import type { AuthType, Logins } from './type.ts'

/** An access id and its key; the wire calls the type `access_key` (akeyless.md §2). */
export const apiKey: AuthType<Logins['api_key']> = {
  op: 'auth',
  fields: async ({ accessId, accessKey }) => ({
    'access-type': 'access_key',
    'access-id': accessId,
    'access-key': accessKey,
  }),
  traits: ({ accessId, accessKey }) => [accessId, accessKey.fingerprint()],
}

import type { Login } from '#api'
import type { AuthType } from './type.ts'

/** An access id and its key; the wire calls the type `access_key` (akeyless.md §2). */
export const apiKey: AuthType<Extract<Login, { type: 'api_key' }>> = {
  fields: login => ({ 'access-type': 'access_key', 'access-id': login.accessId, 'access-key': login.accessKey }),
  traits: login => [login.accessId, login.accessKey.fingerprint()],
}

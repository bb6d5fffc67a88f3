import type { Login } from '#api'
import { apiKey } from './api-key.ts'
import type { AuthType } from './type.ts'

/** One entry per way to log in; a new Login type does not compile without its own. */
export const authTypes = {
  api_key: apiKey,
} satisfies { readonly [T in Login['type']]: AuthType<Extract<Login, { type: T }>> }

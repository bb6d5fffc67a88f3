import { withoutAudiences } from '#admission'
import type { Login } from '#api'
import { sentence } from '#core'
import { base } from './selectors.ts'
import { accountPath } from './service-account.ts'

const own = sentence({
  path: base,
  message: 'sends the gateway the token of Latchkey itself, which the API server takes too',
  remedy: 'name a serviceAccountRef with audiences, and bind the same ones in the auth method',
})

/**
 * What should be mended in a login by a token that the API server takes too (security.md T5), as far as no rule can see it: that the
 * token is our own, or that a Secret makes it a login by token.
 */
export const audienceNotes = (login: Login, isBySecret: boolean): readonly string[] => {
  if (login.type !== 'k8s' || login.token.from === 'secret' || login.token.audiences.length > 0) return []
  if (login.token.from === 'own') return [own]
  return isBySecret ? [sentence(withoutAudiences(accountPath))] : []
}

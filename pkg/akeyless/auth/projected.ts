import type { ProjectedToken } from '#api'
import { Fault, type Sensitive } from '#core'
import { trimmed } from '../wire.ts'
import type { Proofs } from './proofs.ts'
import type { Trait } from './type.ts'

/** The JWT itself, without white space around it. Throws Fault where there is none. */
export const jwtOf = async (token: ProjectedToken, proofs: Proofs, signal: AbortSignal): Promise<Sensitive> => {
  const jwt = trimmed(token.from === 'secret' ? token.token : await proofs.projectedToken(token, signal))
  if (jwt.size > 0) return jwt
  throw new Fault('CredentialInvalid', 'the token of the ServiceAccount is empty', {
    remedy: 'put a token into the Secret, or name a ServiceAccount instead',
  })
}

/** Whose token it is; one that is requested is another each time, and still the same login. */
export const tokenTraits = (token: ProjectedToken): readonly Trait[] => {
  switch (token.from) {
    case 'service-account':
      return [token.from, token.namespace, token.name, token.audiences]
    case 'own':
      return [token.from, token.audiences]
    case 'secret':
      return [token.from, token.token.fingerprint()]
    default:
      return token satisfies never
  }
}

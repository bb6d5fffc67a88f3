import type { Login } from '#api'
import { apiKey } from './api-key.ts'
import { awsIam } from './aws-iam.ts'
import { azureAd } from './azure-ad.ts'
import { cert } from './cert.ts'
import { gcp } from './gcp.ts'
import { jwt } from './jwt.ts'
import { k8s } from './k8s.ts'
import type { Proofs } from './proofs.ts'
import type { AuthType, Logins } from './type.ts'
import { universalIdentity } from './universal-identity.ts'

type AuthTypes = { readonly [T in keyof Logins]: AuthType<Logins[T]> }

/** One entry per way to log in; a new Login type does not compile without its own. */
export const authTypes: AuthTypes = {
  api_key: apiKey,
  k8s,
  jwt,
  aws_iam: awsIam,
  azure_ad: azureAd,
  gcp,
  universal_identity: universalIdentity,
  cert,
}

// by the type of a login, so that the compiler sees that entry and login belong together
const bound = <T extends keyof Logins>(type: T, login: Logins[T]) => {
  const entry: AuthTypes[T] = authTypes[type]
  return {
    op: entry.op,
    fields: (proofs: Proofs, signal: AbortSignal) => entry.fields(login, proofs, signal),
    traits: () => entry.traits(login),
  }
}

/** The table entry of a login, with the login filled in. */
export const authOf = (login: Login) => bound(login.type, login)

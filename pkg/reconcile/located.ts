import type { Identity } from '#api'
import { Fault, type FaultCode, isPublicApi } from '#core'
import type { Store } from './store.ts'

const base = 'spec.provider.akeyless'
const fields: Readonly<Partial<Record<FaultCode, string>>> = {
  LoginRefused: `${base}.authSecretRef`,
  LoginBlocked: `${base}.authSecretRef`,
  IdentityUnavailable: `${base}.authSecretRef`,
  CredentialMissing: `${base}.authSecretRef`,
  CredentialInvalid: `${base}.authSecretRef`,
  GatewayUnreachable: `${base}.akeylessGWApiURL`,
  GatewayUntrusted: `${base}.akeylessGWApiURL`,
  GatewayAnswerInvalid: `${base}.akeylessGWApiURL`,
}

/** Akeyless does not say which of the credentials it refuses; a person can at least be told where they are. */
const credentialsOf = ({ metadata, spec }: Store): readonly string[] => {
  const { secretRef, kubernetesAuth } = spec.provider.akeyless?.authSecretRef ?? {}
  if (kubernetesAuth) return []
  const { accessID, accessTypeParam } = secretRef ?? {}
  return [accessID, accessTypeParam].flatMap(to =>
    to?.name ? [`key ${JSON.stringify(to.key)} of Secret ${to.namespace || metadata.namespace}/${to.name}`] : [],
  )
}

const isLogin = (code: FaultCode): boolean => code === 'LoginRefused' || code === 'LoginBlocked'

/** A token of a cluster is reviewed by a gateway beside it, which the public API is not (akeyless.md §4.1). */
const needsGateway = ({ login, gateway }: Identity): boolean =>
  login.type === 'k8s' && isPublicApi(URL.parse(gateway)?.hostname ?? '')

const remedyFor = ({ code, remedy }: Fault, store: Store, identity: Identity | undefined): string => {
  if (!isLogin(code)) return remedy
  if (identity && needsGateway(identity)) {
    return 'name your own Gateway in akeylessGWApiURL: the public API reviews no tokens of a cluster'
  }
  const places = credentialsOf(store)
  return places.length > 0 ? `check ${places.join(' and ')}` : remedy
}

/** What a gateway said no to, at the field of the store that leads to the cure. A fault that has a path is left as it is. */
export const located = (fault: Fault, store: Store, identity?: Identity): Fault => {
  if (fault.path !== undefined) return fault
  const { code, message, retryAfterMs, cause } = fault
  const remedy = remedyFor(fault, store, identity)
  return new Fault(code, message, { path: fields[code] ?? base, remedy, retryAfterMs, cause })
}

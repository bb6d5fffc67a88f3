import { Fault, type FaultCode } from '#core'
import type { Store } from './store.ts'

const base = 'spec.provider.akeyless'
const fields: Readonly<Partial<Record<FaultCode, string>>> = {
  LoginRefused: `${base}.authSecretRef`,
  GatewayUnreachable: `${base}.akeylessGWApiURL`,
  GatewayUntrusted: `${base}.akeylessGWApiURL`,
  GatewayAnswerInvalid: `${base}.akeylessGWApiURL`,
}

/** Akeyless does not say which of the credentials it refuses; a person can at least be told where they are. */
const credentialsOf = ({ metadata, spec }: Store): readonly string[] => {
  const { accessID, accessTypeParam } = spec.provider.akeyless?.authSecretRef.secretRef ?? {}
  return [accessID, accessTypeParam].flatMap(to =>
    to?.name ? [`key ${JSON.stringify(to.key)} of Secret ${to.namespace || metadata.namespace}/${to.name}`] : [],
  )
}

/** What a gateway said no to, at the field of the store that leads to the cure. A fault that has a path is left as it is. */
export const located = (fault: Fault, store: Store): Fault => {
  if (fault.path !== undefined) return fault
  const { code, message, retryAfterMs, cause } = fault
  const places = code === 'LoginRefused' ? credentialsOf(store) : []
  const remedy = places.length > 0 ? `check ${places.join(' and ')}` : fault.remedy
  return new Fault(code, message, { path: fields[code] ?? base, remedy, retryAfterMs, cause })
}

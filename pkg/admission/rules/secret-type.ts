import type { ExternalSecret } from '#api'
import type { Rule } from '../findings.ts'

// A Secret of these types is a credential to the cluster itself: whoever may write ExternalSecrets must not mint one.
const privileged: ReadonlyMap<string, string> = new Map([
  ['kubernetes.io/service-account-token', 'makes the cluster issue a ServiceAccount token'],
  ['bootstrap.kubernetes.io/token', 'lets machines join the cluster'],
  ['latchkey.dev/webhook-ca', 'holds the CA of the webhook'],
])

export const secretType: Rule<ExternalSecret> = {
  id: 'secret-type',
  doc: 'The Secret is of no type that grants access to the cluster itself.',
  check: ({ spec }) => {
    const type = spec.target.template?.type ?? ''
    const power = privileged.get(type)
    if (power === undefined) return []
    return [
      { path: 'spec.target.template.type', message: `${type} ${power}`, remedy: 'choose another type, as Opaque' },
    ]
  },
}

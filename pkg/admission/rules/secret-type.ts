import type { ExternalSecret } from '#api'
import { show } from '#core'
import { hasActions } from '#materialize'
import type { Draft, Rule } from '../findings.ts'

// A Secret of these types is a credential to the cluster itself: whoever may write ExternalSecrets must not mint one.
const privileged: ReadonlyMap<string, string> = new Map([
  ['kubernetes.io/service-account-token', 'makes the cluster issue a ServiceAccount token'],
  ['bootstrap.kubernetes.io/token', 'lets machines join the cluster'],
  ['latchkey.dev/webhook-ca', 'holds the CA of the webhook'],
])

export const secretType: Rule<ExternalSecret> = {
  id: 'secret-type',
  doc: 'The Secret is of no type that grants access to the cluster itself, and the type is not a template.',
  check: ({ spec: { target } }): readonly Draft[] => {
    const path = 'spec.target.template.type'
    const type = target.template?.type ?? ''
    const power = privileged.get(type)
    if (power !== undefined) return [{ path, message: `${type} ${power}`, remedy: 'choose another type, as Opaque' }]
    // of a manifest target, or of nothing, the type plays no part
    if (target.manifest || target.creationPolicy === 'None' || !hasActions(type)) return []
    const message = `${show(type)} would be the type word for word: it is not rendered`
    return [{ path, message, remedy: 'write the type itself, as Opaque' }]
  },
}

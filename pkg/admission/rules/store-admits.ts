import type { ExternalSecret } from '#api'
import { show } from '#core'
import { storesOf } from '#materialize'
import type { Draft, Rule } from '../findings.ts'

export const storeAdmits: Rule<ExternalSecret> = {
  id: 'store-admits',
  doc: 'The conditions of a ClusterSecretStore admit the namespace; a warning, since labels may change. The reconciler refuses then.',
  warns: true,
  check: ({ spec, metadata: { namespace } }, { stores }) =>
    storesOf(spec).flatMap(({ kind, name, path, used }): Draft[] => {
      if (kind !== 'ClusterSecretStore' || !name || !used || namespace === undefined) return []
      if (stores?.({ kind, namespace: undefined, name })?.admits?.(namespace) !== false) return []
      const message = `ClusterSecretStore ${show(name)} does not admit namespace ${namespace}`
      const remedy = 'use another store, or have the namespace admitted by spec.conditions of that one'
      return [{ path: `${path}.name`, message, remedy, level: 'warn' }]
    }),
}

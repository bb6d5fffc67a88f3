import type { ExternalSecret } from '#api'
import { show } from '#core'
import { storesOf } from '#materialize'
import type { Rule } from '../findings.ts'

/** Asked only of what is made in many namespaces. */
export const namespacedStore: Rule<ExternalSecret> = {
  id: 'namespaced-store',
  doc: 'What is made in many namespaces names a ClusterSecretStore; a SecretStore must be in each of them, and is warned about.',
  warns: true,
  check: ({ spec }) =>
    storesOf(spec).flatMap(({ kind, name, path, used }) => {
      if (kind !== 'SecretStore' || name === '' || !used) return []
      const message = `SecretStore ${show(name)} is looked for in each namespace, and must be in all of them`
      const remedy = 'name a ClusterSecretStore, or make it in each'
      return [{ path: `${path}.name`, message, remedy, level: 'warn' }]
    }),
}

import type { ExternalSecret } from '#api'
import { show } from '#core'
import { storesOf } from '#materialize'
import type { Draft, Rule } from '../findings.ts'

export const storeExists: Rule<ExternalSecret> = {
  id: 'store-exists',
  doc: 'The stores that an object names are there; a warning only, since they may be applied in any order.',
  warns: true,
  check: ({ spec, metadata }, { stores }) =>
    storesOf(spec).flatMap(({ kind, name, path }): Draft[] => {
      const namespace = kind === 'SecretStore' ? metadata.namespace : undefined
      // an object in no namespace is part of another one, and which store it will find is not known
      if (!stores || !name || (kind === 'SecretStore' && namespace === undefined)) return []
      if (stores({ kind, namespace, name })) return []
      const where = namespace ? ` in namespace ${namespace}` : ''
      return [
        {
          path: `${path}.name`,
          message: `${kind} ${show(name)} does not exist${where}`,
          remedy: 'create it, or correct the name or the kind',
          level: 'warn',
        },
      ]
    }),
}

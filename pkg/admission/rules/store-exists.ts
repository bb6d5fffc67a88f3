import type { ExternalSecret } from '#api'
import { show } from '#core'
import type { Rule } from '../findings.ts'

export const storeExists: Rule<ExternalSecret> = {
  id: 'store-exists',
  doc: 'The store that an ExternalSecret names is there; a warning only, since both may be applied in any order.',
  check: ({ spec, metadata }, { stores }) => {
    const { name, kind = 'SecretStore' } = spec.secretStoreRef ?? {}
    if (!stores || !name) return []
    const namespace = kind === 'SecretStore' ? metadata.namespace : undefined
    if (stores({ kind, namespace, name })) return []
    const where = namespace ? ` in namespace ${namespace}` : ''
    return [
      {
        path: 'spec.secretStoreRef.name',
        message: `${kind} ${show(name)} does not exist${where}`,
        remedy: 'create it, or correct the name or the kind',
        level: 'warn',
      },
    ]
  },
}

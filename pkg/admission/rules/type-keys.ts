import type { ExternalSecret } from '#api'
import { missingKeys } from '#materialize'
import type { Rule } from '../findings.ts'

/** Where data alone makes the Secret: with other policies the missing keys may be there already. */
const dataAlone = ({ target, dataFrom }: ExternalSecret['spec']): boolean => {
  const { data, templateFrom } = target.template ?? {}
  const made = target.creationPolicy === 'Owner' || target.creationPolicy === 'Orphan'
  const elsewhere = dataFrom?.length || templateFrom?.length || Object.keys(data ?? {}).length > 0
  return made && !target.manifest && !elsewhere
}

export const typeKeys: Rule<ExternalSecret> = {
  id: 'type-keys',
  doc: 'Where data alone makes the Secret, it has the keys that Kubernetes asks for by type, as tls.crt and tls.key.',
  check: ({ spec }) => {
    const { type } = spec.target.template ?? {}
    const given = new Set(spec.data?.map(entry => entry.secretKey))
    if (given.size === 0 || !dataAlone(spec)) return []
    const missing = missingKeys(type, key => given.has(key))
    if (missing.length === 0) return []
    return [
      {
        path: 'spec.target.template.type',
        message: `${type} needs the key ${missing.join(' and ')}`,
        remedy: `add an entry to data with secretKey: ${missing[0]}`,
      },
    ]
  },
}

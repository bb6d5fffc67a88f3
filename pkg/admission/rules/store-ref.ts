import type { ExternalSecret } from '#api'
import type { Rule } from '../findings.ts'

export const storeRef: Rule<ExternalSecret> = {
  id: 'store-ref',
  doc: 'An ExternalSecret names the store that it reads with.',
  check: ({ spec }) => {
    const entries = [...(spec.data ?? []), ...(spec.dataFrom ?? [])]
    const needed = entries.length === 0 || entries.some(entry => !entry.sourceRef)
    if (spec.secretStoreRef?.name || !needed) return []
    return [{ path: 'spec.secretStoreRef.name', message: 'names no store', remedy: 'write the name of a SecretStore' }]
  },
}

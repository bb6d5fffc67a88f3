import type { ExternalSecret } from '#api'
import type { Rule } from '../findings.ts'

// security.md T17: each of them is read one by one; a Secret of 1 MiB has no room for more that are worth a key
const most = 1_000

export const refCount: Rule<ExternalSecret> = {
  id: 'ref-count',
  doc: `An ExternalSecret has at most ${most} entries in data and dataFrom together.`,
  check: ({ spec }) => {
    const count = (spec.data?.length ?? 0) + (spec.dataFrom?.length ?? 0)
    if (count <= most) return []
    const message = `has ${count} entries in data and dataFrom, more than ${most}`
    return [{ path: 'spec', message, remedy: 'split it into several ExternalSecrets' }]
  },
}

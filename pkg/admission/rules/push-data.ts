import type { PushSecret } from '#api'
import type { Rule } from '../findings.ts'

// security.md T17, as for an ExternalSecret
const most = 1_000

export const pushData: Rule<PushSecret> = {
  id: 'push-data',
  doc: `A PushSecret says what goes where, in data, dataTo or both, with at most ${most} entries together.`,
  check: ({ spec }) => {
    const count = (spec.data?.length ?? 0) + (spec.dataTo?.length ?? 0)
    const path = 'spec'
    if (count === 0) {
      return [{ path, message: 'has neither data nor dataTo', remedy: 'name at least one item under data' }]
    }
    if (count <= most) return []
    const message = `has ${count} entries in data and dataTo, more than ${most}`
    return [{ path, message, remedy: 'split it into several PushSecrets' }]
  },
}

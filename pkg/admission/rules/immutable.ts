import type { ExternalSecret } from '#api'
import type { Rule } from '../findings.ts'
import { idleBecause } from './refresh-interval.ts'

export const immutable: Rule<ExternalSecret> = {
  id: 'immutable',
  doc: 'An immutable Secret keeps its values; one that is refreshed by time is a warning, since newer values are only reported.',
  warns: true,
  check: ({ spec }) => {
    const { immutable: isSet, creationPolicy, manifest } = spec.target
    if (!isSet || manifest || creationPolicy === 'None' || idleBecause(spec) !== undefined) return []
    const message = 'values that change in Akeyless will be reported in the status, and not written'
    const remedy = 'write refreshInterval: 0 if the first ones are to stay, or leave immutable out'
    return [{ path: 'spec.target.immutable', message, remedy, level: 'warn' }]
  },
}

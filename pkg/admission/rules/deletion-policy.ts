import type { ExternalSecret } from '#api'
import type { Draft, Rule } from '../findings.ts'
import { idleBecause } from './refresh-interval.ts'

const path = 'spec.target.deletionPolicy'

const warning = (message: string, remedy: string): readonly Draft[] => [{ path, message, remedy, level: 'warn' }]

export const deletionPolicy: Rule<ExternalSecret> = {
  id: 'deletion-policy',
  doc: 'deletionPolicy can notice that items went, and Delete hangs on more than searches, which find less when rights are lost; warnings.',
  warns: true,
  check: ({ spec }) => {
    const { deletionPolicy: policy, creationPolicy } = spec.target
    // with other creationPolicies the rule policies has something to say
    if (policy === 'Retain' || (policy === 'Delete' && creationPolicy !== 'Owner')) return []
    const because = idleBecause(spec)
    if (because !== undefined) {
      const message = `${policy} does not notice that items went: nothing is read again by time with ${because}`
      return warning(message, 'write Retain, or have it refreshed')
    }
    const entries = spec.dataFrom ?? []
    if (policy !== 'Delete' || spec.data?.length || entries.length === 0 || !entries.every(({ find }) => find))
      return []
    const message = 'Delete deletes the Secret too when the identity of the store loses its right to list the items'
    return warning(message, 'write Retain, or name an item under data as well')
  },
}

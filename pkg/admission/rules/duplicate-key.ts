import type { ExternalSecret } from '#api'
import { show } from '#core'
import type { Draft, Rule } from '../findings.ts'

export const duplicateKey: Rule<ExternalSecret> = {
  id: 'duplicate-key',
  doc: 'No two entries of data make the same key; with a deletionPolicy other than Retain a warning, as ESO accepts it there.',
  warns: true,
  check: ({ spec }) => {
    const level = spec.target.deletionPolicy === 'Retain' ? 'deny' : 'warn'
    const first = new Map<string, number>()
    return (spec.data ?? []).flatMap(({ secretKey }, index): Draft[] => {
      const earlier = first.get(secretKey)
      if (earlier === undefined) {
        first.set(secretKey, index)
        return []
      }
      const message = `${show(secretKey)} is the key of spec.data[${earlier}] too`
      return [{ path: `spec.data[${index}].secretKey`, message, remedy: 'give each entry a key of its own', level }]
    })
  },
}

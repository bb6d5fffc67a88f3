import type { ExternalSecret } from '#api'
import type { Draft, Rule } from '../findings.ts'

type Target = ExternalSecret['spec']['target']

const deletion = ({ creationPolicy: creation, deletionPolicy }: Target): Draft[] => {
  const path = 'spec.target.deletionPolicy'
  if (deletionPolicy === 'Delete' && ['Merge', 'None', 'CreateOrMerge'].includes(creation)) {
    const message = `Delete would remove a Secret that creationPolicy ${creation} leaves to others`
    return [{ path, message, remedy: 'write Retain' }]
  }
  if (deletionPolicy === 'Merge' && creation === 'None') {
    return [{ path, message: 'Merge has no Secret to work on with creationPolicy None', remedy: 'write Retain' }]
  }
  if (deletionPolicy === 'Delete' && creation === 'Orphan') {
    const message = 'Delete deletes nothing with creationPolicy Orphan, and fails once the items are gone'
    return [{ path, message, remedy: 'write Retain, or creationPolicy: Owner', level: 'warn' }]
  }
  return []
}

/** What is said of a Secret that is never written. */
const unwritten = ({ creationPolicy, template, immutable }: Target): Draft[] => {
  if (creationPolicy !== 'None') return []
  const idle = [template && 'template', immutable && 'immutable'].filter(field => typeof field === 'string')
  const message = 'has no effect: creationPolicy None writes no Secret'
  return idle.map(field => ({ path: `spec.target.${field}`, message, remedy: 'leave it out', level: 'warn' }))
}

export const policies: Rule<ExternalSecret> = {
  id: 'policies',
  doc: 'deletionPolicy Delete needs creationPolicy Owner; deletionPolicy Merge, a template and immutable need a Secret to work on.',
  warns: true,
  check: ({ spec: { target } }) => [...deletion(target), ...unwritten(target)],
}

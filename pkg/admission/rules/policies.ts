import type { ExternalSecret } from '#api'
import type { Rule } from '../findings.ts'

export const policies: Rule<ExternalSecret> = {
  id: 'policies',
  doc: 'deletionPolicy Delete needs creationPolicy Owner or Orphan; deletionPolicy Merge needs a Secret to merge with.',
  check: ({ spec: { target } }) => {
    const { creationPolicy: creation, deletionPolicy: deletion } = target
    const path = 'spec.target.deletionPolicy'
    if (deletion === 'Delete' && ['Merge', 'None', 'CreateOrMerge'].includes(creation)) {
      const message = `Delete would remove a Secret that creationPolicy ${creation} leaves to others`
      return [{ path, message, remedy: 'write Retain' }]
    }
    if (deletion === 'Merge' && creation === 'None') {
      return [{ path, message: 'Merge has no Secret to work on with creationPolicy None', remedy: 'write Retain' }]
    }
    return []
  },
}

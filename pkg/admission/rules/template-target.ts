import type { ExternalSecret } from '#api'
import { show } from '#core'
import { readTarget } from '#materialize'
import type { Draft, Rule } from '../findings.ts'

/** What keeps a text from being a place in a Secret; `readTarget` says it for other kinds. */
const inSecret = (target: string): Pick<Draft, 'message' | 'remedy'> | undefined =>
  ['data', 'labels', 'annotations'].includes(target.toLowerCase())
    ? undefined
    : { message: `${show(target)} is no part of a Secret`, remedy: 'write Data, Labels or Annotations' }

const inObject = (target: string): Pick<Draft, 'message' | 'remedy'> | undefined => {
  const read = readTarget(target)
  return 'is' in read ? undefined : read
}

export const templateTarget: Rule<ExternalSecret> = {
  id: 'template-target',
  doc: 'templateFrom fills Data, Labels or Annotations of a Secret; of another kind also Spec, or a path that is not its identity.',
  check: ({ spec: { target } }) => {
    const { manifest, template } = target
    const toSecret = !manifest || (manifest.apiVersion === 'v1' && manifest.kind === 'Secret')
    const problemOf = toSecret ? inSecret : inObject
    return (template?.templateFrom ?? []).flatMap((entry, index): Draft[] => {
      const problem = problemOf(entry.target)
      return problem ? [{ path: `spec.target.template.templateFrom[${index}].target`, ...problem }] : []
    })
  },
}

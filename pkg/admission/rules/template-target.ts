import type { ExternalSecret } from '#api'
import { show } from '#core'
import type { Draft, Rule } from '../findings.ts'

export const templateTarget: Rule<ExternalSecret> = {
  id: 'template-target',
  doc: 'templateFrom fills Data, Labels or Annotations of a Secret and nothing else.',
  check: ({ spec: { target } }) => {
    const toSecret = !target.manifest || (target.manifest.apiVersion === 'v1' && target.manifest.kind === 'Secret')
    if (!toSecret) return []
    return (target.template?.templateFrom ?? []).flatMap((entry, index): Draft[] => {
      if (['data', 'labels', 'annotations'].includes(entry.target.toLowerCase())) return []
      const path = `spec.target.template.templateFrom[${index}].target`
      return [
        { path, message: `${show(entry.target)} is no part of a Secret`, remedy: 'write Data, Labels or Annotations' },
      ]
    })
  },
}

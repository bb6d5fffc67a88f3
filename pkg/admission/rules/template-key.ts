import type { ExternalSecret } from '#api'
import { member, show } from '#core'
import { keyProblem } from '#materialize'
import type { Draft, Rule } from '../findings.ts'

const keyDrafts = (path: string, key: string): Draft[] => {
  const problem = keyProblem(key)
  return problem ? [{ path, message: `${show(key)} ${problem.what}`, remedy: problem.remedy }] : []
}

/** The key that a merge fills, where no later step renames it. */
const mergedDrafts = ({ spec }: ExternalSecret): Draft[] =>
  (spec.dataFrom ?? []).flatMap(({ rewrite = [] }, index) => {
    const last = rewrite.length - 1
    const { strategy, into = '' } = rewrite[last]?.merge ?? {}
    if (strategy !== 'JSON' || into === '') return []
    return keyDrafts(`spec.dataFrom[${index}].rewrite[${last}].merge.into`, into)
  })

export const templateKey: Rule<ExternalSecret> = {
  id: 'template-key',
  doc: 'Keys that a template or a merge puts into a Secret are such as Kubernetes allows there.',
  check: object => {
    const { template, manifest, creationPolicy } = object.spec.target
    const isSecret = !manifest || (manifest.apiVersion === 'v1' && manifest.kind === 'Secret')
    // of another kind the keys may be anything, and what is never written harms nobody
    if (!isSecret || creationPolicy === 'None') return []
    const path = 'spec.target.template.data'
    const templated = Object.keys(template?.data ?? {}).flatMap(key => keyDrafts(member(path, key), key))
    return [...templated, ...mergedDrafts(object)]
  },
}

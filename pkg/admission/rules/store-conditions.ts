import type { Rule } from '../findings.ts'
import { regexpDrafts } from './regexp.ts'
import { labelSelectorDrafts } from './selector.ts'
import type { Store } from './store.ts'

export const storeConditions: Rule<Store> = {
  id: 'store-conditions',
  doc: 'Conditions of a ClusterSecretStore have selectors and regular expressions that work; on a SecretStore they are idle.',
  warns: true,
  check: ({ kind, spec }) => {
    const conditions = (spec.conditions ?? []).map((condition, index) => ({
      path: `spec.conditions[${index}]`,
      condition,
    }))
    const drafts = [
      ...conditions.flatMap(({ path, condition }) =>
        labelSelectorDrafts(`${path}.namespaceSelector`, condition.namespaceSelector),
      ),
      ...regexpDrafts(
        conditions.flatMap(({ path, condition }) =>
          (condition.namespaceRegexes ?? []).map((source, at) => ({ path: `${path}.namespaceRegexes[${at}]`, source })),
        ),
      ),
    ]
    if (kind === 'ClusterSecretStore' || !spec.conditions?.length) return drafts
    const message = 'have no effect on a SecretStore, which serves its own namespace'
    return [...drafts, { path: 'spec.conditions', message, remedy: 'remove them', level: 'warn' as const }]
  },
}

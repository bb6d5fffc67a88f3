import type { StoreCondition } from '#api'
import { show } from '#core'
import type { Draft, Rule } from '../findings.ts'
import { regexpDrafts } from './regexp.ts'
import type { Store } from './store.ts'

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist']

export const selectorDrafts = (path: string, selector: StoreCondition['namespaceSelector']): Draft[] =>
  (selector?.matchExpressions ?? []).flatMap(({ operator, values }, index): Draft[] => {
    const at = `${path}.matchExpressions[${index}]`
    if (!operators.includes(operator)) {
      const message = `${show(operator)} is no operator`
      return [{ path: `${at}.operator`, message, remedy: 'write In, NotIn, Exists or DoesNotExist' }]
    }
    const wantsValues = operator === 'In' || operator === 'NotIn'
    if (wantsValues === Boolean(values?.length)) return []
    const message = wantsValues ? `${operator} needs values` : `${operator} takes no values`
    return [{ path: `${at}.values`, message, remedy: wantsValues ? 'list at least one' : 'remove them' }]
  })

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
        selectorDrafts(`${path}.namespaceSelector`, condition.namespaceSelector),
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

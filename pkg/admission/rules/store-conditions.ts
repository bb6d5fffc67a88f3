import type { StoreCondition } from '#api'
import { member, show } from '#core'
import { isLabelValue, isQualifiedName } from '#materialize'
import type { Draft, Rule } from '../findings.ts'
import { regexpDrafts } from './regexp.ts'
import type { Store } from './store.ts'

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist']

const labelDrafts = (path: string, labels: Readonly<Record<string, string>> = {}): Draft[] =>
  Object.entries(labels).flatMap(([key, value]): Draft[] => {
    const at = member(path, key)
    const qualified = 'use letters, digits, - _ . with an optional domain and / in front'
    if (!isQualifiedName(key)) return [{ path: at, message: `${show(key)} is no label`, remedy: qualified }]
    const remedy = 'use up to 63 letters, digits, - _ . with a letter or digit at both ends'
    return isLabelValue(value) ? [] : [{ path: at, message: `${show(value)} is no label value`, remedy }]
  })

/** What is wrong with a label selector: Kubernetes reads none with such a fault, and so it selects nothing. */
export const selectorDrafts = (path: string, selector: StoreCondition['namespaceSelector']): Draft[] => [
  ...labelDrafts(`${path}.matchLabels`, selector?.matchLabels),
  ...(selector?.matchExpressions ?? []).flatMap(({ key, operator, values }, index): Draft[] => {
    const at = `${path}.matchExpressions[${index}]`
    if (!isQualifiedName(key)) {
      const remedy = 'use letters, digits, - _ . with an optional domain and / in front'
      return [{ path: `${at}.key`, message: `${show(key)} is no label`, remedy }]
    }
    if (!operators.includes(operator)) {
      const message = `${show(operator)} is no operator`
      return [{ path: `${at}.operator`, message, remedy: 'write In, NotIn, Exists or DoesNotExist' }]
    }
    const wantsValues = operator === 'In' || operator === 'NotIn'
    if (wantsValues === Boolean(values?.length)) return []
    const message = wantsValues ? `${operator} needs values` : `${operator} takes no values`
    return [{ path: `${at}.values`, message, remedy: wantsValues ? 'list at least one' : 'remove them' }]
  }),
]

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

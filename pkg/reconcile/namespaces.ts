import { RE2JS } from 're2js'
import type { LabelSelector, StoreCondition } from '#api'
import type { Namespace } from './ports.ts'

/** Where an ExternalSecret lives. */
interface Home extends Pick<Namespace, 'name'> {
  /** Undefined while the watch has not seen the namespace: then nothing that looks at labels admits it. */
  readonly labels: Namespace['labels'] | undefined
}

type Requirement = NonNullable<LabelSelector['matchExpressions']>[number]

const meets = (labels: Readonly<Record<string, string>>, { key, operator, values = [] }: Requirement): boolean => {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}

/** metav1.LabelSelector: every label and every requirement must hold; an empty selector admits everything. */
export const selects = (
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Readonly<Record<string, string>>,
) =>
  Object.entries(matchLabels).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value) &&
  matchExpressions.every(requirement => meets(labels, requirement))

/** RE2 as in Go, not anchored (decision 12); an expression that does not compile admits nobody. */
const finds = (expression: string, name: string): boolean => {
  try {
    return RE2JS.compile(expression).matcher(name).find()
  } catch {
    return false
  }
}

const holds = (condition: StoreCondition, { name, labels }: Home): boolean =>
  (condition.namespaceSelector !== undefined && labels !== undefined && selects(condition.namespaceSelector, labels)) ||
  (condition.namespaces ?? []).includes(name) ||
  (condition.namespaceRegexes ?? []).some(expression => finds(expression, name))

/** Whether a ClusterSecretStore may be used from a namespace: any part of any condition is enough, none at all means all (compatibility.md §2.7). */
export const admits = (conditions: readonly StoreCondition[] | undefined, namespace: Home): boolean =>
  (conditions ?? []).length === 0 || (conditions ?? []).some(condition => holds(condition, namespace))

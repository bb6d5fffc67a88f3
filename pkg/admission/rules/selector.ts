import type { LabelSelector } from '#api'
import { show } from '#core'
import { isLabelValue, isQualifiedName } from '#materialize'
import type { Draft } from '../findings.ts'
import { labelDrafts } from './template-metadata.ts'

type Requirement = NonNullable<LabelSelector['matchExpressions']>[number]

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist']

const operatorDrafts = (at: string, { operator, values }: Requirement): Draft[] => {
  if (!operators.includes(operator)) {
    const message = `${show(operator)} is no operator`
    return [{ path: `${at}.operator`, message, remedy: 'write In, NotIn, Exists or DoesNotExist' }]
  }
  const wantsValues = operator === 'In' || operator === 'NotIn'
  if (wantsValues === Boolean(values?.length)) return []
  const message = wantsValues ? `${operator} needs values` : `${operator} takes no values`
  return [{ path: `${at}.values`, message, remedy: wantsValues ? 'list at least one' : 'remove them' }]
}

const keyDrafts = (at: string, { key }: Requirement): Draft[] => {
  if (isQualifiedName(key)) return []
  return [
    { path: `${at}.key`, message: `${show(key)} cannot be the key of a label`, remedy: 'use letters, digits, - _ .' },
  ]
}

const valueDrafts = (at: string, { values = [] }: Requirement): Draft[] =>
  values.flatMap((value, place): Draft[] => {
    const message = `${show(value)} is not a valid label value`
    return isLabelValue(value)
      ? []
      : [{ path: `${at}.values[${place}]`, message, remedy: 'use letters, digits, - _ .' }]
  })

/** Why a selector of labels would not compile, so that it selects nothing; nothing of one that is absent. */
export const labelSelectorDrafts = (path: string, selector: LabelSelector | undefined): Draft[] => [
  ...labelDrafts(`${path}.matchLabels`, selector?.matchLabels),
  ...(selector?.matchExpressions ?? []).flatMap((requirement, index) => {
    const at = `${path}.matchExpressions[${index}]`
    return [...operatorDrafts(at, requirement), ...keyDrafts(at, requirement), ...valueDrafts(at, requirement)]
  }),
]

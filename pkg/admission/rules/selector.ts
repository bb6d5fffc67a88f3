import type { LabelSelector } from '#api'
import { show } from '#core'
import { isLabelValue, isQualifiedName } from '#materialize'
import type { Draft } from '../findings.ts'
import { selectorDrafts } from './store-conditions.ts'
import { labelDrafts } from './template-metadata.ts'

const expressionDrafts = (path: string, { matchExpressions = [] }: LabelSelector): Draft[] =>
  matchExpressions.flatMap(({ key, values = [] }, index) => {
    const at = `${path}.matchExpressions[${index}]`
    const remedy = 'use letters, digits, - _ .'
    const wrong = values.flatMap((value, place): Draft[] =>
      isLabelValue(value)
        ? []
        : [{ path: `${at}.values[${place}]`, message: `${show(value)} is not a valid label value`, remedy }],
    )
    if (isQualifiedName(key)) return wrong
    return [{ path: `${at}.key`, message: `${show(key)} cannot be the key of a label`, remedy }, ...wrong]
  })

/** Why a selector of labels would not compile; nothing of one that is absent. */
export const labelSelectorDrafts = (path: string, selector: LabelSelector | undefined): Draft[] =>
  selector
    ? [
        ...labelDrafts(`${path}.matchLabels`, selector.matchLabels),
        ...selectorDrafts(path, selector),
        ...expressionDrafts(path, selector),
      ]
    : []

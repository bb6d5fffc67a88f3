import type { PushSecret, PushStoreRef } from '#api'
import type { Draft, Rule } from '../findings.ts'
import { labelSelectorDrafts } from './selector.ts'

/** What is wrong with how a store is named or selected. */
export const storeRefDrafts = (path: string, { name, labelSelector }: PushStoreRef): Draft[] => {
  if (!labelSelector) {
    return name ? [] : [{ path, message: 'names no store', remedy: 'give it a name or a labelSelector' }]
  }
  const wrong = labelSelectorDrafts(`${path}.labelSelector`, labelSelector)
  if (!name) return wrong
  const message = 'is not used: labelSelector is given too'
  return [...wrong, { path: `${path}.name`, message, remedy: 'remove one of them', level: 'warn' }]
}

export const pushStores: Rule<PushSecret> = {
  id: 'push-stores',
  doc: 'A PushSecret names the stores that it pushes with, or selects them by label; of both in one place the selector counts, with a warning.',
  warns: true,
  check: ({ spec }) => {
    const path = 'spec.secretStoreRefs'
    if (spec.secretStoreRefs.length === 0) return [{ path, message: 'is empty', remedy: 'name a store' }]
    return spec.secretStoreRefs.flatMap((ref, index) => storeRefDrafts(`${path}[${index}]`, ref))
  },
}

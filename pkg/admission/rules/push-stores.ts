import type { PushSecret, PushStoreRef } from '#api'
import type { Draft, Rule } from '../findings.ts'
import { labelSelectorDrafts } from './selector.ts'

/** security.md T17: each of them is compared with every store there is, and each store that is chosen gets all items. */
export const mostStores = 100

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
  doc: `A PushSecret names the stores to push with or selects them by label, with at most ${mostStores} entries; a name beside a selector is idle: a warning.`,
  warns: true,
  check: ({ spec }) => {
    const path = 'spec.secretStoreRefs'
    const { length } = spec.secretStoreRefs
    if (length === 0) return [{ path, message: 'is empty', remedy: 'name a store' }]
    if (length > mostStores) {
      const message = `has ${length} entries, more than ${mostStores}`
      return [{ path, message, remedy: 'select stores by label, or split it into several PushSecrets' }]
    }
    return spec.secretStoreRefs.flatMap((ref, index) => storeRefDrafts(`${path}[${index}]`, ref))
  },
}

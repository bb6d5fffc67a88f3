import type { SecretKeySelector } from '#api'
import type { Draft, Rule } from '../findings.ts'
import { akeyless, base, type Store } from './store.ts'

const selector = (field: string, to: SecretKeySelector | undefined): Draft[] => {
  const path = `${base}.authSecretRef.secretRef.${field}`
  const drafts: Draft[] = []
  if (!to?.name)
    drafts.push({ path: `${path}.name`, message: 'names no Secret', remedy: `name the Secret that holds ${field}` })
  if (!to?.key)
    drafts.push({ path: `${path}.key`, message: 'names no key', remedy: `name the key of the Secret, as ${field}` })
  return drafts
}

export const credentials: Rule<Store> = {
  id: 'credentials',
  doc: 'secretRef names Secret and key of accessID and accessType, and both or neither of accessTypeParam.',
  check: store => {
    const { secretRef, kubernetesAuth } = akeyless(store)?.authSecretRef ?? {}
    if (!secretRef || kubernetesAuth) return []
    const { accessID, accessType, accessTypeParam: param } = secretRef
    const drafts = [...selector('accessID', accessID), ...selector('accessType', accessType)]
    return param?.name || param?.key ? [...drafts, ...selector('accessTypeParam', param)] : drafts
  },
}

import type { Draft, Rule } from '../findings.ts'
import { akeyless, base, type Store } from './store.ts'

export const authMethod: Rule<Store> = {
  id: 'auth-method',
  doc: 'A store says how to log in: by secretRef or by kubernetesAuth. Of two, the one that counts is named in a warning.',
  warns: true,
  check: store => {
    const spec = akeyless(store)
    if (!spec) return []
    const path = `${base}.authSecretRef`
    const { secretRef, kubernetesAuth, serviceAccountRef } = spec.authSecretRef
    if (!secretRef && !kubernetesAuth) {
      const message = serviceAccountRef ? 'has a serviceAccountRef but no access id' : 'names no way to log in'
      return [{ path, message, remedy: 'add secretRef with accessID, accessType and accessTypeParam' }]
    }
    const drafts: Draft[] = []
    if (secretRef && kubernetesAuth) {
      const message = 'has kubernetesAuth and secretRef; kubernetesAuth is used'
      drafts.push({ path, message, remedy: 'remove the other one', level: 'warn' })
    }
    if (serviceAccountRef && kubernetesAuth) {
      const message = 'is not used: kubernetesAuth has a serviceAccountRef of its own'
      drafts.push({ path: `${path}.serviceAccountRef`, message, remedy: 'move it there, or remove it', level: 'warn' })
    }
    if (serviceAccountRef && spec.serviceAccountRef) {
      const message = 'is not used: authSecretRef has a serviceAccountRef too'
      drafts.push({ path: `${base}.serviceAccountRef`, message, remedy: 'remove it', level: 'warn' })
    }
    return drafts
  },
}

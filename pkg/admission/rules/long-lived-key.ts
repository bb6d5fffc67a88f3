import type { Rule } from '../findings.ts'
import { akeyless, base, type Store } from './store.ts'

export const longLivedKey: Rule<Store> = {
  id: 'long-lived-key',
  // of secretRef the manifest does not show whether what it names is a key: the guides' stores log in so with every access type
  doc: 'A store logs in with what ends by itself; a ServiceAccount token that is kept in a Secret does not, and is warned about.',
  warns: true,
  check: store => {
    const { secretRef, serviceAccountRef } = akeyless(store)?.authSecretRef.kubernetesAuth ?? {}
    if (!secretRef || serviceAccountRef) return []
    const path = `${base}.authSecretRef.kubernetesAuth.secretRef`
    const message = 'is a token that is kept in a Secret, and works until somebody deletes it'
    const remedy = 'name the ServiceAccount in serviceAccountRef: its tokens live for minutes'
    return [{ path, message, remedy, level: 'warn' }]
  },
}

import type { Rule } from '../findings.ts'
import { akeyless, base, type Store } from './store.ts'

export const longLivedKey: Rule<Store> = {
  id: 'long-lived-key',
  // that secretRef names an access key only a live check can tell, and of a SecretStore only where the policy names the rule: every
  // store of the guides logs in by one, and said of each of them it would be noise
  doc: 'A store logs in with what ends, not with a kept token of a ServiceAccount; a ClusterSecretStore (by policy, any) not with an access key.',
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

import type { Draft, Rule } from '../findings.ts'
import { akeyless, base, type Store } from './store.ts'

export const kubernetesAuth: Rule<Store> = {
  id: 'kubernetes-auth',
  doc: 'kubernetesAuth has accessID and k8sConfName, and a Secret name where it has a secretRef; not in this version yet: a warning.',
  check: store => {
    const auth = akeyless(store)?.authSecretRef.kubernetesAuth
    if (!auth) return []
    const path = `${base}.authSecretRef.kubernetesAuth`
    const later = 'is not supported by this version, and the store will not be ready'
    const remedy = 'use secretRef with an API key, or keep this store with ESO'
    const drafts: Draft[] = [{ path, message: later, remedy, level: 'warn' }]
    const blank = (field: string, remedy: string) =>
      drafts.push({ path: `${path}.${field}`, message: 'is empty', remedy })
    if (auth.accessID.trim() === '') blank('accessID', 'write the access id of the auth method, as p-…')
    if (auth.k8sConfName.trim() === '')
      blank('k8sConfName', 'write the name of the Kubernetes auth config of the gateway')
    if (auth.secretRef && !auth.secretRef.name) blank('secretRef.name', 'name the Secret that holds the token')
    return drafts
  },
}

import type { Rule } from '../findings.ts'
import { akeyless, type Store } from './store.ts'

export const storeOpen: Rule<Store> = {
  id: 'store-open',
  doc: 'A ClusterSecretStore says in conditions which namespaces may read with its identity; one that serves all without a word is warned about.',
  warns: true,
  check: store => {
    const provider = store.kind === 'ClusterSecretStore' ? akeyless(store) : undefined
    if (!provider || store.spec.conditions?.length) return []
    const { kubernetesAuth } = provider.authSecretRef
    const account = kubernetesAuth?.serviceAccountRef
    // each namespace logs in as a ServiceAccount of its own then
    if (account && !account.namespace) return []
    const message = 'are missing: every namespace of the cluster may read with the identity of this store'
    const remedy = 'list namespaces or a namespaceSelector; namespaceSelector: {} says that all are meant'
    return [{ path: 'spec.conditions', message, remedy, level: 'warn' }]
  },
}

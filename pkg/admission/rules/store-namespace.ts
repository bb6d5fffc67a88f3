import { show } from '#core'
import type { Draft, Rule } from '../findings.ts'
import { pointers, type Store } from './store.ts'

export const storeNamespace: Rule<Store> = {
  id: 'store-namespace',
  doc: 'A SecretStore points into its own namespace only; a ClusterSecretStore names the namespace of all but ServiceAccounts.',
  check: store =>
    pointers(store).flatMap(({ path, to, referent }): Draft[] => {
      const { namespace } = to
      if (store.kind === 'ClusterSecretStore') {
        if (namespace || referent) return []
        return [
          {
            path: `${path}.namespace`,
            message: 'is missing',
            remedy: 'a ClusterSecretStore has none of its own: name it',
          },
        ]
      }
      const own = store.metadata.namespace
      if (!namespace || own === undefined || namespace === own) return []
      const message = `${show(namespace)} is not the namespace of this SecretStore`
      return [
        {
          path: `${path}.namespace`,
          message,
          remedy: `leave it out or write ${own}; across namespaces use a ClusterSecretStore`,
        },
      ]
    }),
}

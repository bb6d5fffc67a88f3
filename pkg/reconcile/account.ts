import type { Store } from './store.ts'

/**
 * The ServiceAccount that a store names; undefined where it names none. The spec is taken as the mutating webhook would leave it
 * (decision 24): it may have come past it.
 */
export const accountNamed = ({ spec }: Store) => {
  const { authSecretRef, serviceAccountRef } = spec.provider.akeyless ?? {}
  return authSecretRef?.kubernetesAuth
    ? authSecretRef.kubernetesAuth.serviceAccountRef
    : (authSecretRef?.serviceAccountRef ?? serviceAccountRef)
}

/**
 * Whether the store logs in as a ServiceAccount of whoever reads: then it has no identity of its own that could be tried
 * (akeyless.md §4.1).
 */
export const isReferent = (store: Store): boolean => {
  const account = accountNamed(store)
  return store.kind === 'ClusterSecretStore' && account !== undefined && !account.namespace
}

/** How the account of this name in every namespace is filed: no namespace has such a name. */
export const anywhere = (name: string): string => `*/${name}`

/** `namespace/name` of the ServiceAccount that a store logs in as; of a referent store it is `anywhere`. */
export const accountRefs = (store: Store): readonly string[] => {
  const account = accountNamed(store)
  if (!account) return []
  if (isReferent(store)) return [anywhere(account.name)]
  const namespace = store.kind === 'SecretStore' ? store.metadata.namespace : account.namespace
  return [`${namespace ?? ''}/${account.name}`]
}

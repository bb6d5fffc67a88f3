import type { ProjectedToken } from '#api'
import { reach } from '../reach.ts'
import { base, type Context } from './selectors.ts'

export const accountPath = `${base}.serviceAccountRef`

/** Where we may not watch ServiceAccounts, what is wrong with one is looked at again after this. */
export const unwatchedMs = 10e3

export interface AccountRef {
  readonly name: string
  readonly namespace?: string | undefined
  readonly audiences?: readonly string[] | undefined
}

/**
 * The ServiceAccount that a ref names. A SecretStore reaches its own namespace only (security.md T6); a ClusterSecretStore names
 * one, or means the account of that name in the namespace of each ExternalSecret (akeyless.md §4.1). Throws Fault.
 */
export const accountOf = ({ store, namespace }: Context, ref: AccountRef, path: string) => ({
  namespace: store.kind === 'ClusterSecretStore' ? ref.namespace || namespace : reach(store.kind, namespace, ref, path),
  name: ref.name,
  audiences: ref.audiences ?? [],
})

/** The token of that ServiceAccount; without a ref, of the process itself (decision 24). */
export const tokenOf = (
  context: Context,
  ref: AccountRef | undefined,
  path: string,
  audiences: readonly string[] = [],
): ProjectedToken => {
  if (!ref) return { from: 'own', audiences }
  const account = accountOf(context, ref, path)
  return {
    from: 'service-account',
    ...account,
    audiences: account.audiences.length > 0 ? account.audiences : audiences,
  }
}

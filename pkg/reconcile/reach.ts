import { Fault } from '#core'
import type { Store } from './store.ts'

/**
 * The namespace of whatever a store points at: the one rule for every reference that could cross namespaces (security.md T6).
 * A SecretStore reaches its own namespace only; a ClusterSecretStore says which, always. Throws Fault SpecInvalid.
 */
export const reach = (
  storeKind: Store['kind'],
  namespace: string,
  ref: { readonly namespace?: string | undefined },
  path: string,
): string => {
  if (storeKind === 'SecretStore') {
    if (!ref.namespace || ref.namespace === namespace) return namespace
    throw new Fault('SpecInvalid', `a SecretStore reaches no other namespace than its own`, {
      path: `${path}.namespace`,
      remedy: `leave it out, or write ${namespace}`,
    })
  }
  if (ref.namespace) return ref.namespace
  throw new Fault('SpecInvalid', 'a ClusterSecretStore has no namespace of its own', {
    path: `${path}.namespace`,
    remedy: 'name the namespace',
  })
}

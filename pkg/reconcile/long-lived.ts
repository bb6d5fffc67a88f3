import { type Finding, longLivedKey, stamp } from '#admission'
import type { Identity, Policy } from '#api'
import type { Store } from './store.ts'

/**
 * A key that never ends opens the vault to whoever copies it. Said of a ClusterSecretStore, on which many namespaces hang, and of any
 * store where the policy names the rule: every quick start logs in so.
 */
export const keyFindings = (
  store: Store,
  identity: Identity | undefined,
  policy: Policy | undefined,
): readonly Finding[] => {
  const isWanted = store.kind === 'ClusterSecretStore' || Object.hasOwn(policy?.rules ?? {}, longLivedKey.id)
  if (identity?.login.type !== 'api_key' || !isWanted) return []
  const path = 'spec.provider.akeyless.authSecretRef'
  const message = 'logs in by an access key, which is good until somebody changes it'
  const remedy = 'log in by an identity that proves itself, as kubernetesAuth or the cloud does'
  return [stamp(longLivedKey.id, { path, message, remedy, level: 'warn' })]
}

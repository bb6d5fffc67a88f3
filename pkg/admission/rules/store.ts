import type { AkeylessProvider, ClusterSecretStore, SecretKeySelector, SecretStore, ServiceAccountSelector } from '#api'

export type Store = SecretStore | ClusterSecretStore

export const base = 'spec.provider.akeyless'

/** The Akeyless provider of a store that has this provider alone; others are not ours to judge. */
export const akeyless = ({ spec }: Store): AkeylessProvider | undefined =>
  Object.keys(spec.provider).length === 1 ? spec.provider.akeyless : undefined

/** A place in a store that points at a Secret, a ConfigMap or a ServiceAccount. */
export interface Pointer {
  readonly path: string
  readonly to: SecretKeySelector | ServiceAccountSelector | NonNullable<AkeylessProvider['caProvider']>
  /** A ServiceAccount, which without a namespace means the one of that name beside each ExternalSecret. */
  readonly referent: boolean
}

/** Every such place that is filled in. accessTypeParam counts once it names something: most access types need none. */
export const pointers = (store: Store): Pointer[] => {
  const spec = akeyless(store)
  if (!spec) return []
  const { secretRef, kubernetesAuth, serviceAccountRef } = spec.authSecretRef
  const param = secretRef?.accessTypeParam
  const all: readonly [string, Pointer['to'] | undefined][] = [
    ['authSecretRef.secretRef.accessID', secretRef?.accessID],
    ['authSecretRef.secretRef.accessType', secretRef?.accessType],
    ['authSecretRef.secretRef.accessTypeParam', param?.name ? param : undefined],
    ['authSecretRef.kubernetesAuth.serviceAccountRef', kubernetesAuth?.serviceAccountRef],
    ['authSecretRef.kubernetesAuth.secretRef', kubernetesAuth?.secretRef],
    ['authSecretRef.serviceAccountRef', serviceAccountRef],
    ['serviceAccountRef', spec.serviceAccountRef],
    ['caProvider', spec.caProvider],
  ]
  return all.flatMap(([field, to]) =>
    to ? [{ path: `${base}.${field}`, to, referent: field.endsWith('serviceAccountRef') }] : [],
  )
}

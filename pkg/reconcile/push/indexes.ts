import type { PushEntry, PushSecret } from '#api'
import { itemPath, templateSources } from '#materialize'
import { type Store, storeKey } from '../store.ts'
import { storeOfId } from './record.ts'

export const pushStoreIndex = 'store'
export const pushSourceIndex = 'source'
export const pushItemIndex = 'item'

/** Filed for every store of a kind in a namespace, where labels choose. */
export const anyStore = (kind: Store['kind'], namespace: string | undefined): string =>
  kind === 'SecretStore' ? `${kind}/${namespace ?? ''}/*` : `${kind}/*`

/** Filed for every Secret of a namespace, where labels choose. */
export const anySecret = (namespace: string | undefined): string => `${namespace ?? ''}/*`

/** Stores that it pushes to, and those through which something is to be deleted yet. */
const storeRefs = ({ metadata, spec, status }: PushSecret): readonly string[] => {
  const { namespace } = metadata
  const named = spec.secretStoreRefs.flatMap(({ kind, name, labelSelector }) =>
    labelSelector ? [anyStore(kind, namespace)] : name ? [storeKey(kind, namespace, name)] : [],
  )
  const recorded = Object.keys(status?.syncedPushSecrets ?? {}).flatMap(id => {
    const store = storeOfId(id)
    return store ? [storeKey(store.kind, namespace, store.name)] : []
  })
  return [...new Set([...named, ...recorded])]
}

/** `namespace/name` of the Secret that is pushed and of everything that its template takes texts from. */
const sourceRefs = ({ metadata: { namespace }, spec }: PushSecret): readonly string[] => {
  const { secret } = spec.selector
  const pushed = secret?.name ? [`${namespace}/${secret.name}`] : secret ? [anySecret(namespace)] : []
  const texts = templateSources(spec.template).map(({ name }) => `${namespace}/${name}`)
  return [...new Set([...pushed, ...texts])]
}

/** Paths of the items to which it pushed. */
const items = ({ status }: PushSecret): readonly string[] => {
  const entries = Object.values(status?.syncedPushSecrets ?? {}).flatMap(Object.values<PushEntry>)
  return [...new Set(entries.map(({ match }) => itemPath(match.remoteRef.remoteKey)))]
}

/** How the snapshot of PushSecrets must be filed. */
export const pushIndexes = {
  [pushStoreIndex]: storeRefs,
  [pushSourceIndex]: sourceRefs,
  [pushItemIndex]: items,
} as const

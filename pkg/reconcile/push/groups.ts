import type { PushSecret } from '#api'
import { groupsThrough } from '../groups.ts'
import type { Groups } from '../lanes.ts'
import type { Deps } from '../ports.ts'
import { isOurs } from '../store.ts'
import { lookUp, standing } from '../stores.ts'
import { storeOfId } from './record.ts'

type Knowing = Pick<Deps, 'stores' | 'clusterStores' | 'namespaces' | 'controllerClass'>

/** Every store that a pass may go through, `Kind/name`: those that are named now, and those of what is to be deleted. */
const idsOf = ({ spec, status }: PushSecret): readonly string[] => [
  ...spec.secretStoreRefs.map(({ kind, name, labelSelector }) => `${kind}/${labelSelector ? '' : (name ?? '')}`),
  ...Object.keys(status?.syncedPushSecrets ?? {}),
]

/** Whether it is a ClusterSecretStore that serves the namespace: no tenant can make up such names. */
const isShared = (id: string, namespace: string, deps: Knowing): boolean => {
  const named = storeOfId(id)
  const store = named?.kind === 'ClusterSecretStore' ? lookUp(named, namespace, deps) : undefined
  if (!store || !isOurs(store, deps.controllerClass)) return false
  const verdict = standing(store, namespace, '', deps)
  return !(typeof verdict === 'object' && verdict.code === 'StoreDenied')
}

/**
 * Whose work a PushSecret is (security.md T30): that of its ClusterSecretStore where nothing but such stores is in play, and else that of
 * its namespace. A tenant would get a share of the workers for each name otherwise.
 */
export const pushGroups = (pushSecret: PushSecret | undefined, deps: Knowing): Groups | undefined => {
  if (!pushSecret) return undefined
  const { namespace = '' } = pushSecret.metadata
  const ids = idsOf(pushSecret)
  const first = storeOfId(ids[0] ?? '')
  return first?.kind === 'ClusterSecretStore' && ids.every(id => isShared(id, namespace, deps))
    ? groupsThrough(first.kind, namespace, first.name)
    : [`Namespace/${namespace}`, `Push/${namespace}`]
}

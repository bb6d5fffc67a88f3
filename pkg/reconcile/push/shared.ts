import type { PushEntry, PushSecret } from '#api'
import { itemPath } from '#materialize'
import { gatewayOf, originOf } from '../gateway.ts'
import { keyOf } from '../store.ts'
import type { Door } from './door.ts'
import { storeNamed } from './doors.ts'
import { pushItemIndex } from './indexes.ts'
import type { PushPass } from './pass.ts'

/** Whether what one pushed is in what goes with the other. */
const isPartOf = ({ match: { remoteRef: a } }: PushEntry, { match: { remoteRef: b } }: PushEntry): boolean =>
  itemPath(a.remoteKey) === itemPath(b.remoteKey) && (!a.property || !b.property || a.property === b.property)

/**
 * Another PushSecret that pushed to the place that is to be deleted, and stays. Only one that goes through the same store, or is in the same
 * namespace: a stranger whose store merely names the same gateway must not keep others from deleting what is theirs.
 */
export const sharerOf = ({ deps, pushSecret }: PushPass, door: Door, entry: PushEntry): PushSecret | undefined => {
  const leadsThere = (other: PushSecret, storeId: string): boolean => {
    const { namespace = '' } = other.metadata
    const store = storeNamed(storeId, namespace, deps)
    if (!store || gatewayOf(store) !== originOf(door.identity.gateway)) return false
    return namespace === pushSecret.metadata.namespace || keyOf(store) === keyOf(door.store)
  }
  const stays = ({ metadata }: PushSecret): boolean =>
    metadata.deletionTimestamp === undefined && !deps.namespaces.get(metadata.namespace ?? '')?.terminating
  return deps.pushSecrets
    .by(pushItemIndex, itemPath(entry.match.remoteRef.remoteKey))
    .find(
      other =>
        other.metadata.uid !== pushSecret.metadata.uid &&
        stays(other) &&
        Object.entries(other.status?.syncedPushSecrets ?? {}).some(
          ([storeId, entries]) =>
            Object.values(entries).some(each => isPartOf(each, entry)) && leadsThere(other, storeId),
        ),
    )
}

import type { PushEntry, PushSecret } from '#api'
import { itemPath } from '#materialize'
import { gatewayOf, originOf } from '../gateway.ts'
import { keyOf } from '../store.ts'
import { accountOf, type Door, isOneAccount } from './door.ts'
import { storeNamed } from './doors.ts'
import { pushItemIndex } from './indexes.ts'
import { type PushPass, placeKey } from './pass.ts'

/** Whether what one pushed is in what goes with the other. */
const isPartOf = ({ match: { remoteRef: a } }: PushEntry, { match: { remoteRef: b } }: PushEntry): boolean =>
  itemPath(a.remoteKey) === itemPath(b.remoteKey) && (!a.property || !b.property || a.property === b.property)

/** Whether it is another one, and does not go. */
type Stays = (other: PushSecret | undefined) => other is PushSecret

/** Through the same store, or as the same identity: then it is the same item, and whoever may push it may well keep it. */
const claimed = ({ deps, parts, pushSecret }: PushPass, door: Door, entry: PushEntry, stays: Stays) => {
  const account = accountOf(door)
  for (const claim of parts.claims.at(placeKey(door, entry.match.remoteRef.remoteKey))) {
    if (claim.uid === pushSecret.metadata.uid || !isOneAccount(claim, account) || !isPartOf(claim.entry, entry))
      continue
    const other = deps.pushSecrets.get(claim.key)
    if (stays(other) && other.metadata.uid === claim.uid) return other
  }
  return undefined
}

/** By the status of those that have made no pass yet. Within a namespace another store of the gateway may lead there too. */
const written = ({ deps, parts, pushSecret }: PushPass, door: Door, entry: PushEntry, stays: Stays) => {
  const leadsThere = (other: PushSecret, storeId: string): boolean => {
    const { namespace = '' } = other.metadata
    const store = storeNamed(storeId, namespace, deps)
    if (!store || gatewayOf(store) !== originOf(door.identity.gateway)) return false
    return namespace === pushSecret.metadata.namespace || keyOf(store) === keyOf(door.store)
  }
  return deps.pushSecrets
    .by(pushItemIndex, itemPath(entry.match.remoteRef.remoteKey))
    .find(
      other =>
        !parts.claims.knows(other.metadata.uid ?? '') &&
        stays(other) &&
        Object.entries(other.status?.syncedPushSecrets ?? {}).some(
          ([storeId, entries]) =>
            leadsThere(other, storeId) && Object.values(entries).some(each => isPartOf(each, entry)),
        ),
    )
}

/**
 * Another PushSecret that pushes to the place that is to be deleted, and stays. A stranger whose store merely names the same gateway
 * is none: it must not keep others from deleting what is theirs.
 */
export const sharerOf = (pass: PushPass, door: Door, entry: PushEntry): PushSecret | undefined => {
  const { deps, pushSecret } = pass
  const stays: Stays = (other): other is PushSecret =>
    other !== undefined &&
    other.metadata.uid !== pushSecret.metadata.uid &&
    other.metadata.deletionTimestamp === undefined &&
    !deps.namespaces.get(other.metadata.namespace ?? '')?.terminating
  return claimed(pass, door, entry, stays) ?? written(pass, door, entry, stays)
}

import { type Context, refreshesOf } from '#admission'
import type { ExternalSecret } from '#api'
import type { Snapshot } from '#kube'
import { namespaceIndex } from '#reconcile'

/**
 * How many items a minute the ExternalSecrets of a namespace refresh, as the watch shows them. What one asks for is computed once:
 * objects of a snapshot do not change, they are replaced.
 */
export const refreshesIn = (objects: Pick<Snapshot<ExternalSecret>, 'by'>): NonNullable<Context['refreshes']> => {
  const known = new WeakMap<ExternalSecret, number>()
  const rateOf = (object: ExternalSecret): number => {
    const rate = known.get(object) ?? refreshesOf(object)
    known.set(object, rate)
    return rate
  }
  return (namespace, except) => {
    let sum = 0
    for (const object of objects.by(namespaceIndex, namespace)) {
      if (object.metadata.name !== except && object.metadata.deletionTimestamp === undefined) sum += rateOf(object)
    }
    return sum
  }
}

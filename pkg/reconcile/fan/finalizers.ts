import { asFault, Fault } from '#core'
import type { Deps, Namespace } from '../ports.ts'
import { fanRef } from './kinds.ts'
import type { FanObject } from './port.ts'

/** What ESO puts on a ClusterExternalSecret, and on each namespace that it serves; nobody takes them off once ESO is gone (compatibility.md §5). */
export const clusterFinalizer = 'externalsecrets.external-secrets.io/clusterexternalsecret-cleanup'
const namespacePrefix = 'externalsecrets.external-secrets.io/ces-'

/** Names of the ClusterExternalSecrets for which ESO holds a namespace. */
export const heldFor = ({ finalizers = [] }: Namespace): readonly string[] =>
  finalizers.flatMap(name => (name.startsWith(namespacePrefix) ? [name.slice(namespacePrefix.length)] : []))

const remedy = 'give that right: kubectl apply -f deploy/eso-finalizers.yaml'

/**
 * Takes ESO's finalizer for one ClusterExternalSecret off every namespace that has it, selected or not. The right to do so is given
 * apart from the others: without it, the fault says so, and the rest of the namespaces is not tried.
 */
export const freeNamespaces = async (
  deps: Pick<Deps, 'finalizers'>,
  name: string,
  held: readonly Namespace[],
  signal: AbortSignal,
): Promise<Fault | undefined> => {
  for (const namespace of held) {
    const ref = { kind: 'Namespace', apiVersion: 'v1', namespace: undefined, name: namespace.name } as const
    try {
      await deps.finalizers.remove({ ...ref, uid: namespace.uid ?? '' }, `${namespacePrefix}${name}`, signal)
    } catch (thrown) {
      const fault = asFault(thrown)
      return fault.message.includes('Forbidden') ? new Fault(fault.code, fault.message, { remedy }) : fault
    }
  }
  return undefined
}

/** ESO is at work too, and would be for ever. */
export const heldAgain = (retryAfterMs: number): Fault =>
  new Fault('ClusterRefused', 'ESO puts its finalizer on namespaces again and again', {
    retryAfterMs,
    remedy: 'end its reconciler of ClusterExternalSecrets (processClusterExternalSecret: false)',
  })

/** Takes ESO's finalizer off a ClusterExternalSecret that is being deleted. */
export const freeObject = async (
  deps: Pick<Deps, 'finalizers'>,
  object: FanObject,
  signal: AbortSignal,
): Promise<void> => {
  if (object.metadata.finalizers?.includes(clusterFinalizer)) {
    await deps.finalizers.remove(fanRef(object), clusterFinalizer, signal)
  }
}

import { asFault, Fault } from '#core'
import type { Deps, Namespace } from '../ports.ts'
import { fanRef } from './kinds.ts'
import type { FanObject } from './port.ts'

/** What ESO puts on a ClusterExternalSecret, and on each namespace that it serves; nobody takes them off once ESO is gone (compatibility.md §5). */
const clusterFinalizer = 'externalsecrets.external-secrets.io/clusterexternalsecret-cleanup'
const namespacePrefix = 'externalsecrets.external-secrets.io/ces-'

/** Names of the ClusterExternalSecrets for which ESO holds a namespace. */
export const heldFor = ({ finalizers = [] }: Namespace): readonly string[] =>
  finalizers.flatMap(name => (name.startsWith(namespacePrefix) ? [name.slice(namespacePrefix.length)] : []))

const remedy = 'if it is the right to do so that is missing: kubectl apply -f deploy/eso-finalizers.yaml'

// who has not the right has it nowhere
const mostRefusals = 3

/**
 * Takes ESO's finalizer for one ClusterExternalSecret off every namespace that has it, selected or not. The right to do so is given
 * apart from the others: the fault says so. One namespace that refuses does not keep the others; several in a row do.
 */
export const freeNamespaces = async (
  deps: Pick<Deps, 'finalizers'>,
  name: string,
  held: readonly Namespace[],
  signal: AbortSignal,
): Promise<Fault | undefined> => {
  let first: Fault | undefined
  let refusals = 0
  for (const namespace of held) {
    if (refusals === mostRefusals) break
    const ref = { kind: 'Namespace', apiVersion: 'v1', namespace: undefined, name: namespace.name } as const
    try {
      await deps.finalizers.remove({ ...ref, uid: namespace.uid ?? '' }, `${namespacePrefix}${name}`, signal)
      refusals = 0
    } catch (thrown) {
      signal.throwIfAborted()
      refusals += 1
      const { code, message, retryAfterMs } = asFault(thrown)
      first ??= new Fault(code, message, { remedy, retryAfterMs })
    }
  }
  return first
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

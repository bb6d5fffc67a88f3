import type { ExternalSecret } from '#api'
import { createdByHash } from '#core'
import { createdByLabel } from './marks.ts'
import type { Next } from './next.ts'
import { controls } from './owner.ts'
import type { Pass } from './pass.ts'
import type { Deps } from './ports.ts'
import { refOf } from './store.ts'

/** Whether ESO would delete something that no owner reference takes away: what it made under deletionPolicy Delete. */
const leavesWork = (externalSecret: ExternalSecret, { secrets }: Deps): boolean => {
  const { metadata, spec } = externalSecret
  const { namespace = '', name } = metadata
  if (spec.target.deletionPolicy !== 'Delete') return false
  if (spec.target.manifest !== undefined) return true
  const mark = createdByHash(namespace, name)
  return secrets
    .list()
    .filter(secret => secret.namespace === namespace && secret.labels[createdByLabel] === mark)
    .some(({ ownerReferences }) => !ownerReferences.some(owner => controls(owner, externalSecret)))
}

/**
 * ESO's finalizer is taken off; the Secret goes by its owner reference (decision 21). Without its store nobody can tell whose
 * object it is: where ESO has a clean-up to do yet, the finalizer stays for it, until the Secret is gone.
 */
export const release = async (
  { deps, externalSecret, signal }: Pass,
  knowsStores: boolean,
  finalizers: readonly string[],
): Promise<Next> => {
  if (!knowsStores && finalizers.length > 0 && leavesWork(externalSecret, deps)) {
    deps.observer.ignored(refOf(externalSecret), 'a store of it is gone, and ESO may have a Secret to delete')
    return { go: 'rest' }
  }
  for (const name of finalizers) await deps.finalizers.remove(refOf(externalSecret), name, signal)
  return { go: 'rest' }
}

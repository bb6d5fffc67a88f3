import { asFault, createdByHash, Fault } from '#core'
import { ownedIndex } from './indexes.ts'
import { createdByLabel, targetName } from './marks.ts'
import { controls } from './owner.ts'
import { type Pass, Refused } from './pass.ts'
import { refOf } from './store.ts'

const told = ({ deps, externalSecret }: Pass, message: string): void =>
  deps.events.record(refOf(externalSecret), { type: 'Normal', reason: 'Deleted', message })

/** Secrets that this ExternalSecret made under a former target name (compatibility.md §2.5, Owner). */
export const removeOrphans = async (pass: Pass): Promise<void> => {
  const { deps, key, externalSecret, signal } = pass
  if (externalSecret.spec.target.creationPolicy !== 'Owner') return
  const orphans = deps.secrets
    .by(ownedIndex, key)
    .filter(({ name, labels }) => name !== targetName(externalSecret) && labels[createdByLabel] !== undefined)
    .filter(({ ownerReferences }) => ownerReferences.some(owner => controls(owner, externalSecret)))
  for (const orphan of orphans) {
    await deps.secretWriter.remove(orphan, signal)
    told(pass, 'secret deleted because it was orphaned')
  }
}

/** Told with the items that are gone: they may come back, and a refusal alone would wait for an edit. */
const refused = (what: string, remedy: string, missing: readonly Fault[]): Refused =>
  new Refused([new Fault('SecretOwned', what, { path: 'spec.target.deletionPolicy', remedy }), ...missing])

/**
 * deletionPolicy Delete, once every item is gone: the Secret that this very ExternalSecret owns is deleted, after a second look
 * (decision 20). Whether there was one. Throws Refused where it is not ours to delete, or not yet.
 */
export const removeGone = async (pass: Pass, missing: readonly Fault[]): Promise<boolean> => {
  const { deps, parts, key, externalSecret, startedAt, signal } = pass
  const { namespace = '', name } = externalSecret.metadata
  const target = targetName(externalSecret)
  const existing = await deps.secretWriter.read(namespace, target, signal)
  if (!existing) return false
  if (externalSecret.spec.target.creationPolicy !== 'Owner') {
    throw refused(
      `Secret ${target} is not deleted, because creationPolicy is not Owner`,
      'write deletionPolicy: Retain',
      missing,
    )
  }
  const { metadata } = existing
  const ours =
    (metadata.ownerReferences ?? []).some(owner => controls(owner, externalSecret)) &&
    metadata.labels?.[createdByLabel] === createdByHash(namespace, name)
  if (!ours) throw refused(`Secret ${target} is not this ExternalSecret's to delete`, 'choose another name', missing)
  try {
    parts.guard.confirm(key, ['Secret', ...missing.map(fault => fault.path ?? '')], startedAt)
  } catch (thrown) {
    throw new Refused([asFault(thrown), ...missing])
  }
  const { uid = '', resourceVersion = '' } = metadata
  await deps.secretWriter.remove({ namespace, name: target, uid, resourceVersion }, signal)
  told(pass, 'secret deleted due to DeletionPolicy=Delete')
  return true
}

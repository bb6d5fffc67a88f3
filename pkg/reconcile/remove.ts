import { asFault, createdByHash, Fault } from '#core'
import { ownedIndex } from './indexes.ts'
import { createdByLabel, targetName } from './marks.ts'
import { controls } from './owner.ts'
import { type Pass, Refused } from './pass.ts'
import type { SecretDigest, SecretObject } from './ports.ts'
import { refOf } from './store.ts'

const told = ({ deps, externalSecret }: Pass, message: string): void =>
  deps.events.record(refOf(externalSecret), { type: 'Normal', reason: 'Deleted', message })

/** Secrets that this ExternalSecret made under a former target name (compatibility.md §2.5, Owner). */
const orphansOf = ({ deps, key, externalSecret }: Pass): readonly SecretDigest[] =>
  externalSecret.spec.target.creationPolicy === 'Owner'
    ? deps.secrets
        .by(ownedIndex, key)
        .filter(({ name, labels }) => name !== targetName(externalSecret) && labels[createdByLabel] !== undefined)
        .filter(({ ownerReferences }) => ownerReferences.some(owner => controls(owner, externalSecret)))
    : []

/** Deletes what was left under a former target name, once the Secret is under the present one. Throws Fault. */
export const removeOrphans = async (pass: Pass): Promise<void> => {
  for (const orphan of orphansOf(pass)) {
    await pass.deps.secretWriter.remove(orphan, pass.signal)
    told(pass, 'secret deleted because it was orphaned')
  }
}

/** Told with the items that are gone: they may come back, and a refusal alone would wait for an edit. */
const refused = (what: string, remedy: string, missing: readonly Fault[]): Refused =>
  new Refused([new Fault('SecretOwned', what, { path: 'spec.target.deletionPolicy', remedy }), ...missing])

/** Why the Secret is not this ExternalSecret's to delete. */
const refusedRemoval = (
  { externalSecret }: Pass,
  { metadata }: SecretObject,
  missing: readonly Fault[],
): Refused | undefined => {
  const { namespace = '', name } = externalSecret.metadata
  const say = `Secret ${metadata.name} is not`
  if (externalSecret.spec.target.creationPolicy !== 'Owner') {
    return refused(`${say} deleted, because creationPolicy is not Owner`, 'write deletionPolicy: Retain', missing)
  }
  const ours =
    (metadata.ownerReferences ?? []).some(owner => controls(owner, externalSecret)) &&
    metadata.labels?.[createdByLabel] === createdByHash(namespace, name)
  return ours ? undefined : refused(`${say} this ExternalSecret's to delete`, 'choose another name', missing)
}

/**
 * deletionPolicy Delete, once every item is gone: the Secret that this very ExternalSecret owns is deleted, after a second look
 * (decision 20), and what it left under a former name too. Whether there was any. Throws Refused where it is not ours to delete,
 * or not yet.
 */
export const removeGone = async (pass: Pass, missing: readonly Fault[]): Promise<boolean> => {
  const { deps, parts, key, externalSecret, startedAt, signal } = pass
  const { namespace = '' } = externalSecret.metadata
  const existing = await deps.secretWriter.read(namespace, targetName(externalSecret), signal)
  const fault = existing && refusedRemoval(pass, existing, missing)
  if (fault) throw fault
  if (!existing && orphansOf(pass).length === 0) return false
  try {
    parts.guard.confirm(key, ['Secret', ...missing.map(({ path }) => path ?? '')], startedAt, 'the Secret')
  } catch (thrown) {
    throw new Refused([asFault(thrown), ...missing])
  }
  if (existing) {
    const { name, uid = '', resourceVersion = '' } = existing.metadata
    await deps.secretWriter.remove({ namespace, name, uid, resourceVersion }, signal)
    told(pass, 'secret deleted due to DeletionPolicy=Delete')
  }
  await removeOrphans(pass)
  return true
}

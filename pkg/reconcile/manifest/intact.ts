import type { ExternalSecret } from '#api'
import { createdByHash } from '#core'
import { createdByLabel, dataHashAnnotation, managedLabel } from '../marks.ts'
import { controls } from '../owner.ts'
import { policyOf } from '../policy.ts'
import { objectHash } from './draft.ts'
import { fieldOf, type ManifestObject, type ObjectDigest } from './object.ts'

/** `unknown`: nobody has looked at this content since the process started; a live read tells (`holdsItsHash`). */
export type Intact = 'intact' | 'drifted' | 'unknown'

const isMarked = (externalSecret: ExternalSecret, { labels, ownerReferences }: ObjectDigest): boolean => {
  const { name, namespace = '' } = externalSecret.metadata
  if (fieldOf(labels, managedLabel) !== 'true') return false
  if (!policyOf(externalSecret).owns) return true
  const made = fieldOf(labels, createdByLabel) === createdByHash(namespace, name)
  return made && ownerReferences.some(owner => controls(owner, externalSecret))
}

/**
 * Whether the object is as the last sync left it, by its metadata alone. `mark` is what that sync ended with; undefined where none
 * was in this process. What the creationPolicy does not guard always is (compatibility.md §2.2).
 */
export const isIntactObject = (
  externalSecret: ExternalSecret,
  digest: ObjectDigest | undefined,
  mark: string | undefined,
): Intact => {
  if (!policyOf(externalSecret).guards) return 'intact'
  if (!digest || !isMarked(externalSecret, digest)) return 'drifted'
  if (mark === undefined) return 'unknown'
  return mark === digest.mark ? 'intact' : 'drifted'
}

/** Whether the content is what its data-hash says. False too where the API server has filled in defaults since. */
export const holdsItsHash = (existing: ManifestObject): boolean =>
  fieldOf(existing.metadata.annotations ?? {}, dataHashAnnotation) === objectHash(existing)

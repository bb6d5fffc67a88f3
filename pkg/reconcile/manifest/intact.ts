import type { ExternalSecret } from '#api'
import { createdByHash, fieldManager } from '#core'
import { createdByLabel, dataHashAnnotation, managedLabel } from '../marks.ts'
import { controls } from '../owner.ts'
import { policyOf } from '../policy.ts'
import { objectHash } from './draft.ts'
import { contentOf, fieldOf, isFields, type ManifestObject, type ObjectDigest } from './object.ts'

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

const outsideHash = ['spec', 'status', 'immutable', 'type']

/** Whether there is content that the data-hash says nothing of: it covers `spec`, or `data` where there is no spec. */
const hasMore = (existing: ManifestObject): boolean => {
  const content = contentOf(existing)
  const hashed = Object.hasOwn(content, 'spec') ? [] : ['data']
  return Object.keys(content).some(field => !outsideHash.includes(field) && !hashed.includes(field))
}

/** Whether the content is what its data-hash says. False too where the API server has filled in defaults since. */
export const holdsItsHash = (existing: ManifestObject): boolean =>
  !hasMore(existing) && fieldOf(existing.metadata.annotations ?? {}, dataHashAnnotation) === objectHash(existing)

const ofContent = (fieldsV1: unknown): boolean =>
  isFields(fieldsV1) && Object.keys(fieldsV1).some(field => field !== 'f:metadata' && field !== 'f:status')

/**
 * Whether every field of the content was last set by this ExternalSecret, defaults of the API server included. A field that
 * somebody took away leaves no trace here.
 */
export const isWrittenByUs = ({ metadata }: ManifestObject, { metadata: { name } }: ExternalSecret): boolean => {
  const writers = (metadata.managedFields ?? []).filter(({ fieldsV1 }) => ofContent(fieldsV1))
  return writers.length > 0 && writers.every(({ manager }) => manager === fieldManager(name))
}

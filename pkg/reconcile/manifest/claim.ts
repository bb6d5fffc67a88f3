import type { ExternalSecret } from '#api'
import { createdByHash, Fault, fieldManager } from '#core'
import { replacesFetched } from '#materialize'
import { createdByLabel, managedLabel, targetName } from '../marks.ts'
import { controls, isExternalSecret, isOfName } from '../owner.ts'
import { policyOf } from '../policy.ts'
import type { ManagedField } from '../reference.ts'
import { refusal } from '../refusal.ts'
import { named } from '../words.ts'
import { type Fields, fieldOf, isFields, type ManifestObject } from './object.ts'

const at = 'spec.target.name'
/** What is not ours may go, or be handed over, and no watch tells of it: this often it is looked at again. Milliseconds. */
export const lookAgainMs = 30e3
const owned = (what: string, remedy: string): Fault =>
  new Fault('SecretOwned', what, { path: at, remedy, retryAfterMs: lookAgainMs })

const label = ({ kind, metadata }: ManifestObject): string => `${named(kind)} ${named(metadata.name)}`

const markOf = ({ metadata }: ExternalSecret): string => createdByHash(metadata.namespace ?? '', metadata.name)

/** Another ExternalSecret's is never touched; what any other controller owns takes fields beside its own, and no more. */
const foreignOwner = (externalSecret: ExternalSecret, existing: ManifestObject): Fault | undefined => {
  const { shares } = policyOf(externalSecret)
  const owner = (existing.metadata.ownerReferences ?? []).find(
    other => other.controller === true && !isOfName(other, externalSecret) && (!shares || isExternalSecret(other)),
  )
  if (!owner) return undefined
  return owned(`${label(existing)} belongs to ${named(owner.kind)} ${named(owner.name)}`, 'choose another name')
}

const esoManager = 'externalsecrets.external-secrets.io/'

const fieldsOf = ({ fieldsV1 }: ManagedField, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((at, step) => (isFields(at) ? fieldOf(at, step) : undefined), fieldsV1)

/** Whether a person set the managed label: what an ExternalSecret that merges puts there hands nothing over. */
const isHandedOver = ({ metadata }: ManifestObject): boolean => {
  const setters = (metadata.managedFields ?? []).filter(
    entry => fieldsOf(entry, 'f:metadata', 'f:labels', `f:${managedLabel}`) !== undefined,
  )
  return setters.length > 0 && setters.every(({ manager }) => !manager?.startsWith(esoManager))
}

/** Whether nobody else wrote content of it, as where an ExternalSecret of this name made it and did not own it. */
const isOursAlone = ({ metadata: { name } }: ExternalSecret, { metadata }: ManifestObject): boolean =>
  (metadata.managedFields ?? [])
    .filter(entry => fieldsOf(entry, 'f:data') !== undefined || fieldsOf(entry, 'f:spec') !== undefined)
    .every(({ manager }) => manager === fieldManager(name))

/** Where everything in the object becomes ours, it must be ours already: ESO would overwrite anything (compatibility.md §9, 25). */
const notOurs = (externalSecret: ExternalSecret, existing: ManifestObject): Fault | undefined => {
  if (policyOf(externalSecret).shares) return undefined
  const { ownerReferences = [], labels = {} } = existing.metadata
  if (ownerReferences.some(owner => isOfName(owner, externalSecret))) return undefined
  const maker = fieldOf(labels, createdByLabel)
  if (maker !== undefined && maker !== markOf(externalSecret)) {
    return owned(`${label(existing)} was made by another ExternalSecret`, 'choose another name')
  }
  if (fieldOf(labels, managedLabel) === 'true' && (isHandedOver(existing) || isOursAlone(externalSecret, existing))) {
    return undefined
  }
  const hand = `hand the object over with the label ${managedLabel}=true`
  return owned(
    `${label(existing)} is there and was not made by an ExternalSecret`,
    `choose another name, use creationPolicy Merge, or ${hand}`,
  )
}

const textAt = (object: Fields, key: string): string | undefined => {
  const value = fieldOf(object, key)
  return typeof value === 'string' ? value : undefined
}

const typed = (object: Fields) => {
  const type = textAt(object, 'type')
  return type === undefined ? {} : { type }
}

/** A Secret is under the rules of all Secrets, even as a manifest (security.md T10, T11). */
const protectedSecret = (
  externalSecret: ExternalSecret,
  wanted: Fields | undefined,
  existing: ManifestObject | undefined,
): Fault | undefined => {
  const { manifest, template } = externalSecret.spec.target
  if (manifest?.apiVersion !== 'v1' || manifest.kind !== 'Secret') return undefined
  // the fetched values would go to spec.data (compatibility.md §2.8), which no Secret has
  if (!replacesFetched(template ?? {})) {
    return new Fault('SpecInvalid', 'a Secret has no field for the fetched values here', {
      path: 'spec.target.manifest',
      remedy: 'leave out target.manifest: a Secret is what is made without it',
    })
  }
  const claim = {
    externalSecret,
    policy: policyOf(externalSecret),
    name: targetName(externalSecret),
    type: wanted && textAt(wanted, 'type'),
    data: undefined,
  }
  const { namespace = '' } = externalSecret.metadata
  const secret = existing && {
    apiVersion: 'v1' as const,
    kind: 'Secret' as const,
    metadata: { name: claim.name, namespace },
    ...typed(existing),
  }
  return refusal(claim, secret)
}

/**
 * Why the object must not be made or written; `wanted` is what templates made of it, undefined while the items are not read. Asked
 * before they are, a refusal costs no call and no lease.
 */
export const refusedObject = (
  externalSecret: ExternalSecret,
  existing: ManifestObject | undefined,
  wanted?: Fields,
): Fault | undefined =>
  protectedSecret(externalSecret, wanted, existing) ??
  (existing && (foreignOwner(externalSecret, existing) ?? notOurs(externalSecret, existing)))

/**
 * Why deletionPolicy Delete must not delete the object: it goes only where this very ExternalSecret controls it. ESO deletes what
 * has the name (compatibility.md §9, 25).
 */
export const refusedRemoval = (externalSecret: ExternalSecret, existing: ManifestObject): Fault | undefined => {
  const refuse = (what: string, remedy: string) =>
    new Fault('SecretOwned', `${label(existing)} ${what}`, { path: 'spec.target.deletionPolicy', remedy })
  if (!policyOf(externalSecret).owns) {
    return refuse('is not deleted, because creationPolicy is not Owner', 'write deletionPolicy: Retain')
  }
  const { ownerReferences = [], labels = {} } = existing.metadata
  const ours = ownerReferences.some(owner => controls(owner, externalSecret))
  if (ours && fieldOf(labels, createdByLabel) === markOf(externalSecret)) return undefined
  return refuse('is not this ExternalSecret’s to delete', 'choose another target.name')
}

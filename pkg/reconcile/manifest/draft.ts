import { isDeepStrictEqual } from 'node:util'
import type { ExternalSecret } from '#api'
import { createdByHash, Fault, fieldManager, unstructuredHash } from '#core'
import { writtenBy } from '../managed.ts'
import { createdByLabel, dataHashAnnotation, forceSyncMark, forceSyncOf, managedLabel, targetName } from '../marks.ts'
import { isOfName, ownerReference } from '../owner.ts'
import { policyOf } from '../policy.ts'
import type { OwnerReference } from '../ports.ts'
import { refusedObject } from './claim.ts'
import { contentOf, type Fields, fieldOf, holds, isFields, keptOf, type ManifestObject } from './object.ts'

type Texts = Readonly<Record<string, string>>

export type ObjectDraft =
  | { readonly do: 'create' | 'replace'; readonly object: ManifestObject }
  /** The object is there, with everything that is wanted. */
  | { readonly do: 'keep' }
  /** There is none, and the creationPolicy makes none. */
  | { readonly do: 'leave' }
  | { readonly do: 'refuse'; readonly fault: Fault }

/** The data-hash of an object: of its `spec`, else of its `data` (compatibility.md §2.8). */
export const objectHash = (object: Fields): string =>
  unstructuredHash(fieldOf(object, 'spec') ?? fieldOf(object, 'data') ?? {})

/**
 * What templates are laid over (compatibility.md §2.8): the object as it is where the creationPolicy shares it, else an empty one.
 * Of the metadata only what the ExternalSecret itself brings: where there is no template, its labels and annotations.
 */
export const baseObject = (
  externalSecret: ExternalSecret,
  manifest: { readonly apiVersion: string; readonly kind: string },
  existing: ManifestObject | undefined,
): ManifestObject => {
  const { apiVersion, kind } = manifest
  const { namespace = '', labels = {}, annotations = {} } = externalSecret.metadata
  const plain = externalSecret.spec.target.template === undefined
  const metadata = { name: targetName(externalSecret), namespace, ...(plain ? { labels, annotations } : {}) }
  const root = kind === 'ConfigMap' || kind === 'Secret' ? 'data' : 'spec'
  const content = existing && policyOf(externalSecret).shares ? contentOf(existing) : { [root]: {} }
  return { ...content, apiVersion, kind, metadata }
}

const textsIn = (object: Fields, name: 'labels' | 'annotations'): Texts => {
  const metadata = fieldOf(object, 'metadata')
  const texts = isFields(metadata) ? fieldOf(metadata, name) : undefined
  const entries = Object.entries(isFields(texts) ? texts : {})
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

const without = (texts: Texts | undefined, gone: (key: string, text: string) => boolean): Texts =>
  Object.fromEntries(Object.entries(texts ?? {}).filter(([key, text]) => !gone(key, text)))

const ourLabels = (externalSecret: ExternalSecret): Texts => {
  const { name, namespace = '' } = externalSecret.metadata
  const made = policyOf(externalSecret).owns ? { [createdByLabel]: createdByHash(namespace, name) } : {}
  return { ...made, [managedLabel]: 'true' }
}

/** The force-sync value that the object is written for, where no annotation of the template tells it already. */
const syncMark = (externalSecret: ExternalSecret, annotations: Texts): Texts => {
  const asked = forceSyncOf(externalSecret.metadata.annotations)
  return asked === undefined || asked === forceSyncOf(annotations) ? {} : { [forceSyncMark]: asked }
}

const ownersOf = (externalSecret: ExternalSecret, owners: readonly OwnerReference[]): readonly OwnerReference[] => {
  if (!policyOf(externalSecret).owns) {
    return owners.filter(owner => !(owner.controller === true && isOfName(owner, externalSecret)))
  }
  const ours = ownerReference(externalSecret)
  // in its old place, so that an equal list stays equal
  const index = owners.findIndex(owner => isOfName(owner, externalSecret))
  return index < 0 ? [...owners, ours] : owners.map((owner, position) => (position === index ? ours : owner))
}

const labelsFor = (externalSecret: ExternalSecret, placed: Fields, existing: ManifestObject | undefined): Texts => {
  const { name, namespace = '' } = externalSecret.metadata
  const mark = createdByHash(namespace, name)
  const written = existing && writtenBy(existing, fieldManager(name)).labels
  return {
    // the mark of an owner goes with the ownership, whoever wrote it down
    ...without(
      existing?.metadata.labels,
      (key, text) => written?.has(key) === true || (key === createdByLabel && text === mark),
    ),
    ...textsIn(placed, 'labels'),
    // ours come last: a template cannot unmark an object
    ...ourLabels(externalSecret),
  }
}

const annotationsFor = (
  externalSecret: ExternalSecret,
  placed: Fields,
  existing: ManifestObject | undefined,
): Texts => {
  const written = existing && writtenBy(existing, fieldManager(externalSecret.metadata.name)).annotations
  const own = textsIn(placed, 'annotations')
  return {
    ...without(existing?.metadata.annotations, key => written?.has(key) === true),
    ...own,
    ...syncMark(externalSecret, own),
    [dataHashAnnotation]: objectHash(placed),
  }
}

/** The whole object as it is to be. Who it is comes from the manifest and from what is there, never from a template. */
const wantedObject = (
  externalSecret: ExternalSecret,
  manifest: { readonly apiVersion: string; readonly kind: string },
  placed: Fields,
  existing: ManifestObject | undefined,
): ManifestObject => {
  const { managedFields: _, ...metadata } = existing?.metadata ?? {
    name: targetName(externalSecret),
    namespace: externalSecret.metadata.namespace ?? '',
  }
  const owners = ownersOf(externalSecret, existing?.metadata.ownerReferences ?? [])
  return {
    ...(existing ? keptOf(existing) : {}),
    ...contentOf(placed),
    apiVersion: manifest.apiVersion,
    kind: manifest.kind,
    // without managedFields the server keeps its own
    metadata: {
      ...metadata,
      labels: labelsFor(externalSecret, placed, existing),
      annotations: annotationsFor(externalSecret, placed, existing),
      ...(owners.length > 0 || existing?.metadata.ownerReferences ? { ownerReferences: owners } : {}),
    },
  }
}

const sameMetadata = (a: ManifestObject, b: ManifestObject): boolean => {
  const part = ({ metadata }: ManifestObject) => ({
    labels: { ...metadata.labels },
    annotations: { ...metadata.annotations },
    owners: (metadata.ownerReferences ?? []).map(owner => ({ ...owner })),
  })
  return isDeepStrictEqual(part(a), part(b))
}

const frozen = (existing: ManifestObject): Fault => {
  const { kind, metadata } = existing
  return new Fault('SecretImmutable', `${kind} ${metadata.name} is immutable and holds other data`, {
    path: 'spec.target.name',
    remedy: `delete ${kind} ${metadata.name}, or choose another name`,
  })
}

const isFrozen = ({ apiVersion, immutable }: ManifestObject): boolean => apiVersion === 'v1' && immutable === true

/**
 * The write that turns what is there into what templates made of `baseObject` (compatibility.md §2.4, §2.5, §2.8; decision 31): our
 * stale labels and annotations gone, everything foreign in the metadata kept. `manifest` is spec.target.manifest.
 */
export const draftObject = (
  externalSecret: ExternalSecret,
  manifest: { readonly apiVersion: string; readonly kind: string },
  placed: Fields,
  existing: ManifestObject | undefined,
): ObjectDraft => {
  const { writes, creates } = policyOf(externalSecret)
  if (!writes) return { do: existing ? 'keep' : 'leave' }
  const fault = refusedObject(externalSecret, existing, placed)
  if (fault) return { do: 'refuse', fault }
  const object = wantedObject(externalSecret, manifest, placed, existing)
  if (!existing) return creates ? { do: 'create', object } : { do: 'leave' }
  const held = holds(existing, object)
  if (!held && isFrozen(existing)) return { do: 'refuse', fault: frozen(existing) }
  return held && sameMetadata(existing, object) ? { do: 'keep' } : { do: 'replace', object }
}

import { isDeepStrictEqual } from 'node:util'
import type { ExternalSecret } from '#api'
import { createdByHash, dataHash, type Fault, fieldManager, type Sensitive } from '#core'
import type { SecretShape } from '#materialize'
import { writtenBy } from './managed.ts'
import { createdByLabel, dataHashAnnotation, forceSyncMark, forceSyncOf, managedLabel, targetName } from './marks.ts'
import { controls, isOfName, ownerReference } from './owner.ts'
import type { OwnerReference, SecretDigest, SecretObject } from './ports.ts'
import { refusal } from './refusal.ts'

type Texts = Readonly<Record<string, string>>

/** What the Secret of an ExternalSecret must hold: everything that is ours in it, ready to be compared and written. */
export interface Wanted {
  readonly externalSecret: ExternalSecret
  readonly name: string
  readonly namespace: string
  /** base64 */
  readonly data: Texts
  readonly dataHash: string
  readonly type: string | undefined
  readonly labels: Texts
  readonly annotations: Texts
  readonly finalizers: readonly string[]
}

export type Draft =
  | { readonly do: 'create' | 'replace'; readonly secret: SecretObject }
  /** The Secret is there, to the byte. */
  | { readonly do: 'keep' }
  | { readonly do: 'refuse'; readonly fault: Fault }

/** Labels, annotations and data as ESO writes them for creationPolicy Owner (compatibility.md §2.4, §2.5). */
export const want = (
  externalSecret: ExternalSecret,
  data: ReadonlyMap<string, Sensitive>,
  shape: SecretShape,
): Wanted => {
  const { name, namespace = '' } = externalSecret.metadata
  const bytes = new Map([...data].map(([key, value]) => [key, value.reveal()]))
  const hash = dataHash(bytes)
  const asked = forceSyncOf(externalSecret.metadata.annotations)
  const marked = asked === undefined || asked === forceSyncOf(shape.annotations)
  return {
    externalSecret,
    namespace,
    name: targetName(externalSecret),
    data: Object.fromEntries([...bytes].map(([key, value]) => [key, value.toString('base64')])),
    dataHash: hash,
    type: shape.type,
    // ours come last: a template cannot unmark a Secret
    labels: { ...shape.labels, [createdByLabel]: createdByHash(namespace, name), [managedLabel]: 'true' },
    annotations: {
      ...shape.annotations,
      ...(marked ? {} : { [forceSyncMark]: asked }),
      [dataHashAnnotation]: hash,
    },
    finalizers: shape.finalizers,
  }
}

const without = (texts: Texts | undefined, gone: ReadonlySet<string>): Texts =>
  Object.fromEntries(Object.entries(texts ?? {}).filter(([key]) => !gone.has(key)))

/** The owners with ours among them, in its old place, so that an equal list stays equal. */
const owned = (externalSecret: ExternalSecret, owners: readonly OwnerReference[]): readonly OwnerReference[] => {
  const ours = ownerReference(externalSecret)
  const index = owners.findIndex(owner => isOfName(owner, externalSecret))
  return index < 0 ? [...owners, ours] : owners.map((owner, position) => (position === index ? ours : owner))
}

const fresh = (wanted: Wanted): SecretObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: wanted.name,
    namespace: wanted.namespace,
    labels: wanted.labels,
    annotations: wanted.annotations,
    ownerReferences: [ownerReference(wanted.externalSecret)],
    ...(wanted.finalizers.length > 0 ? { finalizers: wanted.finalizers } : {}),
  },
  ...(wanted.type === undefined ? {} : { type: wanted.type }),
  data: wanted.data,
})

/** The finalizers that are there, and those of the template; a Secret on its way out takes no new ones. */
const finalizersOf = (wanted: Wanted, { metadata }: SecretObject): readonly string[] => {
  const present = metadata.finalizers ?? []
  if (metadata['deletionTimestamp'] !== undefined) return present
  return [...present, ...wanted.finalizers.filter(name => !present.includes(name))]
}

const merged = (wanted: Wanted, existing: SecretObject): SecretObject => {
  const { managedFields: _, ...metadata } = existing.metadata
  const written = writtenBy(existing, fieldManager(wanted.externalSecret.metadata.name))
  const finalizers = finalizersOf(wanted, existing)
  return {
    ...existing,
    // without managedFields the server keeps its own
    metadata: {
      ...metadata,
      labels: { ...without(existing.metadata.labels, written.labels), ...wanted.labels },
      annotations: { ...without(existing.metadata.annotations, written.annotations), ...wanted.annotations },
      ownerReferences: owned(wanted.externalSecret, existing.metadata.ownerReferences ?? []),
      ...(finalizers.length > 0 ? { finalizers } : {}),
    },
    data: wanted.data,
  }
}

const same = (a: SecretObject, b: SecretObject): boolean => {
  const part = ({ metadata, data }: SecretObject) => ({
    labels: { ...metadata.labels },
    annotations: { ...metadata.annotations },
    owners: (metadata.ownerReferences ?? []).map(owner => ({ ...owner })),
    finalizers: [...(metadata.finalizers ?? [])],
    data: { ...data },
  })
  return isDeepStrictEqual(part(a), part(b))
}

/**
 * The write that turns what is there into what is wanted: data from scratch, our stale labels and annotations gone, everything
 * foreign kept; `keep` where that changes nothing (compatibility.md §2.4, §2.5 Owner; decision 31).
 */
export const draft = (wanted: Wanted, existing: SecretObject | undefined): Draft => {
  const fault = refusal(wanted, existing)
  if (fault) return { do: 'refuse', fault }
  if (!existing) return { do: 'create', secret: fresh(wanted) }
  const secret = merged(wanted, existing)
  return same(secret, existing) ? { do: 'keep' } : { do: 'replace', secret }
}

const holds = (texts: Texts, wanted: Texts): boolean =>
  Object.entries(wanted).every(([key, text]) => texts[key] === text)

/**
 * Whether the Secret as the watch saw it needs no write. Good only while labels and annotations of the ExternalSecret are those
 * of the last sync: which labels are stale, managedFields tell, and those are not kept in memory.
 */
export const isCurrent = (wanted: Wanted, digest: SecretDigest): boolean =>
  digest.dataHash === wanted.dataHash &&
  (wanted.type === undefined || wanted.type === digest.type) &&
  holds(digest.labels, wanted.labels) &&
  holds(digest.annotations, wanted.annotations) &&
  digest.ownerReferences.some(owner => controls(owner, wanted.externalSecret))

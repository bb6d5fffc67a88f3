import { isDeepStrictEqual } from 'node:util'
import type { ExternalSecret } from '#api'
import { createdByHash, dataHash, type Fault, fieldManager } from '#core'
import type { SecretShape, Values } from '#materialize'
import { writtenBy } from './managed.ts'
import { createdByLabel, dataHashAnnotation, forceSyncMark, forceSyncOf, managedLabel, targetName } from './marks.ts'
import { controls, isOfName, ownerReference } from './owner.ts'
import { type Policy, policyOf } from './policy.ts'
import type { OwnerReference, SecretDigest, SecretObject } from './ports.ts'
import { refusal } from './refusal.ts'

type Texts = Readonly<Record<string, string>>

/** What the Secret of an ExternalSecret must hold: everything that is ours in it, ready to be compared and written. */
export interface Wanted {
  readonly externalSecret: ExternalSecret
  readonly policy: Policy
  readonly name: string
  readonly namespace: string
  /** base64 */
  readonly data: Texts
  readonly type: string | undefined
  readonly immutable: boolean
  readonly labels: Texts
  /** Without the hash of the data, which may hold keys of others too. */
  readonly annotations: Texts
  readonly finalizers: readonly string[]
}

export type Draft =
  | { readonly do: 'create'; readonly secret: SecretObject }
  /** `drops`: keys that the Secret holds and would no longer; `of`: how many of its keys are ours. */
  | { readonly do: 'replace'; readonly secret: SecretObject; readonly drops: readonly string[]; readonly of: number }
  /** The Secret is there, to the byte. */
  | { readonly do: 'keep' }
  /** There is none, and the creationPolicy makes none. */
  | { readonly do: 'leave' }
  | { readonly do: 'refuse'; readonly fault: Fault }

const encoded = (data: Values): Texts =>
  Object.fromEntries([...data].map(([key, value]) => [key, value.reveal().toString('base64')]))

const hashOf = (data: Texts): string =>
  dataHash(new Map(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64')])))

/** Labels, annotations and data as ESO writes them (compatibility.md §2.4, §2.5). */
export const want = (externalSecret: ExternalSecret, data: Values, shape: SecretShape): Wanted => {
  const { name, namespace = '' } = externalSecret.metadata
  const policy = policyOf(externalSecret)
  const asked = forceSyncOf(externalSecret.metadata.annotations)
  const marked = asked === undefined || asked === forceSyncOf(shape.annotations)
  return {
    externalSecret,
    policy,
    namespace,
    name: targetName(externalSecret),
    data: encoded(data),
    type: shape.type,
    immutable: externalSecret.spec.target.immutable ?? false,
    // ours come last: a template cannot unmark a Secret
    labels: {
      ...shape.labels,
      ...(policy.owns ? { [createdByLabel]: createdByHash(namespace, name) } : {}),
      [managedLabel]: 'true',
    },
    annotations: { ...shape.annotations, ...(marked ? {} : { [forceSyncMark]: asked }) },
    finalizers: shape.finalizers,
  }
}

const without = (texts: Texts | undefined, gone: (key: string, text: string) => boolean): Texts =>
  Object.fromEntries(Object.entries(texts ?? {}).filter(([key, text]) => !gone(key, text)))

/** The owners with ours among them, in its old place, so that an equal list stays equal; without it where we own nothing. */
const owned = ({ externalSecret, policy }: Wanted, owners: readonly OwnerReference[]): readonly OwnerReference[] => {
  if (!policy.owns) return owners.filter(owner => !(owner.controller === true && isOfName(owner, externalSecret)))
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
    annotations: { ...wanted.annotations, [dataHashAnnotation]: hashOf(wanted.data) },
    ...(wanted.policy.owns ? { ownerReferences: [ownerReference(wanted.externalSecret)] } : {}),
    ...(wanted.finalizers.length > 0 ? { finalizers: wanted.finalizers } : {}),
  },
  ...(wanted.type === undefined ? {} : { type: wanted.type }),
  ...(wanted.immutable ? { immutable: true } : {}),
  data: wanted.data,
})

/** The finalizers that are there, and those of the template; a Secret on its way out takes no new ones. */
const finalizersOf = (wanted: Wanted, { metadata }: SecretObject): readonly string[] => {
  const present = metadata.finalizers ?? []
  if (metadata['deletionTimestamp'] !== undefined) return present
  return [...present, ...wanted.finalizers.filter(name => !present.includes(name))]
}

/** The keys that a write may take away: all, or what our field manager wrote where others may have keys too. */
const oursIn = ({ externalSecret, policy }: Wanted, existing: SecretObject): readonly string[] => {
  const present = Object.keys(existing.data ?? {})
  if (!policy.shares) return present
  const { data } = writtenBy(existing, fieldManager(externalSecret.metadata.name))
  return present.filter(key => data.has(key))
}

const merged = (wanted: Wanted, existing: SecretObject): SecretObject => {
  const { managedFields: _, ...metadata } = existing.metadata
  const { name, namespace = '' } = wanted.externalSecret.metadata
  const written = writtenBy(existing, fieldManager(name))
  const finalizers = finalizersOf(wanted, existing)
  const mark = createdByHash(namespace, name)
  const foreign = wanted.policy.shares ? without(existing.data, key => written.data.has(key)) : {}
  const data = { ...foreign, ...wanted.data }
  return {
    ...existing,
    // without managedFields the server keeps its own
    metadata: {
      ...metadata,
      labels: {
        // the mark of an owner goes with the ownership, whoever wrote it down
        ...without(
          existing.metadata.labels,
          (key, text) => written.labels.has(key) || (key === createdByLabel && text === mark),
        ),
        ...wanted.labels,
      },
      annotations: {
        ...without(existing.metadata.annotations, key => written.annotations.has(key)),
        ...wanted.annotations,
        [dataHashAnnotation]: hashOf(data),
      },
      ownerReferences: owned(wanted, existing.metadata.ownerReferences ?? []),
      ...(finalizers.length > 0 ? { finalizers } : {}),
    },
    ...(wanted.immutable ? { immutable: true } : {}),
    data,
  }
}

const same = (a: SecretObject, b: SecretObject): boolean => {
  const part = ({ metadata, data, immutable }: SecretObject) => ({
    labels: { ...metadata.labels },
    annotations: { ...metadata.annotations },
    owners: (metadata.ownerReferences ?? []).map(owner => ({ ...owner })),
    finalizers: [...(metadata.finalizers ?? [])],
    immutable: immutable ?? false,
    data: { ...data },
  })
  return isDeepStrictEqual(part(a), part(b))
}

/**
 * The write that turns what is there into what is wanted: our stale keys, labels and annotations gone, everything foreign kept but
 * the data of a Secret that is ours alone; `keep` where that changes nothing (compatibility.md §2.4, §2.5; decision 31).
 */
export const draft = (wanted: Wanted, existing: SecretObject | undefined): Draft => {
  if (!existing && !wanted.policy.creates) return { do: 'leave' }
  const secret = existing ? merged(wanted, existing) : fresh(wanted)
  const fault = refusal({ ...wanted, data: secret.data }, existing)
  if (fault) return { do: 'refuse', fault }
  if (!existing) return { do: 'create', secret }
  if (same(secret, existing)) return { do: 'keep' }
  const ours = oursIn(wanted, existing)
  const drops = ours.filter(key => !Object.hasOwn(secret.data ?? {}, key))
  return { do: 'replace', secret, drops, of: ours.length }
}

const holds = (texts: Texts, wanted: Texts): boolean =>
  Object.entries(wanted).every(([key, text]) => texts[key] === text)

/**
 * Whether the Secret as the watch saw it needs no write. Good only while labels and annotations of the ExternalSecret are those
 * of the last sync: which labels are stale, managedFields tell, and those are not kept in memory. Of a Secret that is shared
 * nobody remembers which keys are whose.
 */
export const isCurrent = (wanted: Wanted, digest: SecretDigest): boolean =>
  !wanted.policy.shares &&
  digest.dataHash === hashOf(wanted.data) &&
  digest.annotations[dataHashAnnotation] === digest.dataHash &&
  (wanted.type === undefined || wanted.type === digest.type) &&
  (!wanted.immutable || digest.immutable) &&
  holds(digest.labels, wanted.labels) &&
  // a mark for force-sync that ESO did not make is not worth a write: it comes with the next one
  holds(
    digest.annotations,
    without(wanted.annotations, key => key === forceSyncMark),
  ) &&
  digest.ownerReferences.some(owner => controls(owner, wanted.externalSecret)) === wanted.policy.owns

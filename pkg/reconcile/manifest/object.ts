import type { ManagedField, OwnerReference } from '../reference.ts'

type Texts = Readonly<Record<string, string>>

/** A map of a parsed object; its keys are anybody's. */
export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What the map itself holds, never what every object inherits. */
export const fieldOf = (fields: Fields, key: string): unknown => (Object.hasOwn(fields, key) ? fields[key] : undefined)

/** An object of any namespaced kind as JSON, whole, so that a replace loses no field. Integers beyond 2^53 are bigints. */
export interface ManifestObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly uid?: string
    readonly resourceVersion?: string
    readonly labels?: Texts
    readonly annotations?: Texts
    readonly ownerReferences?: readonly OwnerReference[]
    readonly finalizers?: readonly string[]
    readonly managedFields?: readonly ManagedField[]
    readonly [field: string]: unknown
  }
  readonly [field: string]: unknown
}

/** Metadata of an object as its watch last saw it. */
export interface ObjectDigest {
  readonly mark: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly ownerReferences: readonly OwnerReference[]
}

const isCore = ({ apiVersion, kind }: ManifestObject): boolean =>
  apiVersion === 'v1' && (kind === 'ConfigMap' || kind === 'Secret')

const identity: readonly string[] = ['apiVersion', 'kind', 'metadata']

/** All that is not identity, in a plain record: what a manifest target fills. */
export const contentOf = (object: Fields): Fields =>
  Object.fromEntries(Object.entries(object).filter(([field]) => !identity.includes(field)))

/** Fields of an existing object that are not ours to drop: its status, and what Kubernetes never takes back. */
export const keptOf = (existing: ManifestObject): Fields => {
  const kept = isCore(existing) ? ['immutable', 'type'] : ['status']
  return Object.fromEntries(Object.entries(existing).filter(([field]) => kept.includes(field)))
}

const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || (isFields(value) && Object.keys(value).length === 0)

/** Whether everything wanted is there; maps may hold more, as defaults of the API server do. */
const covers = (have: unknown, want: unknown): boolean => {
  if (isNothing(want)) return have === undefined || have === null || isFields(have)
  if (Array.isArray(want)) {
    return Array.isArray(have) && have.length === want.length && want.every((item, index) => covers(have[index], item))
  }
  if (!isFields(want)) return have === want
  return isFields(have) && Object.entries(want).every(([key, value]) => covers(fieldOf(have, key), value))
}

/**
 * Whether the content of what is there needs no write. Nothing fills in a ConfigMap or Secret by default, so there more than is
 * wanted is too much.
 */
export const holds = (existing: ManifestObject, wanted: ManifestObject): boolean => {
  const [have, want] = [contentOf(existing), contentOf(wanted)]
  return covers(have, want) && (!isCore(existing) || covers(want, have))
}

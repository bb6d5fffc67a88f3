import type { SecretObject } from './ports.ts'

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}

const keysAt = (fields: unknown, path: readonly string[]): string[] => {
  const leaf = path.reduce<unknown>((at, step) => record(at)[step], fields)
  return Object.keys(record(leaf)).flatMap(key => (key.startsWith('f:') ? [key.slice(2)] : []))
}

/** Keys of metadata that one writer set. */
export interface Traces {
  readonly labels: ReadonlySet<string>
  readonly annotations: ReadonlySet<string>
}

/** Labels and annotations that this field manager wrote earlier, by metadata.managedFields (compatibility.md §2.4). */
export const writtenBy = ({ metadata }: SecretObject, manager: string): Traces => {
  const fields = (metadata.managedFields ?? []).filter(entry => entry.manager === manager).map(entry => entry.fieldsV1)
  const keys = (kind: string) => new Set(fields.flatMap(entry => keysAt(entry, ['f:metadata', kind])))
  return { labels: keys('f:labels'), annotations: keys('f:annotations') }
}

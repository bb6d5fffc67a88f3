import type { SecretObject } from './ports.ts'

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}

const keysAt = (fields: unknown, path: readonly string[]): string[] => {
  const leaf = path.reduce<unknown>((at, step) => record(at)[step], fields)
  return Object.keys(record(leaf)).flatMap(key => (key.startsWith('f:') ? [key.slice(2)] : []))
}

/** Keys that one writer set. */
export interface Traces {
  readonly data: ReadonlySet<string>
  readonly labels: ReadonlySet<string>
  readonly annotations: ReadonlySet<string>
}

/** Data, labels and annotations that this field manager wrote earlier, by metadata.managedFields (compatibility.md §2.4). */
export const writtenBy = ({ metadata }: Pick<SecretObject, 'metadata'>, manager: string): Traces => {
  const fields = (metadata.managedFields ?? []).filter(entry => entry.manager === manager).map(entry => entry.fieldsV1)
  const keys = (...path: string[]) => new Set(fields.flatMap(entry => keysAt(entry, path)))
  return {
    data: keys('f:data'),
    labels: keys('f:metadata', 'f:labels'),
    annotations: keys('f:metadata', 'f:annotations'),
  }
}

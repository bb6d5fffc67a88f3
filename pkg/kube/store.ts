import type { Identified } from './object.ts'

/** Objects as the watch last saw them. No call leaves the process. */
export interface Snapshot<T> {
  /** The key is `namespace/name`, or `name` for cluster-scoped objects. */
  get(key: string): T | undefined
  list(): readonly T[]
  /** Objects that an index files under `value`; an index that does not exist is a defect and throws. */
  by(index: string, value: string): readonly T[]
}

export type Indexes<T> = Readonly<Record<string, (object: T) => readonly string[]>>

export interface Entry<T> extends Identified {
  readonly object: T
}

export interface Store<T> {
  readonly snapshot: Snapshot<T>
  get(key: string): Entry<T> | undefined
  keys(): IterableIterator<string>
  /** Gives back what was there before. */
  put(entry: Entry<T>): Entry<T> | undefined
  remove(key: string): Entry<T> | undefined
}

interface Index<T> {
  readonly valuesOf: (object: T) => readonly string[]
  readonly filed: Map<string, Map<string, T>>
}

const file = <T>(index: Index<T>, entry: Entry<T>): void => {
  for (const value of index.valuesOf(entry.object)) {
    const bucket = index.filed.get(value) ?? new Map<string, T>()
    bucket.set(entry.key, entry.object)
    index.filed.set(value, bucket)
  }
}

const unfile = <T>(index: Index<T>, entry: Entry<T>): void => {
  for (const value of index.valuesOf(entry.object)) {
    const bucket = index.filed.get(value)
    bucket?.delete(entry.key)
    if (bucket?.size === 0) index.filed.delete(value)
  }
}

/** Objects by key and by the values that each index computes from them. */
export const createStore = <T>(indexes: Indexes<T> = {}): Store<T> => {
  const entries = new Map<string, Entry<T>>()
  const indexed = new Map<string, Index<T>>(
    Object.entries(indexes).map(([name, valuesOf]) => [name, { valuesOf, filed: new Map() }]),
  )
  const remove = (key: string): Entry<T> | undefined => {
    const entry = entries.get(key)
    if (!entry) return undefined
    entries.delete(key)
    for (const index of indexed.values()) unfile(index, entry)
    return entry
  }
  return {
    snapshot: {
      get: key => entries.get(key)?.object,
      list: () => [...entries.values()].map(entry => entry.object),
      by: (name, value) => {
        const index = indexed.get(name)
        if (!index) throw new Error(`no index ${name}`)
        return [...(index.filed.get(value)?.values() ?? [])]
      },
    },
    get: key => entries.get(key),
    keys: () => entries.keys(),
    put: entry => {
      const prior = remove(entry.key)
      entries.set(entry.key, entry)
      for (const index of indexed.values()) file(index, entry)
      return prior
    },
    remove,
  }
}

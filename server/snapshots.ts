interface Snapshot<T> {
  get(key: string): T | undefined
  list(): readonly T[]
  by(index: string, value: string): readonly T[]
}

/** Several watches of one kind, a namespace each, read as one. */
export const combine = <T>(parts: readonly Snapshot<T>[]): Snapshot<T> => {
  const [only] = parts
  if (only && parts.length === 1) return only
  return {
    get: key => {
      for (const part of parts) {
        const found = part.get(key)
        if (found !== undefined) return found
      }
      return undefined
    },
    list: () => parts.flatMap(part => part.list()),
    by: (index, value) => parts.flatMap(part => part.by(index, value)),
  }
}

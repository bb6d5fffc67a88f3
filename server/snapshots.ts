import type { Snapshot } from '#kube'

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

import type { Operation } from '#admission'

/** The API server's part: the two operations that we send, by RFC 6902. */
export const applyPatch = <T>(object: T, patch: readonly Operation[]): T => {
  const copy = structuredClone(object)
  const parent = (path: string) => {
    const steps = path.slice(1).split('/')
    const last = steps.pop() ?? ''
    // biome-ignore lint/suspicious/noExplicitAny: walks JSON
    return { node: steps.reduce<any>((node, step) => node[step], copy), last }
  }
  for (const { op, path, from, value } of patch) {
    const to = parent(path)
    if (op === 'add') to.node[to.last] = value
    else {
      const source = parent(from ?? '')
      to.node[to.last] = source.node[source.last]
      delete source.node[source.last]
    }
  }
  return copy
}

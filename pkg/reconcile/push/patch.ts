const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The JSON merge patch that makes one object of the other (RFC 7386): a patch adds to what is there, so whatever shall go must be
 * named. Undefined where nothing differs.
 */
export const mergePatch = (before: unknown, after: unknown): unknown => {
  if (!isObject(after) || !isObject(before)) {
    return JSON.stringify(before ?? null) === JSON.stringify(after ?? null) ? undefined : after
  }
  const gone = Object.keys(before).filter(key => !Object.hasOwn(after, key))
  const changes = Object.entries(after).flatMap(([key, value]) => {
    const change = mergePatch(Object.hasOwn(before, key) ? before[key] : undefined, value)
    return change === undefined ? [] : [[key, change] as const]
  })
  if (gone.length + changes.length === 0) return undefined
  return Object.fromEntries([...gone.map(key => [key, null] as const), ...changes])
}

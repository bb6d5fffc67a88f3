declare global {
  // ES2025 has both, the compiler's library not yet
  interface JSON {
    rawJSON(text: string): object
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown
  }
}

const digits = /^-?\d+$/

/** JSON whose integers keep all their digits: beyond 2^53 they are bigints. The API server's int64 fields hold such numbers. */
export const parseExact = (text: string): unknown =>
  JSON.parse(text, (_, value, { source = '' }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && digits.test(source) ? BigInt(source) : value,
  )

/** A value from parseExact as JSON.stringify takes it. Object.fromEntries, because `__proto__` is a key like any other here. */
export const exactly = (value: unknown): unknown => {
  if (typeof value === 'bigint') return JSON.rawJSON(String(value))
  if (Array.isArray(value)) return value.map(exactly)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, exactly(field)]))
}

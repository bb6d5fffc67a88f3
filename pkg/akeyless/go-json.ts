import { type Exact, RawNumber } from './json.ts'

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/** A string as Go's json.Marshal prints it: HTML characters and line separators escaped, a lone surrogate as U+FFFD. */
export const goString = (text: string): string =>
  JSON.stringify(text.toWellFormed()).replace(/[<>&\u2028\u2029]/g, char => escapes[char] ?? char)

// Go sorts map keys as bytes, which differs from JavaScript's order above U+FFFF
const byBytes = (a: readonly [string, unknown], b: readonly [string, unknown]): number =>
  Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0]))

// nobody nests a secret deeper; the bound keeps a hostile answer off the stack
const deepest = 200

/**
 * Compact JSON as Go prints a decoded value (akeyless.md §3.2): keys sorted, Go's escapes. Numbers keep their digits, where
 * Go would round them through float64. Throws RangeError beyond 200 levels.
 */
export const goJson = (value: Exact, depth = 0): string => {
  if (depth > deepest) throw new RangeError('nested too deep')
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return goString(value)
  if (value instanceof RawNumber) return value.text
  if (value instanceof Map) {
    const entries = [...value].sort(byBytes)
    return `{${entries.map(([key, item]) => `${goString(key)}:${goJson(item, depth + 1)}`).join(',')}}`
  }
  return `[${[...value.values()].map(item => goJson(item as Exact, depth + 1)).join(',')}]`
}

/** A map of a parsed manifest. Its keys are anybody's, `__proto__` included: read with `fieldOf`, written with computed keys or Object.fromEntries. */
export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What the map itself holds, never what every object inherits. */
export const fieldOf = (fields: Fields, key: string): unknown => (Object.hasOwn(fields, key) ? fields[key] : undefined)

const deepest = 100

/** Whether a JSON text nests so far that walking it is a risk. */
const isDeep = (text: string): boolean => {
  let depth = 0
  // a string is passed over whole: brackets in it are not structure
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token === '{' || token === '[') depth += 1
    else if (token === '}' || token === ']') depth -= 1
    if (depth > deepest) return true
  }
  return false
}

const digits = /^-?\d+$/

/** JSON with all digits of its integers (bigint beyond 2^53); undefined where it nests deeper than 100. Throws where it is no JSON. */
export const parseJson = (text: string): { readonly value: unknown } | undefined =>
  isDeep(text)
    ? undefined
    : {
        value: JSON.parse(text, (_, value, { source = '' }) =>
          typeof value === 'number' && !Number.isSafeInteger(value) && digits.test(source) ? BigInt(source) : value,
        ),
      }

/** Length of the value as JSON, in UTF-16 units. */
export const sizeOf = (value: unknown): number =>
  JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? String(field) : field)).length

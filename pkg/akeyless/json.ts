/** A number as it was written: 12345678901234567890 and 1.50 do not survive a double. */
export class RawNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** JSON with nothing lost: objects are Maps, so that `__proto__` is a key like any other; of equal keys the last wins, as in Go. */
export type Exact = null | boolean | string | RawNumber | readonly Exact[] | ReadonlyMap<string, Exact>

interface Context {
  readonly source: string
}

const exact = (_key: string, value: unknown, context?: Context): unknown => {
  if (typeof value === 'number') return new RawNumber(context?.source ?? String(value))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return new Map(Object.entries(value))
}

/** Parses JSON text exactly; throws SyntaxError on what is no JSON and RangeError on absurd nesting. */
export const parseExact = (text: string): Exact =>
  // the reviver above leaves only what Exact lists; JSON.parse cannot say so
  JSON.parse(text, exact as (key: string, value: unknown) => unknown) as Exact

/** One call, as it may be shown to anybody: never a value, a token or a key. akeyless.md §10b */
export interface Call {
  /** Name of the operation; `unknown` for every other path, which could hold anything. */
  readonly op: string
  /** Item names as the caller wrote them. */
  readonly names: readonly string[]
  /** Undefined unless the seed has this identity. */
  readonly accessId: string | undefined
  /** 0 where the connection was cut without an answer. */
  readonly status: number
  readonly at: Date
  readonly durationMs: number
}

const textList = (field: unknown): string[] =>
  (Array.isArray(field) ? field : [field]).filter(entry => typeof entry === 'string')

/** The item names in a request body. */
export const namesIn = (body: Readonly<Record<string, unknown>>): string[] =>
  ['name', 'names', 'path'].flatMap(field => textList(body[field])).map(name => name.slice(0, 512))

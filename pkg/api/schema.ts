import { z } from 'zod'

/** A node of an OpenAPI v3 schema as the API server takes it. */
export interface Schema {
  readonly type?: string
  readonly description?: string
  readonly format?: string
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly items?: Schema
  readonly required?: readonly string[]
  readonly [keyword: string]: unknown
}

// The bounds that zod adds for JavaScript's or int32's range say nothing that `format` does not.
const typeBounds: readonly unknown[] = [-(2 ** 31), 2 ** 31 - 1, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]

/** Turns what zod emits into what a structural schema allows (dependencies.md §2). */
const tidy = (node: Record<string, unknown>): void => {
  if (node['x-kubernetes-int-or-string'] === true) delete node['anyOf']
  const rest = node['additionalProperties']
  if (rest && Object.keys(rest).length === 0) {
    delete node['additionalProperties']
    node['x-kubernetes-preserve-unknown-fields'] = true
  }
  for (const bound of ['minimum', 'maximum']) if (typeBounds.includes(node[bound])) delete node[bound]
}

/** The structural schema of a zod type. Throws where the type cannot be said in one. */
export const schemaOf = (type: z.ZodType): Schema =>
  z.toJSONSchema(type, {
    target: 'openapi-3.0',
    io: 'input',
    // a type of our own making says in its metadata what it is
    unrepresentable: ({ zodSchema }) => (z.globalRegistry.get(zodSchema)?.['type'] === undefined ? 'throw' : 'any'),
    cycles: 'throw',
    reused: 'inline',
    override: ({ jsonSchema }) => tidy(jsonSchema),
  }) as Schema // zod's type is a union over all targets; the keywords of this one are those of Schema

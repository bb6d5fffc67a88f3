import type { KindDefinition } from './crd.ts'
import { dataKeyPattern, group, namespacePattern, objectPattern } from './meta.ts'
import { type Schema, schemaOf } from './schema.ts'

const text = (value: string) => value.replaceAll('|', '\\|').replaceAll('\n', ' ')
const code = (value: string) => `\`${text(value)}\``

const lengthOf = ({ minLength, maxLength }: Schema): string =>
  maxLength === undefined ? (minLength === undefined ? '' : 'not empty') : `${minLength ?? 0}–${maxLength} characters`

// The three patterns that most names obey, in words: the expressions are long and say less.
const spoken: Readonly<Record<string, string>> = {
  [objectPattern.source]: 'name of an object',
  [namespacePattern.source]: 'name of a namespace',
  [dataKeyPattern.source]: 'letters, digits, `-`, `_`, `.`',
}
const patternOf = ({ pattern }: Schema): string => (pattern === undefined ? '' : (spoken[pattern] ?? code(pattern)))

const rulesOf = (schema: Schema): string => [patternOf(schema), lengthOf(schema)].filter(Boolean).join(', ')

/** The type as a reader of manifests says it. */
const typeOf = (schema: Schema): string => {
  if (schema['x-kubernetes-int-or-string']) return 'integer or string'
  if (schema.enum) return schema.enum.map(code).join(' \\| ')
  if (schema.items) return `list of ${typeOf(schema.items)}`
  if (schema.additionalProperties) return `map of ${typeOf(schema.additionalProperties)}`
  const format = schema.format && schema.format !== 'int64' && schema.format !== 'int32' ? ` (${schema.format})` : ''
  const rules = rulesOf(schema)
  return `${schema.type ?? 'any'}${format}${rules && `, ${rules}`}`
}

const rowOf = (path: string, schema: Schema, required: boolean): string => {
  const fallback = schema.default === undefined ? '' : code(JSON.stringify(schema.default))
  return `| ${code(path)}${required ? ' *' : ''} | ${typeOf(schema)} | ${fallback} | ${text(schema.description ?? '')} |`
}

const rowsOf = (path: string, schema: Schema): string[] => {
  const inner = schema.items ?? schema
  const at = schema.items ? `${path}[]` : path
  return Object.entries(inner.properties ?? {}).flatMap(([name, field]) => [
    rowOf(`${at}.${name}`, field, inner.required?.includes(name) ?? false),
    ...rowsOf(`${at}.${name}`, field),
  ])
}

const table = (path: string, schema: Schema): string =>
  ['| field | type | default | |', '|---|---|---|---|', ...rowsOf(path, schema)].join('\n')

const head = ({ versions: [stored, ...older], shortName, scope }: KindDefinition): string => {
  const short = shortName ? ` short name \`${shortName}\`,` : ''
  const also = older.map(version => `;\n  ${code(version)} is served too, with a deprecation warning`).join('')
  return `- \`apiVersion: ${group}/${stored}\`,${short} ${scope === 'Cluster' ? 'cluster-scoped' : 'namespaced'}${also}.`
}

/** docs/reference/<kind>.md: every field of the kind, from its schema. */
export const kindPage = (definition: KindDefinition): string => `# ${definition.kind}

${definition.shape.description}

${head(definition)}
- \`kubectl get\` shows: ${definition.columns.map(({ name }) => name).join(', ')}.
${definition.selectable.length > 0 ? `- \`kubectl get --field-selector\` knows: ${definition.selectable.map(path => code(path.slice(1))).join(', ')}.\n` : ''}
\`*\` marks a field that its parent needs. No default means that the field stays absent.

## spec

${table('spec', schemaOf(definition.shape.spec))}

## status

${table('status', schemaOf(definition.shape.status))}
`

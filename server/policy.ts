import { parseDocument } from 'yaml'
import { catalogue, fieldPath, schemaDrafts, valueAt, warning } from '#admission'
import { Policy } from '#api'
import { Fault, nearest, sentence, show } from '#core'

interface Mistake {
  readonly path: string
  readonly message: string
  readonly remedy?: string | undefined
}

/** What comes from the disk; of a file that is too large only so much that this can be seen. */
export type ReadFile = (path: string, mostBytes: number) => Promise<Buffer>

// a policy of a thousand namespaces has 100 KB
const mostBytes = 2 ** 20

const refuse = (file: string, mistakes: readonly Mistake[]): Fault =>
  new Fault(
    'ConfigInvalid',
    `the policy ${show(file)} cannot be used:\n${mistakes.map(mistake => `  ${sentence(mistake)}`).join('\n')}`,
  )

const ruleMistakes = (rules: unknown): readonly Mistake[] =>
  (typeof rules === 'object' && rules !== null ? Object.keys(rules) : []).flatMap((id): Mistake[] => {
    const path = fieldPath(['rules', id])
    if (warning.includes(id)) return []
    if (catalogue.has(id)) {
      return [{ path, message: 'always denies and cannot be set', remedy: 'remove it; rules that can warn can be set' }]
    }
    const meant = nearest(id, warning)
    const remedy = meant ? `did you mean ${meant}?` : 'write the id of a rule, as in docs/reference/rejections.md'
    return [{ path, message: 'there is no such rule', remedy }]
  })

const known: ReadonlySet<string> = new Set(['rules', 'paths', 'refreshesPerMinute', 'namespaces', 'stores', 'allow'])

/** Words of our own for what zod says: each unknown field by itself, and of a pattern what would be right. */
const schemaMistakes = (object: unknown): readonly Mistake[] => {
  const parsed = Policy.safeParse(object)
  return (parsed.error?.issues ?? []).flatMap((issue): readonly Mistake[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map(key => {
        const meant = nearest(key, [...known])
        const path = fieldPath([...issue.path, key])
        return { path, message: 'there is no such field', remedy: meant ? `did you mean ${meant}?` : 'remove it' }
      })
    }
    const path = fieldPath(issue.path) || 'the file'
    if (issue.code !== 'custom') return schemaDrafts([issue], object).map(draft => ({ ...draft, path }))
    return [{ path, message: `${show(String(valueAt(object, issue.path)))} cannot be used`, remedy: issue.message }]
  })
}

/** A policy from YAML or JSON text. Throws one Fault that lists every mistake, a line each; `file` is only named in it. */
export const parsePolicy = (text: string, file: string): Policy => {
  const document = parseDocument(text, { prettyErrors: false })
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length
  if (document.errors.length > 0) {
    throw refuse(
      file,
      document.errors.map(({ pos, code }) => ({
        path: `line ${lineOf(pos[0])}`,
        message: `is neither YAML nor JSON (${code})`,
      })),
    )
  }
  let object: unknown
  try {
    // an empty file insists on nothing
    object = document.toJS() ?? {}
  } catch {
    throw refuse(file, [{ path: 'the file', message: 'unfolds to too much', remedy: 'write it without aliases' }])
  }
  const mistakes = [...schemaMistakes(object), ...ruleMistakes(valueAt(object, ['rules']))]
  if (mistakes.length > 0) throw refuse(file, mistakes)
  return Policy.parse(object)
}

/** The policy of --policy, undefined where none is given. Throws Fault. */
export const readPolicy = async (file: string | undefined, readFile: ReadFile): Promise<Policy | undefined> => {
  if (file === undefined) return undefined
  let bytes: Buffer
  try {
    bytes = await readFile(file, mostBytes + 1)
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unreadable'
    throw refuse(file, [{ path: '--policy', message: `cannot be read (${code})`, remedy: 'name a file that is there' }])
  }
  if (bytes.length > mostBytes) {
    throw refuse(file, [{ path: '--policy', message: 'has more than 1 MiB', remedy: 'write patterns with *' }])
  }
  return parsePolicy(bytes.toString('utf8'), file)
}

/** Reads at most so many bytes: what the flag names may be no file of ours, and endless. */
export const readFileFrom: ReadFile = async (path, most) => {
  const { open } = await import('node:fs/promises')
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(most), 0, most, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

import type { z } from 'zod'
import { ClusterSecretStore, ExternalSecret, SecretStore } from '#api'
import { type Context, type Finding, type Rule, stamp } from './findings.ts'
import { foreignDraft, foreignRule } from './foreign.ts'
import { externalSecretRules, schemaRule, storeRules } from './rules/index.ts'
import { breadthDrafts, fieldPath, repaired, schemaDrafts } from './schema.ts'

export interface Verdict {
  readonly denials: readonly Finding[]
  readonly warnings: readonly Finding[]
}

type Examine = (object: unknown, context: Context) => readonly Finding[]

/** A field path and everything that it lies in, cut at each dot and bracket. */
const upwards = (path: string): string[] => [
  ...[...path.matchAll(/[.[]/g)].map(({ index }) => path.slice(0, index)),
  path,
]

/** Tells whether a field path lies on one line from the root with one of these; the cost of an answer is its depth. */
const relatedTo = (paths: readonly string[]): ((path: string) => boolean) => {
  const themselves = new Set(paths)
  const around = new Set(paths.flatMap(upwards))
  return path => around.has(path) || upwards(path).some(outer => themselves.has(outer))
}

// A status is what controllers wrote, this one or ESO: no fault of the person who applies.
const withoutStatus = (object: unknown): unknown =>
  typeof object === 'object' && object !== null ? { ...object, status: undefined } : object

const examiner =
  <T>(schema: z.ZodType<T>, rules: readonly Rule<T>[]): Examine =>
  (object, context) => {
    const run = (parsed: T): Finding[] =>
      rules.flatMap(rule => rule.check(parsed, context).map(draft => stamp(rule.id, draft)))
    const broad = breadthDrafts(object)
    if (broad.length > 0) return broad.map(draft => stamp(schemaRule.id, draft))
    const parsed = schema.safeParse(withoutStatus(object))
    if (parsed.success) return run(parsed.data)
    const { issues } = parsed.error
    const broken = schemaDrafts(issues, object).map(draft => stamp(schemaRule.id, draft))
    const rest = schema.safeParse(withoutStatus(repaired(object, issues)))
    if (!rest.success) return broken
    const isBroken = relatedTo(issues.map(issue => fieldPath(issue.path)))
    return [...broken, ...run(rest.data).filter(finding => !isBroken(finding.path))]
  }

const kinds = {
  ExternalSecret: examiner(ExternalSecret, externalSecretRules),
  SecretStore: examiner<SecretStore | ClusterSecretStore>(SecretStore, storeRules),
  ClusterSecretStore: examiner<SecretStore | ClusterSecretStore>(ClusterSecretStore, storeRules),
} satisfies Record<string, Examine>

type JudgedKind = keyof typeof kinds
export const isJudged = (kind: unknown): kind is JudgedKind => typeof kind === 'string' && Object.hasOwn(kinds, kind)

/** What makes a finding the same after an update: list positions move, the rest stays. */
const identity = ({ rule, path, message }: Finding): string => `${rule} ${path} ${message}`.replaceAll(/\[\d+\]/g, '[]')

/** Decision 27: what was there before and accepted never starts to fail; it becomes a warning. */
const ratchet = (found: readonly Finding[], before: readonly Finding[]): readonly Finding[] => {
  const left = new Map<string, number>()
  for (const finding of before) left.set(identity(finding), (left.get(identity(finding)) ?? 0) + 1)
  return found.map(finding => {
    const count = left.get(identity(finding)) ?? 0
    if (count === 0) return finding
    left.set(identity(finding), count - 1)
    return { ...finding, level: 'warn' as const }
  })
}

/** What is another operator's must not break by our rules (decisions 2 and 3): they are said, and refuse nothing. */
const lowered = (found: readonly Finding[], object: unknown, context: Context): readonly Finding[] => {
  const draft = found.some(({ level }) => level === 'deny') ? foreignDraft(object, context) : undefined
  if (!draft) return found
  return [stamp(foreignRule.id, draft), ...found.map(finding => ({ ...finding, level: 'warn' as const }))]
}

const kindOf = (object: unknown): unknown =>
  typeof object === 'object' && object !== null && 'kind' in object ? object.kind : undefined

/**
 * Every finding about one object of one of our kinds, by the rules of compatibility.md §6 and those that this version adds.
 * `prior` is the object before an update. Used at admission and again by the reconciler (decision 29). Never throws.
 */
export const judge = (object: unknown, prior?: unknown, context: Context = {}): Verdict => {
  const kind = kindOf(object)
  if (!isJudged(kind)) {
    const draft = {
      path: 'kind',
      message: 'is not one that Latchkey judges',
      remedy: `write ${Object.keys(kinds).join(', ')}`,
    }
    return { denials: [stamp(schemaRule.id, draft)], warnings: [] }
  }
  const found = kinds[kind](object, context)
  const kept = prior === undefined || prior === null ? found : ratchet(found, kinds[kind](prior, context))
  const all = lowered(kept, object, context)
  return { denials: all.filter(({ level }) => level === 'deny'), warnings: all.filter(({ level }) => level === 'warn') }
}

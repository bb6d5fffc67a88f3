import { type Context, type Finding, stamp } from './findings.ts'
import { foreignDraft, foreignRule } from './foreign.ts'
import { isJudged, kinds } from './kinds.ts'
import { denying, schemaRule, warning } from './rules/index.ts'
import { settle, silenceFindings } from './settle.ts'

export interface Verdict {
  readonly denials: readonly Finding[]
  readonly warnings: readonly Finding[]
}

/** What makes a finding the same after an update: list positions move, the rest stays. */
const identity = ({ rule, path, message }: Finding): string => `${rule} ${path} ${message}`.replaceAll(/\[\d+\]/g, '[]')

/** Decision 27: what was there before and accepted never starts to fail; it becomes a warning. */
export const ratchet = (found: readonly Finding[], before: readonly Finding[]): readonly Finding[] => {
  const left = new Map<string, number>()
  // a mere warning was no acceptance of what is refused
  for (const finding of before.filter(({ level }) => level === 'deny'))
    left.set(identity(finding), (left.get(identity(finding)) ?? 0) + 1)
  return found.map(finding => {
    const count = left.get(identity(finding)) ?? 0
    if (count === 0) return finding
    left.set(identity(finding), count - 1)
    return finding.level === 'deny' ? { ...finding, level: 'warn' as const, accepted: true as const } : finding
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

export const verdictOf = (findings: readonly Finding[]): Verdict => ({
  denials: findings.filter(({ level }) => level === 'deny'),
  warnings: findings.filter(({ level }) => level === 'warn'),
})

/** What the policy and the object's own annotation leave of what was found. */
export const settled = (found: readonly Finding[], object: unknown, { policy }: Context): readonly Finding[] =>
  settle(found, object, policy)

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
  const examine = (each: unknown) =>
    settled([...kinds[kind](each, context), ...silenceFindings(each, { warning, denying })], each, context)
  const found = examine(object)
  const kept = prior === undefined || prior === null ? found : ratchet(found, examine(prior))
  return verdictOf(lowered(kept, object, context))
}

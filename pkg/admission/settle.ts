import type { Policy } from '#api'
import { nearest, show } from '#core'
import { type Finding, stamp } from './findings.ts'
import { valueAt } from './schema.ts'

/** Lists ids of rules, comma-separated, whose warnings about this object are not wanted. */
export const silenceAnnotation = 'latchkey.dev/silence'

export const silenceRule = {
  id: 'silence',
  doc: 'The annotation latchkey.dev/silence names rules that can warn, comma-separated; what it names otherwise is warned about.',
  warns: true,
} as const

const silencedBy = (object: unknown): readonly string[] => {
  const text = valueAt(object, ['metadata', 'annotations', silenceAnnotation])
  return typeof text === 'string'
    ? text
        .split(',')
        .map(id => id.trim())
        .filter(Boolean)
    : []
}

const path = `metadata.annotations["${silenceAnnotation}"]`

// whoever lists more of them wants to see how much we bear
const mostNamed = 50

/** What the annotation of an object names that is none of `warning`, the ids of the rules that can warn; `denying`: those that cannot. */
export const silenceFindings = (
  object: unknown,
  { warning, denying }: { readonly warning: readonly string[]; readonly denying: readonly string[] },
): readonly Finding[] => {
  const unknown = silencedBy(object)
    .slice(0, mostNamed)
    .filter(id => !warning.includes(id))
  return unknown.map(id => {
    if (denying.includes(id)) {
      const message = `${show(id)} denies, and cannot be silenced`
      return stamp(silenceRule.id, { path, message, remedy: 'leave it out', level: 'warn' })
    }
    const meant = nearest(id, warning)
    const remedy = meant ? `did you mean ${meant}?` : 'write the id that stands in brackets behind a warning'
    return stamp(silenceRule.id, { path, message: `${show(id)} is no rule that warns`, remedy, level: 'warn' })
  })
}

/** The id stands behind the sentence, as behind a warning, so that a person can ask for this rule by name. */
const raised = (finding: Finding): Finding => {
  const end = ` [${finding.rule}, by policy]`
  return finding.remedy === undefined
    ? { ...finding, message: finding.message + end, level: 'deny' }
    : { ...finding, remedy: finding.remedy + end, level: 'deny' }
}

const settleOne = (
  finding: Finding,
  rules: Readonly<Record<string, string>>,
  isSilenced: (rule: string) => boolean,
): readonly Finding[] => {
  if (finding.level === 'deny') return [finding]
  const level = Object.hasOwn(rules, finding.rule) ? rules[finding.rule] : undefined
  if (level === 'deny') return [raised(finding)]
  if (level === 'off' || (level === undefined && isSilenced(finding.rule))) return []
  return [finding]
}

/**
 * What is said of what was found about an object: warnings that the policy turns off or the object silences are not, those that
 * the policy insists on become denials. Denials stay: they say what cannot work, or what must not.
 */
export const settle = (found: readonly Finding[], object: unknown, policy: Policy | undefined): readonly Finding[] => {
  const named = silencedBy(object)
  return found.flatMap(finding => settleOne(finding, policy?.rules ?? {}, rule => named.includes(rule)))
}

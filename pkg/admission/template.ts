import { member } from '#core'
import { type EngineProblem, hasActions, problemFault, type TemplateEngine } from '#materialize'
import type { Check } from './check.ts'
import { type Finding, fromFault, stamp } from './findings.ts'
import { breadthDrafts, valueAt } from './schema.ts'

/** Asked of the template engine, and not of the object alone (check.ts). */
export const templateRule = {
  id: 'template',
  doc: 'Go can parse every template of the manifest, those of rewrite too; where that cannot be told in time, it warns.',
  warns: true,
} as const

/** A template in a manifest. */
interface Text {
  readonly path: string
  /** What it is called while it is rendered: Go's words about it depend on that. */
  readonly name: string
  readonly text: string
}

const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const textAt = (path: string, name: string, text: unknown): Text[] =>
  typeof text === 'string' && hasActions(text) ? [{ path, name, text }] : []

/** Those of a template, whatever its shape: what is no text the schema tells. In the order in which they are rendered. */
const ofTemplate = (template: unknown, path: string): Text[] => [
  ...listOf(valueAt(template, ['templateFrom'])).flatMap((entry, index) =>
    textAt(`${path}.templateFrom[${index}].literal`, '', valueAt(entry, ['literal'])),
  ),
  ...[['data'], ['metadata', 'labels'], ['metadata', 'annotations']].flatMap(steps =>
    entriesOf(valueAt(template, steps)).flatMap(([key, text]) =>
      textAt(member([path, ...steps].join('.'), key), key, text),
    ),
  ),
]

const ofRewrites = (entries: unknown, path: string): Text[] =>
  listOf(entries).flatMap((entry, index) =>
    listOf(valueAt(entry, ['rewrite'])).flatMap((step, at) =>
      textAt(
        `${path}[${index}].rewrite[${at}].transform.template`,
        'transform',
        valueAt(step, ['transform', 'template']),
      ),
    ),
  )

const ofExternalSecret = (spec: unknown): Text[] => {
  const target = valueAt(spec, ['target'])
  const template = valueAt(target, ['template'])
  // it is never rendered, and policies says so
  const isIdle = valueAt(target, ['creationPolicy']) === 'None'
  return [
    ...ofRewrites(valueAt(spec, ['dataFrom']), 'spec.dataFrom'),
    ...(isIdle ? [] : ofTemplate(template, 'spec.target.template')),
  ]
}

const ofPushSecret = (spec: unknown): Text[] => [
  ...ofTemplate(valueAt(spec, ['template']), 'spec.template'),
  ...ofRewrites(valueAt(spec, ['dataTo']), 'spec.dataTo'),
]

type Collector = (spec: unknown) => Text[]

/** Those of what a cluster-scoped kind makes. */
const within =
  (field: string, collect: Collector): Collector =>
  spec =>
    collect(valueAt(spec, [field])).map(text => ({ ...text, path: text.path.replace(/^spec/, `spec.${field}`) }))

/** Where each kind has templates; what is not here has none. */
const collectors: ReadonlyMap<unknown, Collector> = new Map([
  ['ExternalSecret', ofExternalSecret],
  ['ClusterExternalSecret', within('externalSecretSpec', ofExternalSecret)],
  ['PushSecret', ofPushSecret],
  ['ClusterPushSecret', within('pushSecretSpec', ofPushSecret)],
])

const textsOf = (object: unknown): readonly Text[] => {
  const texts = collectors.get(valueAt(object, ['kind']))?.(valueAt(object, ['spec'])) ?? []
  // what is too broad to be looked at is refused as a whole
  return texts.length > 0 && breadthDrafts(object).length === 0 ? texts : []
}

/** More than these help nobody. */
const mostFindings = 100

const found = (problem: EngineProblem, { path }: Text): Finding => {
  const draft = fromFault(problemFault(problem, path))
  if (problem.blame === 'template') return stamp(templateRule.id, draft)
  return stamp(templateRule.id, { ...draft, message: `was not checked: ${problem.message}`, level: 'warn' })
}

type Parser = Pick<TemplateEngine, 'check'>

/**
 * What Go says of the templates of an object, in the words that the status of the object would have; undefined where it has none,
 * and nothing is asked of the engine then.
 */
export const templateFindings = (object: unknown, engine: Parser): Promise<readonly Finding[]> | undefined => {
  const texts = textsOf(object)
  const [first] = texts
  if (!first) return undefined
  return engine.check(texts).then(answer => {
    const problems = 'problems' in answer ? answer.problems : []
    return problems.slice(0, mostFindings).map(problem => found(problem, texts[problem.index] ?? first))
  })
}

export interface TemplateCheckDeps {
  readonly engine: { of(tenant: string): Parser }
  /** Calls once after so many milliseconds; gives what calls it off. */
  readonly setTimer: (ms: number, run: () => void) => () => void
}

/**
 * Others may be in front, and the thread may have to be started. With the object before an update it is asked twice, and the remote
 * side after it: all of it within the five seconds of the webhook configuration. Milliseconds.
 */
const budgetMs = 1_000

const late: Finding = stamp(templateRule.id, {
  path: 'spec',
  message: 'its templates were not checked: too many wait before them',
  remedy: 'see the status of the object',
  level: 'warn',
})

/** Another one than that of the reconciler: no namespace has a slash, and so nobody renders slower by what is applied. */
const tenantOf = (object: unknown): string => {
  const namespace = valueAt(object, ['metadata', 'namespace'])
  return `admission/${typeof namespace === 'string' ? namespace : ''}`
}

/** Parses the templates of manifests. */
export const templateCheck =
  ({ engine, setTimer }: TemplateCheckDeps): Check =>
  object => {
    const begun = templateFindings(object, engine.of(tenantOf(object)))
    if (!begun) return undefined
    const timer = Promise.withResolvers<readonly Finding[]>()
    const cancel = setTimer(budgetMs, () => timer.resolve([late]))
    return Promise.race([begun, timer.promise]).finally(cancel)
  }

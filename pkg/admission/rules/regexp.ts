import type { ExternalSecret, PushSecret, Rewrite } from '#api'
import { compileExpression } from '#materialize'
import type { Draft, Rule } from '../findings.ts'

/** A regular expression of a manifest, and where it stands. */
export interface Expression {
  readonly path: string
  readonly source: string
}

// security.md T14. RE2 matches in linear time, but it unfolds a counted repetition when it compiles: 1 KB of x{999} takes 0.2 s.
export const longestExpression = 1_024
const mostWork = 128 * 1_024

// a class of all letters but some has hundreds of ranges, and each is looked up again where case does not count
const classCost = { plain: 16, folded: 64 } as const

/** What it costs to compile, in characters after unfolding; 16 KB of plain text come to mostWork. */
const workOf = (source: string): number => {
  const counts = [...source.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].map(([, from, to]) =>
    Math.max(Number(from), Number(to || 0)),
  )
  const folded = /\(\?[a-zA-Z]*i/.test(source)
  const classes = source.match(/\\[pP]|\[\^/g)?.length ?? 0
  const length = source.length + classes * (folded ? classCost.folded : classCost.plain)
  return length * counts.reduce((sum, count) => sum + count, 8)
}

const compiled = ({ path, source }: Expression): Draft[] => {
  const made = compileExpression(source)
  return 'message' in made ? [{ path, message: made.message, remedy: made.remedy }] : []
}

/**
 * What is wrong with the regular expressions of one manifest; RE2 only (decision 12). Shared with the rules of stores. Where they
 * are too much work together, one draft says so and the rest is not compiled.
 */
export const regexpDrafts = (expressions: readonly Expression[]): Draft[] => {
  const drafts: Draft[] = []
  let work = 0
  for (const { path, source } of expressions) {
    if (source.length > longestExpression) {
      drafts.push({ path, message: `is longer than ${longestExpression} characters`, remedy: 'shorten it' })
      continue
    }
    work += workOf(source)
    if (work > mostWork) {
      const message = 'is too much to compile, by itself or after those before it'
      return [...drafts, { path, message, remedy: 'repeat less often, or write fewer and shorter ones' }]
    }
    drafts.push(...compiled({ path, source }))
  }
  return drafts
}

interface Entry {
  readonly path: string
  /** The field of the entry that picks keys by a regular expression, and its text. */
  readonly picks: readonly [field: string, source: string | undefined]
  readonly rewrite: readonly Pick<Rewrite, 'regexp'>[] | undefined
}

const expressionsOf = ({ path, picks, rewrite = [] }: Entry): Expression[] => {
  const steps = rewrite.map((step, at) => [`rewrite[${at}].regexp.source`, step.regexp?.source] as const)
  return [picks, ...steps].flatMap(([field, source]) =>
    source === undefined ? [] : [{ path: `${path}.${field}`, source }],
  )
}

const described = {
  id: 'regexp',
  doc: `Regular expressions of find, match and rewrite compile under RE2 and have at most ${longestExpression} characters each.`,
} as const

export const regexp: Rule<ExternalSecret> = {
  ...described,
  check: ({ spec }) => {
    const entries = (spec.dataFrom ?? []).map(({ find, rewrite }, index): Entry => {
      return { path: `spec.dataFrom[${index}]`, picks: ['find.name.regexp', find?.name?.regexp], rewrite }
    })
    return regexpDrafts(entries.flatMap(expressionsOf))
  },
}

export const pushRegexp: Rule<PushSecret> = {
  ...described,
  check: ({ spec }) => {
    const entries = (spec.dataTo ?? []).map(({ match, rewrite }, index): Entry => {
      return { path: `spec.dataTo[${index}]`, picks: ['match.regexp', match?.regexp], rewrite }
    })
    return regexpDrafts(entries.flatMap(expressionsOf))
  },
}

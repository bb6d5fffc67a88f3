import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { answerCron, buildCronOracle, type CronCase } from './cron/oracle.ts'
import { answerHashes, buildHashOracle, type HashCase } from './hash/oracle.ts'
import { askProperties, buildOracle, type Oracle, type Question, type Reply } from './oracle.ts'
import { answerRewrites, buildRewriteOracle, type RewriteCase } from './rewrite/oracle.ts'
import { answerTemplates, buildNativeEngine, goldenValues, type TemplateCase } from './template/oracle.ts'

type Say = (reason: string) => void

/** Builds when first asked, and once: undefined where this machine cannot, which is said by then. */
const lazy = <T>(build: (say: Say) => T | undefined, say: Say): (() => T | undefined) => {
  const built: { program: T | undefined }[] = []
  return () => {
    if (built.length === 0) built.push({ program: build(say) })
    return built[0]?.program
  }
}

/** The Go programs that answer. A new one gets its line here. */
export const goPrograms = (say: Say) => ({
  values: lazy(buildOracle, say),
  templates: lazy(buildNativeEngine, say),
  hashes: lazy(buildHashOracle, say),
  rewrites: lazy(buildRewriteOracle, say),
  cron: lazy(buildCronOracle, say),
})
type Programs = ReturnType<typeof goPrograms>

const plain = (base64: string) => Buffer.from(base64, 'base64').toString('utf8')

interface PathCase {
  readonly text: string
  readonly path: string
}
const gjson = (programs: Programs, cases: readonly PathCase[]) => {
  const oracle = programs.values()
  if (!oracle) return undefined
  const replies = askProperties(oracle, cases)
  return cases.map(({ text, path }, index) => {
    const { exists, valid, out } = replies[index]!
    return { text, path, valid, want: exists ? plain(out) : null }
  })
}

const decoded = (programs: Programs, cases: readonly { text: string; strategy: string }[]) => {
  const replies = programs.values()?.(cases.map(({ text, strategy }) => ({ op: 'decode', text, strategy })))
  return replies?.map(({ exists, out }, index) => {
    const { text, strategy } = cases[index]!
    return { text, strategy, want: exists ? out : null }
  })
}

const extracted = (programs: Programs, cases: readonly { text: string }[]) => {
  const replies = programs.values()?.(cases.map(({ text }) => ({ op: 'extract', text })))
  return replies?.map(({ exists, members }, index) => {
    const want = (members ?? []).map(([key, value]) => [key, plain(value)])
    return { text: cases[index]!.text, want: exists ? want : null }
  })
}

/** One line of bytes.json: values are base64, because they are not all UTF-8. */
export type BytesCase = Question & {
  readonly want: string | null | NonNullable<Reply['members']>
  /** Of a `get`: whether the document is JSON. */
  readonly valid?: boolean
}
const ask = (oracle: Oracle, question: Question): Reply | undefined =>
  (question.op === 'get' ? askProperties(oracle, [question]) : oracle([question]))[0]

const asBytes = (programs: Programs, all: readonly BytesCase[]) => {
  const oracle = programs.values()
  return (
    oracle &&
    all.map(({ want: _want, valid: _valid, ...question }) => {
      const { exists, valid, out, members = [] } = ask(oracle, question as Question)!
      const want = question.op === 'extract' ? members : out
      return { ...question, ...(question.op === 'get' && { valid }), want: exists ? want : null }
    })
  )
}

const rendered = (programs: Programs, cases: readonly TemplateCase[]) => {
  const engine = programs.templates()
  return engine && answerTemplates(engine, goldenValues(), cases)
}

const hashed = (programs: Programs, all: readonly HashCase[]) => {
  const oracle = programs.hashes()
  return oracle && answerHashes(oracle, all)
}

const fired = (programs: Programs, all: readonly CronCase[]) => {
  const oracle = programs.cron()
  return oracle && answerCron(oracle, all)
}

const rewritten = (programs: Programs, all: readonly RewriteCase[]) => {
  const oracle = programs.rewrites()
  return oracle && answerRewrites(oracle, all)
}

/** One case a line, so that a change of one answer is a change of one line. */
const printed = (cases: readonly object[]): string =>
  `[\n${cases.map(entry => `  ${JSON.stringify(entry)}`).join(',\n')}\n]\n`

/** From the text of a golden file to the same text with the answers given anew; undefined without the Go program. */
export type Regenerate = (programs: Programs, text: string) => string | undefined

const cases =
  <T>(answer: (programs: Programs, cases: readonly T[]) => readonly object[] | undefined): Regenerate =>
  (programs, text) => {
    const answered = answer(programs, JSON.parse(text))
    return answered && printed(answered)
  }

/**
 * Every file of test/golden that Go answers, and who answers it. regenerate.ts rewrites the files from this table, and
 * test/unit/oracle/committed.test.ts compares them with it: a new golden file needs its line here and nowhere else.
 */
export const goldenFiles: Readonly<Record<string, Regenerate>> = {
  'cron.json': cases(fired),
  'gjson.json': cases(gjson),
  'decode.json': cases(decoded),
  'extract.json': cases(extracted),
  'bytes.json': cases(asBytes),
  'hash.json': cases(hashed),
  'rewrite.json': cases(rewritten),
  'template.json': cases(rendered),
  'template-gjson.json': cases((programs, all: readonly PathCase[]) =>
    gjson(programs, all)?.map(({ text, path, want }) => ({ text, path, want })),
  ),
}

/** Files there that hold questions or data only. */
export const goldenInputs: readonly string[] = ['template-values.json']

export const goldenPath = (name: string): string => join(import.meta.dirname, '../golden', name)
export const readGolden = (name: string): string => readFileSync(goldenPath(name), 'utf8')

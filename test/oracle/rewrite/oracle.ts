import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Key to value, one latin1 character a byte. */
export type Texts = Readonly<Record<string, string>>

/** Steps as in a manifest and the data that they are taken on. */
export interface RewriteQuestion {
  readonly steps: readonly object[]
  readonly data: Texts
}
export type RewriteReply = { readonly want: Texts } | { readonly refused: string }
/** One line of test/golden/rewrite.json. main.go says which reasons there are to refuse. */
export type RewriteCase = RewriteQuestion & { readonly want?: Texts; readonly refused?: string }
export type RewriteOracle = (questions: readonly RewriteQuestion[]) => RewriteReply[]

const recoded = (texts: Texts, from: BufferEncoding, to: BufferEncoding): Texts =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text, from).toString(to)]))

/** Builds the Go program; undefined, with the reason told, where this machine cannot. */
export const buildRewriteOracle = (say: (reason: string) => void): RewriteOracle | undefined => {
  const folder = mkdtempSync(join(tmpdir(), 'oracle-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const program = join(folder, 'rewrite')
  const built = spawnSync('go', ['build', '-o', program, '.'], { cwd: import.meta.dirname })
  if (built.status !== 0) {
    say(`no Go oracle here (${built.error ? 'go is not on PATH' : 'go build failed'}): golden files only`)
    return undefined
  }
  return questions => {
    const input = questions
      .map(({ steps, data }) => JSON.stringify({ steps, data: recoded(data, 'latin1', 'base64') }))
      .join('\n')
    const lines = execFileSync(program, { input, maxBuffer: 1 << 28, encoding: 'utf8' })
      .trimEnd()
      .split('\n')
    return lines.map(line => {
      const { data = {}, refused }: { data?: Texts; refused?: string } = JSON.parse(line)
      return refused === undefined ? { want: recoded(data, 'base64', 'latin1') } : { refused }
    })
  }
}

/** The cases with the program's answers. */
export const answerRewrites = (oracle: RewriteOracle, cases: readonly RewriteCase[]): RewriteCase[] => {
  const replies = oracle(cases)
  return cases.map(({ steps, data }, index) => ({ steps, data, ...replies[index]! }))
}

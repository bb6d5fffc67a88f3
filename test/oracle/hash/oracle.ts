import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A question to main.go beside this, which says what each one means. Bytes are base64. */
export type HashQuestion =
  | { readonly op: 'data'; readonly data: readonly (readonly [key: string, base64: string])[] }
  | {
      readonly op: 'metadata'
      readonly annotations?: Readonly<Record<string, string>>
      readonly labels?: Readonly<Record<string, string>>
    }
  | { readonly op: 'created-by'; readonly namespace: string; readonly name: string }
  | { readonly op: 'field-manager'; readonly name: string }
  | { readonly op: 'value'; readonly json: string }
/** One line of test/golden/hash.json. `want` is empty where `json` is none; `printed` is what was hashed. */
export type HashCase = HashQuestion & { readonly want: string; readonly printed?: string }
export type HashOracle = (questions: readonly HashQuestion[]) => { want: string; printed?: string }[]

/** Builds the Go program; undefined, with the reason told, where this machine cannot. */
export const buildHashOracle = (say: (reason: string) => void): HashOracle | undefined => {
  const folder = mkdtempSync(join(tmpdir(), 'oracle-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const program = join(folder, 'hash')
  const built = spawnSync('go', ['build', '-o', program, '.'], { cwd: import.meta.dirname })
  if (built.status !== 0) {
    say(`no Go oracle here (${built.error ? 'go is not on PATH' : 'go build failed'}): golden files only`)
    return undefined
  }
  return questions => {
    const input = questions.map(question => JSON.stringify(question)).join('\n')
    const lines = execFileSync(program, { input, maxBuffer: 1 << 28, encoding: 'utf8' })
    return lines
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
  }
}

/** The cases with the program's answers; long prints are left out. */
export const answerHashes = (oracle: HashOracle, cases: readonly HashCase[]): HashCase[] => {
  const replies = oracle(cases)
  return cases.map(({ want: _want, printed: _printed, ...question }, index) => {
    const { want, printed } = replies[index]!
    return { ...question, want, ...(printed !== undefined && printed.length <= 300 && { printed }) } as HashCase
  })
}

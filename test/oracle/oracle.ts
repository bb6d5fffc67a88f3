import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A question to test/oracle/gjson/main.go, which says what each one means. */
export type Question =
  | { op: 'get'; text: string; path: string }
  | { op: 'decode'; text: string; strategy: string }
  | { op: 'extract'; text: string }
export interface Reply {
  exists: boolean
  valid: boolean
  /** Base64. */
  out: string
  members?: Record<string, string>
}
export type Oracle = (questions: readonly Question[]) => Reply[]

/** Builds the Go program; undefined, with the reason told, where this machine cannot. */
export const buildOracle = (say: (reason: string) => void): Oracle | undefined => {
  const folder = mkdtempSync(join(tmpdir(), 'oracle-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const program = join(folder, 'gjson')
  const built = spawnSync('go', ['build', '-o', program, '.'], { cwd: join(import.meta.dirname, 'gjson') })
  if (built.status !== 0) {
    say(`no Go oracle here (${built.error ? 'go is not on PATH' : 'go build failed'}): golden files only`)
    return undefined
  }
  return questions => {
    const input = questions.map(question => JSON.stringify(question)).join('\n')
    const lines = execFileSync(program, { input, maxBuffer: 1 << 28, encoding: 'utf8' })
      .trimEnd()
      .split('\n')
    return lines.map(line => JSON.parse(line))
  }
}

/** What ESO's provider takes for a property: a name with dots is tried as one key first. */
export const askProperties = (oracle: Oracle, cases: readonly { text: string; path: string }[]): Reply[] => {
  const plain = oracle(cases.map(({ text, path }) => ({ op: 'get', text, path })))
  const literal = oracle(cases.map(({ text, path }) => ({ op: 'get', text, path: path.replaceAll('.', '\\.') })))
  return plain.map((reply, index) =>
    cases[index]!.path.includes('.') && literal[index]!.exists ? literal[index]! : reply,
  )
}

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What is asked about: text, or base64 of bytes that are no UTF-8. */
export type Document = { readonly text: string } | { readonly bytes: string }
/** A question to test/oracle/gjson/main.go, which says what each one means. */
export type Question = Document & ({ op: 'get'; path: string } | { op: 'decode'; strategy: string } | { op: 'extract' })
export interface Reply {
  exists: boolean
  valid: boolean
  /** Base64. */
  out: string
  /** Pairs, not an object: V8 of Node 24 now and then takes one escaped name for another (test/unit/materialize/bytes.test.ts). */
  members?: [name: string, base64: string][]
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
export const askProperties = (oracle: Oracle, cases: readonly (Document & { path: string })[]): Reply[] => {
  const plain = oracle(cases.map(entry => ({ ...entry, op: 'get' })))
  const literal = oracle(cases.map(entry => ({ ...entry, op: 'get', path: entry.path.replaceAll('.', '\\.') })))
  return plain.map((reply, index) =>
    cases[index]!.path.includes('.') && literal[index]!.exists ? literal[index]! : reply,
  )
}

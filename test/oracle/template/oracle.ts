import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A call of pkg/template/engine/answer: its operation byte and its fields. */
export type NativeCall = readonly [operation: number, ...fields: (string | Uint8Array)[]]
export interface NativeReply {
  readonly done: boolean
  readonly fields: readonly Buffer[]
}
export type NativeEngine = (calls: readonly NativeCall[]) => NativeReply[]

export const valuesCall = 1
export const renderCall = 2
export const getCall = 3

const framed = (bytes: Uint8Array): Buffer => {
  const size = Buffer.alloc(4)
  size.writeUInt32LE(bytes.byteLength)
  return Buffer.concat([size, bytes])
}

const unframed = (bytes: Buffer): Buffer[] => {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.byteLength; ) {
    const end = at + 4 + bytes.readUInt32LE(at)
    parts.push(bytes.subarray(at + 4, end))
    at = end
  }
  return parts
}

/** Builds the engine as a native program; undefined, with the reason told, where this machine cannot. */
export const buildNativeEngine = (say: (reason: string) => void): NativeEngine | undefined => {
  const folder = mkdtempSync(join(tmpdir(), 'oracle-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const program = join(folder, 'template')
  const built = spawnSync('go', ['build', '-o', program, '.'], { cwd: import.meta.dirname })
  if (built.status !== 0) {
    say(`no Go oracle here (${built.error ? 'go is not on PATH' : 'go build failed'}): golden files only`)
    return undefined
  }
  return calls => {
    const input = Buffer.concat(
      calls.map(([operation, ...fields]) =>
        framed(Buffer.concat([Buffer.of(operation), ...fields.map(field => framed(Buffer.from(field as string)))])),
      ),
    )
    const replies = unframed(execFileSync(program, { input, maxBuffer: 1 << 28, env: { TZ: 'UTC' } }))
    return replies.map(reply => ({ done: reply[0] === 0, fields: unframed(reply.subarray(1)) }))
  }
}

/** One line of test/golden/template.json. `want` holds one latin1 character a byte; `refused` the engine's class, line, column, subject. */
export interface TemplateCase {
  readonly text: string
  readonly gives: 'text' | 'pairs'
  readonly missing?: 'print'
  readonly want?: readonly string[]
  readonly refused?: readonly string[]
}

export const goldenFile = (name: string): string => join(import.meta.dirname, '../../golden', name)

/** The data of every golden template: name to bytes. */
export const goldenValues = (): Map<string, Buffer> => {
  const encoded: Record<string, string> = JSON.parse(readFileSync(goldenFile('template-values.json'), 'utf8'))
  return new Map(Object.entries(encoded).map(([name, base64]) => [name, Buffer.from(base64, 'base64')]))
}

/** What the native engine makes of them. */
export const answerTemplates = (
  engine: NativeEngine,
  values: ReadonlyMap<string, Uint8Array>,
  cases: readonly TemplateCase[],
): TemplateCase[] => {
  const asked = cases.map(({ text, gives, missing = 'refuse' }): NativeCall => [renderCall, 'k', text, missing, gives])
  const [, ...replies] = engine([[valuesCall, ...[...values].flat()], ...asked])
  return cases.map(({ want: _want, refused: _refused, ...question }, index) => {
    const { done, fields } = replies[index]!
    const texts = fields.map(field => field.toString('latin1'))
    return done ? { ...question, want: texts } : { ...question, refused: texts.slice(0, 4) }
  })
}

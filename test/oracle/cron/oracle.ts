import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A question to test/oracle/cron/main.go. */
export interface Asked {
  readonly spec: string
  /** Milliseconds. */
  readonly at: number
}

/** One line of test/golden/cron.json: the next firings as timestamps, or null where robfig/cron refuses the text. */
export interface CronCase {
  readonly spec: string
  readonly at: string
  readonly want: readonly string[] | null
}

/** The next five firings in milliseconds, fewer where there are no more, null for a refusal. */
export type CronOracle = (asked: readonly Asked[]) => (readonly number[] | null)[]

/** Builds the Go program; undefined, with the reason told, where this machine cannot. */
export const buildCronOracle = (say: (reason: string) => void): CronOracle | undefined => {
  const folder = mkdtempSync(join(tmpdir(), 'oracle-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const program = join(folder, 'cron')
  const built = spawnSync('go', ['build', '-o', program, '.'], { cwd: import.meta.dirname })
  if (built.status !== 0) {
    say(`no Go oracle here (${built.error ? 'go is not on PATH' : 'go build failed'}): golden files only`)
    return undefined
  }
  return asked => {
    const input = asked.map(question => JSON.stringify(question)).join('\n')
    const lines = execFileSync(program, { input, maxBuffer: 1 << 28, encoding: 'utf8' })
      .trimEnd()
      .split('\n')
    return lines.map(line => {
      const { refused, next } = JSON.parse(line)
      return refused ? null : next
    })
  }
}

/** What robfig/cron answers to the questions of the golden file. */
export const answerCron = (oracle: CronOracle, cases: readonly CronCase[]): CronCase[] => {
  const replies = oracle(cases.map(({ spec, at }) => ({ spec, at: Date.parse(at) })))
  return cases.map(({ spec, at }, index) => ({
    spec,
    at,
    want: replies[index]?.map(ms => new Date(ms).toISOString()) ?? null,
  }))
}

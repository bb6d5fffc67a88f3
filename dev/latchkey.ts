import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

/** One line of Latchkey's log, as far as the screen reads it. */
export interface LogLine {
  readonly msg?: string
  readonly [field: string]: unknown
}

export interface Latchkey {
  /** Settles when the process says that it is ready; fails when it ends before. */
  readonly ready: Promise<LogLine>
  readonly child: ChildProcess
  /** The newest line for which the test holds. */
  find(test: (line: LogLine) => boolean): LogLine | undefined
  stop(): Promise<void>
}

const root = resolve(import.meta.dirname, '..')

/** Starts `latchkey serve` as a process of its own, its log kept in `logFile` and in memory for `find`. */
export const startLatchkey = (options: {
  args: readonly string[]
  extraCa: string
  logFile: string
  entry?: string
  /** Variables beside those of this process; undefined takes one away. */
  env?: NodeJS.ProcessEnv
}): Latchkey => {
  const child = spawn(process.execPath, [join(root, options.entry ?? 'server/main.ts'), 'serve', ...options.args], {
    cwd: root,
    env: { ...process.env, NODE_EXTRA_CA_CERTS: options.extraCa, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log = createWriteStream(options.logFile, { flags: 'a' })
  const lines: LogLine[] = []
  const ended = new Promise<void>(done => child.once('close', () => done()))
  const ready = new Promise<LogLine>((done, failed) => {
    createInterface({ input: child.stdout }).on('line', text => {
      log.write(`${text}\n`)
      const line = parse(text)
      lines.push(line)
      if (line.msg === 'ready') done(line)
    })
    // what ends the process is said there
    createInterface({ input: child.stderr }).on('line', text => {
      log.write(`${text}\n`)
      lines.push({ msg: text })
    })
    child.once('error', failed)
    child.once('close', code => {
      const last = lines.slice(-3).map(line => `\n    ${line.msg ?? ''}`)
      failed(
        new Error(`latchkey ended with code ${code}; its log: ${options.logFile}; its last lines:${last.join('')}`),
      )
    })
  })
  ready.catch(() => {})
  return {
    ready,
    child,
    find: test => lines.findLast(test),
    async stop() {
      child.kill('SIGTERM')
      await ended
      log.end()
    },
  }
}

const parse = (text: string): LogLine => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : { msg: text }
  } catch {
    return { msg: text }
  }
}

// The control plane on its own:
//   npm run --silent controlplane -- assets                 prints the folder of binaries, making it if need be
//   npm run --silent controlplane -- start [--state DIR]    runs one until Ctrl-C; without --state nothing is kept
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { assets, type Progress, SetupError, startControlPlane } from './index.ts'

const usage = `usage: npm run --silent controlplane -- assets
       npm run --silent controlplane -- start [--state DIR]
LATCHKEY_ASSETS=go|download|DIR chooses where the binaries come from.`

const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}
const onProgress = ({ text }: Progress): void => say(`latchkey: ${text}`)

/** Aborted by Ctrl-C or a polite kill; more of them change nothing (npm and the terminal both send one). */
const interruption = (): AbortSignal => {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => controller.abort(new SetupError('interrupted')))
  return controller.signal
}

const start = async (given: string | undefined, signal: AbortSignal): Promise<number> => {
  const { dir } = await assets({ env: process.env, onProgress, signal })
  const state = given ?? mkdtempSync(join(tmpdir(), 'latchkey-controlplane-'))
  try {
    const plane = await startControlPlane({ binaries: dir, state, onProgress, signal })
    process.stdout.write(`export KUBECONFIG=${plane.kubeconfig}\n`)
    say(`latchkey: ready; kubectl is ${plane.kubectl}; Ctrl-C ends it`)
    signal.addEventListener('abort', () => void plane.stop(), { once: true })
    if (signal.aborted) await plane.stop()
    const why = await plane.closed
    if (why !== undefined) say(`latchkey: ${why}`)
    return why === undefined ? 0 : 1
  } finally {
    if (given === undefined) rmSync(state, { recursive: true, force: true })
  }
}

interface Order {
  readonly command: 'assets' | 'start'
  readonly state: string | undefined
}

/** What is asked for; a text where it is not understood. */
const orderOf = (args: string[]): Order | string => {
  try {
    const { positionals, values } = parseArgs({ args, allowPositionals: true, options: { state: { type: 'string' } } })
    const [command, ...rest] = positionals
    if (rest.length > 0 || (command !== 'assets' && command !== 'start')) return usage
    return { command, state: values.state }
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n${usage}`
  }
}

const main = async (): Promise<number> => {
  const order = orderOf(process.argv.slice(2))
  if (typeof order === 'string') {
    say(order)
    return 2
  }
  const signal = interruption()
  if (order.command === 'start') return start(order.state, signal)
  const { dir } = await assets({ env: process.env, onProgress, signal })
  process.stdout.write(`${dir}\n`)
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  say(`latchkey: ${error.message}`)
  process.exitCode = 1
}

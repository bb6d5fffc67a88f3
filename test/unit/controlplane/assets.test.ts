import { spawnSync } from 'node:child_process'
import { chmodSync, readdirSync, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import t, { type Test } from 'tap'
import { type AssetsOptions, assets } from '../../../dev/controlplane/index.ts'
import { binaryNames } from '../../../dev/controlplane/versions.ts'

/** Folders by name, each with the given files, executable. */
const folders = (t: Test, wanted: Record<string, readonly string[]>) => {
  const base = t.testdir(
    Object.fromEntries(
      Object.entries(wanted).map(([name, files]) => [
        name,
        Object.fromEntries(files.map(file => [file, '#!/bin/sh\n'])),
      ]),
    ),
  )
  for (const [name, files] of Object.entries(wanted)) for (const file of files) chmodSync(join(base, name, file), 0o755)
  return (name: string) => join(base, name)
}

const nowhere = { kubernetes: 'http://127.0.0.1:1', etcd: 'http://127.0.0.1:1' }
const machine = (env: Record<string, string>, progress: string[] = []): AssetsOptions => ({
  env: { PATH: '', ...env },
  sites: nowhere,
  onProgress: ({ text }) => progress.push(text),
})

t.test('KUBEBUILDER_ASSETS comes before PATH, and a folder named outright before both', async t => {
  const at = folders(t, { kubebuilder: binaryNames, path: binaryNames, named: binaryNames })
  const env = { KUBEBUILDER_ASSETS: at('kubebuilder'), PATH: at('path') }
  t.strictSame(await assets(machine(env)), { dir: at('kubebuilder'), origin: 'KUBEBUILDER_ASSETS' })
  t.strictSame(await assets(machine({ PATH: at('path') })), { dir: at('path'), origin: 'path' })
  const forced = await assets(machine({ ...env, LATCHKEY_ASSETS: at('named') }))
  t.strictSame(forced, { dir: at('named'), origin: 'LATCHKEY_ASSETS' })
})

t.test('an incomplete KUBEBUILDER_ASSETS is passed over, and that is said', async t => {
  const at = folders(t, { kubebuilder: ['etcd', 'kube-apiserver', 'kubectl'], path: binaryNames })
  const progress: string[] = []
  const found = await assets(machine({ KUBEBUILDER_ASSETS: at('kubebuilder'), PATH: at('path') }, progress))
  t.equal(found.origin, 'path')
  t.match(progress[0], /KUBEBUILDER_ASSETS: .* lacks kube-controller-manager: looking elsewhere/)
})

t.test('binaries in different folders of PATH are gathered as links', async t => {
  const at = folders(t, {
    one: ['etcd', 'kubectl'],
    two: ['kube-apiserver', 'kube-controller-manager', 'etcd'],
    cache: [],
  })
  const env = { PATH: ['/no/such/folder', at('one'), at('two')].join(delimiter), XDG_CACHE_HOME: at('cache') }
  const { dir, origin } = await assets(machine(env))
  t.equal(origin, 'path')
  t.strictSame(readdirSync(dir).sort(), [...binaryNames].sort())
  t.equal(realpathSync(join(dir, 'etcd')), realpathSync(join(at('one'), 'etcd')))
  t.equal((await assets(machine(env))).dir, dir)
})

t.test('a forced folder must hold all four, executable', async t => {
  const at = folders(t, { half: ['etcd', 'kubectl', 'kube-apiserver'] })
  chmodSync(join(at('half'), 'kubectl'), 0o644)
  await t.rejects(assets(machine({ LATCHKEY_ASSETS: at('half') })), {
    message: /^LATCHKEY_ASSETS: .*half lacks kube-controller-manager, kubectl → a folder with .*, or: go, download$/,
  })
})

t.test('a forced build without Go says so', async t => {
  const at = folders(t, { cache: [] })
  const env = { LATCHKEY_ASSETS: 'go', XDG_CACHE_HOME: at('cache') }
  await t.rejects(assets(machine(env)), { message: 'no go command on PATH → install Go 1.26 or newer' })
  t.strictSame(readdirSync(join(at('cache'), 'latchkey', 'controlplane')), [])
})

t.test('without XDG_CACHE_HOME the cache lies in the home folder', async t => {
  const at = folders(t, { home: [] })
  await t.rejects(assets({ ...machine({ LATCHKEY_ASSETS: 'go' }), home: at('home') }))
  t.strictSame(readdirSync(join(at('home'), '.cache', 'latchkey')), ['controlplane'])
})

t.test('the command prints nothing but the folder, and usage where it is not understood', async t => {
  const at = folders(t, { named: binaryNames })
  const main = join(import.meta.dirname, '../../../dev/controlplane/main.ts')
  const env = { PATH: '', LATCHKEY_ASSETS: at('named') }
  const run = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env })
  t.match(run('assets'), { status: 0, stdout: `${at('named')}\n`, stderr: '' })
  for (const args of [[], ['asset'], ['assets', 'more'], ['assets', '--port', '1']])
    t.match(run(...args), { status: 2, stdout: '', stderr: /usage: npm run --silent controlplane/ }, args.join(' '))
})

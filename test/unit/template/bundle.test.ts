import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { bundle } from '../../../dev/bundle.ts'
import { sources } from '../../../dev/engine.ts'

const home = mkdtempSync(join(tmpdir(), 'latchkey-bundle-'))
t.teardown(() => rmSync(home, { recursive: true, force: true }))
const moved = join(home, 'moved elsewhere')

t.before(async () => {
  const built = join(home, 'built')
  await bundle(built, { bundled: 'test/unit/template/bundled.ts' })
  renameSync(built, moved)
})

/** Runs the bundled program with nothing of the checkout around it. */
const run = (): unknown =>
  JSON.parse(execFileSync(process.execPath, [join(moved, 'bundled.js')], { cwd: '/' }).toString())

const expected = `BÄRBEL → ${Buffer.from('bärbel').toString('base64')}`

t.test('a bundle that was moved renders, from any working directory, and starts its thread only then', async t => {
  t.same(run(), { before: 0, after: 1, rendered: [expected], absent: 0 })
})

t.test('the engine lies beside the program, byte for byte', async t => {
  const archive = 'engine.wasm.br'
  t.ok(readFileSync(join(moved, archive)).equals(readFileSync(join(sources, archive))))
  t.ok(existsSync(join(moved, 'latchkey.js')))
})

t.test('the worker is one small file that loads nothing but Node', async t => {
  const code = readFileSync(join(moved, 'template-worker.js'), 'utf8')
  const loaded = [...code.matchAll(/\b(?:from|import)\s*\(?\s*["'`]([^"'`]+)["'`]/g)].map(([, name]) => name)
  t.same(loaded.toSorted(), ['node:crypto', 'node:worker_threads'])
  t.ok(code.length < 10_000)
})

t.test('a program whose engine was not copied with it says so', async t => {
  renameSync(join(moved, 'engine.wasm.br'), join(moved, 'elsewhere.wasm.br'))
  t.same(run(), { before: 0, after: 0, rendered: [], absent: 1 })
})

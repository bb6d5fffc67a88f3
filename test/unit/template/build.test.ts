import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { buildEngine, committed, goVersion, hashOf, recorded, sources } from '../../../dev/engine.ts'
import { capMemory } from '../../../dev/wasm-memory.ts'

t.test('the committed engine is the one that is recorded', async t => t.equal(hashOf(committed()), recorded().hash))

t.test('the sources give the committed engine, from any folder', { timeout: 300_000 }, async t => {
  const found = goVersion()
  const { go, hash } = recorded()
  if (found !== go) {
    t.comment(`the engine was built with ${go}, here is ${found ?? 'no Go'}: not rebuilt`)
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'engine-elsewhere-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(sources, folder, { recursive: true })
  t.equal(hashOf(buildEngine(folder)), hash, 'run `node dev/run.mjs dev/engine.ts` and commit what it writes')
})

t.test('a module gets a maximum for its memory', async t => {
  // a module of one memory of one page, exported as m
  const module = Buffer.from('0061736d010000000503010001070501016d0200', 'hex')
  const grown = async (bytes: Uint8Array) => {
    const { exports } = new WebAssembly.Instance(await WebAssembly.compile(bytes), {})
    return (exports['m'] as { grow(pages: number): number }).grow(2)
  }
  t.equal(await grown(module), 1)
  t.equal(await grown(capMemory(module, 200)), 1)
  await t.rejects(grown(capMemory(module, 2)), RangeError)
})

// Builds the template engine: pkg/template/engine/engine.wasm.br, and engine.sha256 of the WASM in it. Needs the Go that
// engine.sha256 names; the same sources then give the same bytes on every machine.
//   node dev/run.mjs dev/engine.ts              writes both files
//   node dev/run.mjs dev/engine.ts --check      writes nothing; exits 1 where the committed file is not what the sources give
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { capMemory } from './wasm-memory.ts'

export const sources = resolve(import.meta.dirname, '../pkg/template/engine')
const archive = join(sources, 'engine.wasm.br')
const record = join(sources, 'engine.sha256')

/** 128 MiB: a Secret has at most 1 MiB, and deriving one password takes 32. A template that wants more is stopped. */
const maxPages = 2048

export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** `go1.26.8`; undefined where there is no Go. */
export const goVersion = (): string | undefined => {
  const told = spawnSync('go', ['env', 'GOVERSION'], {
    encoding: 'utf8',
    env: { ...process.env, GOTOOLCHAIN: 'local' },
  })
  return told.status === 0 ? told.stdout.trim() : undefined
}

/** The hash of the committed engine and the Go that made it. */
export const recorded = (): { hash: string; go: string } => {
  const [hash = '', , go = ''] = readFileSync(record, 'utf8').trim().split(/\s+/)
  return { hash, go }
}

export const committed = (): Buffer => brotliDecompressSync(readFileSync(archive))

/** The WASM that the sources in a folder give. Throws where Go fails. */
export const buildEngine = (folder: string): Buffer => {
  const out = mkdtempSync(join(tmpdir(), 'latchkey-engine-'))
  try {
    const wasm = join(out, 'engine.wasm')
    const flags = ['-buildmode=c-shared', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags=-s -w -buildid=']
    const settings = { GOOS: 'wasip1', GOARCH: 'wasm', GOWASM: '', GOEXPERIMENT: '', GOFLAGS: '', CGO_ENABLED: '0' }
    execFileSync('go', ['build', ...flags, '-o', wasm, '.'], {
      cwd: folder,
      env: { ...process.env, ...settings, GOTOOLCHAIN: 'local', GOWORK: 'off' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    return capMemory(readFileSync(wasm), maxPages)
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

const pack = (wasm: Uint8Array): Buffer =>
  brotliCompressSync(wasm, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: wasm.byteLength,
    },
  })

const main = (args: readonly string[]): number => {
  const go = goVersion()
  if (go === undefined) throw new Error('go is not on PATH')
  const wasm = buildEngine(sources)
  const hash = hashOf(wasm)
  if (args.includes('--check')) {
    const same = hash === recorded().hash && hash === hashOf(committed())
    console.error(
      same ? `engine.wasm.br is what the sources give (${hash})` : 'engine.wasm.br is out of date → run dev/engine.ts',
    )
    return same ? 0 : 1
  }
  const packed = pack(wasm)
  writeFileSync(archive, packed)
  writeFileSync(record, `${hash}  engine.wasm  ${go}\n`)
  console.error(`${hash}  ${wasm.byteLength} bytes, ${packed.byteLength} packed, ${go}`)
  return 0
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2))

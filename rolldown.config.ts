import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineConfig, type OutputOptions, type Plugin, type RolldownOptions } from 'rolldown'

const root = import.meta.dirname

/** One arrow in a message makes V8 keep the whole file as two bytes a character, for as long as the process lives. */
const ascii: Plugin = {
  name: 'ascii',
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== 'chunk') continue
      file.code = file.code.replace(/[^\0-\x7f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    }
  },
}

// V8 keeps what parsing the largest file took: parsed one by one they leave 15 MiB less behind than as one file.
const apart = ['ajv', 'fast-json-stringify', 'fastify', 'node-forge', 're2js', 'undici', 'yaml', 'zod']

const archive = 'engine.wasm.br'

/** Byte for byte, beside the worker: pkg/template/source.ts looks for it there. */
const templateEngine: Plugin = {
  name: 'template-engine',
  async generateBundle() {
    const source = await readFile(join(root, 'pkg/template/engine', archive))
    this.emitFile({ type: 'asset', fileName: archive, source })
  },
}

const output: OutputOptions = {
  dir: 'dist',
  format: 'esm',
  minify: true,
  sourcemap: false,
  chunkFileNames: '[name].js',
}

/** What the image runs, and built with it whatever else is asked for: entries of a bench or a test, by name. */
export const parts = (entries: Readonly<Record<string, string>> = {}): readonly [RolldownOptions, RolldownOptions] => [
  // A few files: starting them takes a third of the time that the unbundled sources need, and half the memory.
  {
    cwd: root,
    input: { latchkey: 'server/main.ts', ...entries },
    platform: 'node',
    // Its modules only define things. Without this its thousand models come along unused (docs/adr/0004-raw-json.md).
    treeshake: { moduleSideEffects: id => !id.includes('@kubernetes/client-node') },
    plugins: [ascii],
    output: {
      ...output,
      cleanDir: true,
      codeSplitting: { groups: apart.map(name => ({ name, test: new RegExp(`node_modules/${name}/`) })) },
    },
  },
  // On its own: a thread has a heap of its own, so it loads one file and shares no chunk with the server.
  {
    cwd: root,
    input: { 'template-worker': 'pkg/template/worker.ts' },
    platform: 'node',
    plugins: [ascii, templateEngine],
    output,
  },
]

export default defineConfig([...parts()])

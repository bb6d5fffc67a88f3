import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { type BrotliOptions, brotliDecompress } from 'node:zlib'

/** Where the worker and the engine lie. */
export interface Source {
  readonly worker: URL
  readonly engine: URL
}

/** Beside this file in a checkout, beside the bundle in the image (rolldown.config.ts puts them there). */
export const engineSource = (here: string = import.meta.url): Source =>
  here.endsWith('.ts')
    ? { worker: new URL('./worker.ts', here), engine: new URL('./engine/engine.wasm.br', here) }
    : { worker: new URL('./template-worker.js', here), engine: new URL('./engine.wasm.br', here) }

const unpack = promisify<Uint8Array, BrotliOptions, Buffer<ArrayBuffer>>(brotliDecompress)
/** A little more than the engine has: it is unpacked in one piece, which spares 17 MB of pieces to be joined. Bytes. */
const unpackedSize = 13 * 1024 * 1024

/** Unpacked and compiled off the main thread, once: threads that follow share the result. Throws where the file is missing. */
export const loadEngine = async (engine: URL): Promise<WebAssembly.Module> => {
  const bytes = await unpack(await readFile(engine), { chunkSize: unpackedSize })
  // One compiling thread in place of one a core: half the time to the first answer, and 8 to 14 MB less.
  setFlagsFromString('--wasm-num-compilation-tasks=1')
  // V8 optimizes a function later than it would: 0.03 ms a render for 7 MB.
  setFlagsFromString('--wasm-tiering-budget=1000000000')
  const module = await WebAssembly.compile(bytes)
  // V8 has its own copy; this one need not wait for the collector.
  bytes.buffer.transfer(0)
  return module
}

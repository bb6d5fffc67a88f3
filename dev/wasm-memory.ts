const header = 8
const memorySection = 5

/** Unsigned LEB128, as WebAssembly writes its numbers. */
const encode = (value: number): number[] => {
  const low = value & 0x7f
  const rest = value >>> 7
  return rest === 0 ? [low] : [low | 0x80, ...encode(rest)]
}

const decode = (bytes: Uint8Array, start: number): { value: number; end: number } => {
  let value = 0
  for (let at = start, shift = 0; ; at++, shift += 7) {
    const byte = bytes[at] ?? 0
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return { value: value >>> 0, end: at + 1 }
  }
}

/** Gives the one memory of a module a maximum, in pages of 64 KiB: Go's linker sets none and has no option for it. */
export const capMemory = (wasm: Uint8Array, maxPages: number): Buffer => {
  for (let at = header; at < wasm.byteLength; ) {
    const { value: size, end: start } = decode(wasm, at + 1)
    const end = start + size
    if (wasm[at] !== memorySection) {
      at = end
      continue
    }
    const { value: minPages } = decode(wasm, start + 2)
    const body = [1, 1, ...encode(minPages), ...encode(maxPages)]
    const section = Buffer.from([memorySection, ...encode(body.length), ...body])
    return Buffer.concat([wasm.subarray(0, at), section, wasm.subarray(end)])
  }
  throw new Error('the module has no memory')
}

const block = 512

const text = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end))
}

/** The bytes of one regular file in an unpacked ustar archive; undefined when it is not there or cut short. */
export const readTarEntry = (archive: Uint8Array, path: string): Uint8Array | undefined => {
  let at = 0
  while (at + block <= archive.length) {
    const header = archive.subarray(at, at + block)
    const name = text(header.subarray(0, 100))
    if (name === '') return undefined
    const prefix = text(header.subarray(345, 500))
    const size = Number.parseInt(text(header.subarray(124, 136)).trim(), 8)
    if (!Number.isSafeInteger(size)) return undefined
    const type = header[156] ?? 0
    const isFile = type === 0 || type === 0x30
    const start = at + block
    if (isFile && (prefix ? `${prefix}/${name}` : name) === path)
      return start + size <= archive.length ? archive.subarray(start, start + size) : undefined
    at = start + Math.ceil(size / block) * block
  }
  return undefined
}

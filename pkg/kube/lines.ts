const newline = 0x0a

/** Thrown for a line above the limit: the stream is not what it should be, or the limit is wrong. */
export class LineTooLong extends Error {
  override readonly name = 'LineTooLong'
}

/**
 * Cuts a byte stream into lines, whatever the chunks: the bytes of a line are joined before they become text, so a character
 * split over two chunks survives. An unfinished last line is never given out. Empty lines are left out.
 */
export const lineSplitter = (maxBytes: number): ((chunk: Uint8Array) => string[]) => {
  let parts: Uint8Array[] = []
  let size = 0

  const keep = (part: Uint8Array): void => {
    size += part.byteLength
    if (size > maxBytes) throw new LineTooLong(`a line of more than ${maxBytes} bytes`)
    if (part.byteLength > 0) parts.push(part)
  }
  const take = (): string => {
    const text = Buffer.concat(parts, size).toString('utf8')
    parts = []
    size = 0
    return text
  }
  return chunk => {
    const lines: string[] = []
    let from = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      keep(chunk.subarray(from, end))
      const line = take()
      if (line) lines.push(line)
      from = end + 1
    }
    keep(chunk.subarray(from))
    return lines
  }
}

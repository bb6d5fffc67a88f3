// Texts that are easy to find again, in whatever form somebody may have written them down.
export const marker = 'c4n4ry'
let planted = 0

/** 64 bytes; any fourteen in a row hold the marker or its next repetition. */
export const canary = (): string => {
  planted += 1
  return `${String(planted).padStart(4, '-')}${marker.repeat(10)}`
}
const encode = (text: string) => Buffer.from(text).toString('base64')

// as it is, in hex, and in base64 at each of the three offsets, from four full groups on
const traces = [
  marker,
  Buffer.from(marker).toString('hex'),
  ...[0, 1, 2].map(offset => encode(`${' '.repeat(offset)}${marker.repeat(3)}`).slice(4, 16)),
]

/** The surroundings of a canary in a text; undefined where there is none. */
export const found = (text: string): string | undefined => {
  const at = traces.map(trace => text.indexOf(trace)).filter(index => index >= 0)
  return at.length === 0 ? undefined : text.slice(Math.max(0, Math.min(...at) - 120), Math.min(...at) + 80)
}

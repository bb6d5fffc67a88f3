import { type ByteText, toByteText } from './cursor.ts'

const plainEscapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])
const hex4 = /^[0-9a-fA-F]{4}$/
const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff

/** What stands for one escape, how many characters after the backslash it takes, and whether it is written as JSON wants it. */
interface Escape {
  readonly char: ByteText
  readonly span: number
  readonly sound: boolean
}

/** The \u escape whose u is at `at`; bad digits count as zero, as in gjson. Undefined where the text ends too early. */
const unicodeAt = (text: ByteText, at: number): Escape | undefined => {
  if (at + 5 > text.length) return undefined
  const digits = text.slice(at + 1, at + 5)
  const sound = hex4.test(digits)
  const code = sound ? Number.parseInt(digits, 16) : 0
  if (!isSurrogate(code)) return { char: toByteText(String.fromCharCode(code)), span: 5, sound }
  // Whatever escape follows a surrogate is taken as its other half; both become U+FFFD if they make no pair.
  if (text.slice(at + 5, at + 7) !== '\\u' || at + 11 > text.length) {
    return { char: toByteText('\ufffd'), span: 5, sound: true }
  }
  const others = text.slice(at + 7, at + 11)
  const other = hex4.test(others) ? Number.parseInt(others, 16) : 0
  const pair = code < 0xdc00 && other >= 0xdc00 && other <= 0xdfff
  return { char: toByteText(pair ? String.fromCharCode(code, other) : '\ufffd'), span: 11, sound: hex4.test(others) }
}

/** The escape whose letter is at `at`; undefined where there is none, which ends the text in gjson. */
const escapeAt = (text: ByteText, at: number): Escape | undefined => {
  const letter = text.charAt(at)
  if (letter === 'u') return unicodeAt(text, at)
  const char = plainEscapes.get(letter)
  return char === undefined ? undefined : { char, span: 1, sound: true }
}

// What gjson stops at in a text that has escapes.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const special = /[\\\u0000-\u001f]/

/**
 * The text of a string token, escapes resolved as gjson v1.18 does it. `whole` is false where it had to guess: an escape that is
 * none, or a control character in a text with escapes, ends the text without a word.
 */
export const unquote = (raw: ByteText): { readonly text: ByteText; readonly whole: boolean } => {
  const body = raw.slice(1, -1)
  if (!body.includes('\\')) return { text: body, whole: true }
  let text = ''
  let whole = true
  let from = 0
  for (;;) {
    const at = from + body.slice(from).search(special)
    if (at < from) return { text: text + body.slice(from), whole }
    text += body.slice(from, at)
    const found = body.charAt(at) === '\\' ? escapeAt(body, at + 1) : undefined
    if (found === undefined) return { text, whole: false }
    text += found.char
    whole &&= found.sound
    from = at + 1 + found.span
  }
}

/** Shortest digits that mean the same float, never with an exponent: Go's FormatFloat(x, 'f', -1, 64). */
const plainDecimal = (value: number): string => {
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const [mantissa = '', exponent] = String(Math.abs(value)).split('e')
  if (exponent === undefined) return sign + mantissa
  const [before = '', after = ''] = mantissa.split('.')
  const point = before.length + Number(exponent)
  const digits = before + after
  return sign + (point <= 0 ? `0.${'0'.repeat(-point)}${digits}` : digits.padEnd(point, '0'))
}

/**
 * A number token as text: whole numbers keep their digits however long, decimals take the shortest float form (1.50 is 1.5).
 * Undefined where the token is no number; gjson prints 0 there.
 */
export const numberText = (raw: ByteText): string | undefined => {
  if (/^-?\d+$/.test(raw)) return raw
  return /^[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?$/.test(raw) ? plainDecimal(Number(raw)) : undefined
}

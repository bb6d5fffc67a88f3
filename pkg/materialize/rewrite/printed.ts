import { type ByteText, Cursor, toByteText } from '../json/cursor.ts'
import { type Members, unquoteStrictly } from '../json/members.ts'
import { jsonNumber } from './number.ts'

/** `html`: what json.Marshal prints. `plain`: what an Encoder without HTML escaping prints. */
export type Escaping = 'html' | 'plain'

const escaped = {
  html: /[<>&\u2028\u2029]/g,
  plain: /[\u2028\u2029]/g,
} as const satisfies Record<Escaping, RegExp>

const unicodeEscape = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

const quoted = (text: string, escaping: Escaping): ByteText =>
  toByteText(JSON.stringify(text).replaceAll(escaped[escaping], unicodeEscape))

// Added up rather than joined: joining copies the text of a value once for each level around it.
const concatenated = (open: string, parts: readonly ByteText[], close: string): ByteText =>
  parts.reduce((text, part, index) => `${text}${index > 0 ? ',' : ''}${part}`, open) + close

/** Members by the bytes of their keys, which is Go's order. */
const objectText = (entries: ReadonlyMap<string, ByteText>, escaping: Escaping): ByteText => {
  const sorted = [...entries].map(([key, text]) => [toByteText(key), quoted(key, escaping), text] as const)
  sorted.sort(([a], [b]) => (a < b ? -1 : 1))
  return concatenated(
    '{',
    sorted.map(([, key, text]) => `${key}:${text}`),
    '}',
  )
}

const keyOrEnd = new Set('"}')

const printObject = (cursor: Cursor, escaping: Escaping): ByteText => {
  const entries = new Map<string, ByteText>()
  cursor.at++
  while (cursor.seek(keyOrEnd) === '"') {
    const key = unquoteStrictly(cursor.string().raw)
    cursor.seekValue()
    entries.set(key, printValue(cursor, escaping))
  }
  cursor.at++
  return objectText(entries, escaping)
}

const printArray = (cursor: Cursor, escaping: Escaping): ByteText => {
  const parts: ByteText[] = []
  cursor.at++
  while (!']'.includes(cursor.seekElement())) parts.push(printValue(cursor, escaping))
  cursor.at++
  return concatenated('[', parts, ']')
}

const printValue = (cursor: Cursor, escaping: Escaping): ByteText => {
  const start = cursor.text.charAt(cursor.at)
  if (start === '{') return printObject(cursor, escaping)
  if (start === '[') return printArray(cursor, escaping)
  const { kind, raw } = cursor.take()
  if (kind === 'string') return quoted(unquoteStrictly(raw), escaping)
  return kind === 'number' ? jsonNumber(raw) : raw
}

/** A value of valid JSON, compact and with sorted keys, as Go's encoding/json prints what it decoded. */
export const printed = (raw: ByteText, escaping: Escaping): ByteText => printValue(new Cursor(raw), escaping)

/** One object of several members, printed likewise. */
export const printedObject = (members: Members, escaping: Escaping): ByteText =>
  objectText(new Map([...members].map(([key, raw]) => [key, printed(raw, escaping)])), escaping)

const nesting = new Set('"{[}]')

/** Whether valid JSON is nested deeper than that. Printing recurses, and a document of brackets alone must not end it. */
export const isDeeper = (text: ByteText, than: number): boolean => {
  const cursor = new Cursor(text)
  for (let depth = 0; depth <= than; ) {
    const found = cursor.seek(nesting)
    if (found === '') return false
    if (found === '"') cursor.string()
    else {
      depth += '{['.includes(found) ? 1 : -1
      cursor.at++
    }
  }
  return true
}

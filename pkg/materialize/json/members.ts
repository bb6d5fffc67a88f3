import { repaired } from '../repaired.ts'
import { type ByteText, Cursor, fromByteText } from './cursor.ts'

/** Name to the source text of its value. */
export type Members = ReadonlyMap<string, ByteText>

/** Whether the text is JSON by the letter (RFC 8259). */
export const isJson = (text: ByteText): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const keyOrEnd = new Set('"}')

/**
 * The members of a JSON object, values as raw text, in the order of their first appearance; of members with one name the last
 * wins, as in Go. A `null` document has none. Undefined where the text is not JSON or no object.
 */
export const members = (text: ByteText): Members | undefined => {
  if (/^[ \t\r\n]*null[ \t\r\n]*$/.test(text)) return new Map()
  if (!/^[ \t\r\n]*\{/.test(text) || !isJson(text)) return undefined
  const found = new Map<string, ByteText>()
  const cursor = new Cursor(text, text.indexOf('{') + 1)
  while (cursor.seek(keyOrEnd) === '"') {
    const key = unquoteStrictly(cursor.string().raw)
    cursor.seekValue()
    found.set(key, cursor.take().raw)
  }
  return found
}

/** The text of a string token of a document that is known to be JSON; what is no UTF-8 or UTF-16 becomes U+FFFD, as in Go. */
export const unquoteStrictly = (raw: ByteText): string => String(JSON.parse(fromByteText(repaired(raw)))).toWellFormed()

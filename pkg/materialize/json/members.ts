import { repaired } from '../repaired.ts'
import { type ByteText, Cursor, fromByteText, toByteText } from './cursor.ts'

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

/** One member as it stands in the text: where its name begins, and where its value begins and ends. */
export interface Member {
  readonly name: string
  readonly at: number
  readonly from: number
  readonly end: number
  readonly raw: ByteText
}

/** All members of a JSON object in their order, equal names included. Undefined where the text is not JSON or no object. */
export const memberList = (text: ByteText): readonly Member[] | undefined => {
  if (!/^[ \t\r\n]*\{/.test(text) || !isJson(text)) return undefined
  const found: Member[] = []
  const cursor = new Cursor(text, text.indexOf('{') + 1)
  while (cursor.seek(keyOrEnd) === '"') {
    const { at } = cursor
    const name = unquoteStrictly(cursor.string().raw)
    cursor.seekValue()
    const from = cursor.at
    const { raw } = cursor.take()
    found.push({ name, at, from, end: cursor.at, raw })
  }
  return found
}

/** Whether a text is the JSON document null. */
export const isNull = (text: ByteText): boolean => /^[ \t\r\n]*null[ \t\r\n]*$/.test(text)

/**
 * The members of a JSON object, values as raw text, in the order of their first appearance; of members with one name the last
 * wins, as in Go. A `null` document has none. Undefined where the text is not JSON or no object.
 */
export const members = (text: ByteText): Members | undefined => {
  if (isNull(text)) return new Map()
  const found = memberList(text)
  return found && new Map(found.map(({ name, raw }) => [name, raw]))
}

/** What a member gives as the value of a key: strings lose their quotes and escapes, null is empty, the rest stays (1.50 is 1.50). */
export const memberText = (raw: ByteText): ByteText => {
  if (raw.startsWith('"')) return toByteText(unquoteStrictly(raw))
  return raw === 'null' ? '' : raw
}

/** The text of a string token of a document that is known to be JSON; what is no UTF-8 or UTF-16 becomes U+FFFD, as in Go. */
export const unquoteStrictly = (raw: ByteText): string => String(JSON.parse(fromByteText(repaired(raw)))).toWellFormed()

import { type ByteText, fromByteText, toByteText } from './cursor.ts'
import { isNull, memberList, memberText } from './members.ts'

/** A text as JSON writes it, and no more escaped than JSON asks for: `<`, `>` and `&` stay. */
const quoted = (text: ByteText): ByteText => toByteText(JSON.stringify(fromByteText(text)))

const isBlank = (text: ByteText): boolean => /^[ \t\r\n]*$/.test(text) || isNull(text)

/**
 * A JSON object with these members given, all others as they were to the byte: their numbers, order and white space survive. A
 * member that already gives the text, a number of the same digits too, is not touched. A blank or `null` text is an empty object.
 * Undefined where the text is no JSON object.
 */
export const setMembers = (text: ByteText, values: ReadonlyMap<string, ByteText>): ByteText | undefined => {
  const whole = isBlank(text) ? '{}' : text
  const list = memberList(whole)
  if (list === undefined) return undefined
  let made = ''
  let from = 0
  for (const { name, raw, from: start, end } of list) {
    const wanted = values.get(name)
    if (wanted === undefined || memberText(raw) === wanted) continue
    made += whole.slice(from, start) + quoted(wanted)
    from = end
  }
  const known = new Set(list.map(({ name }) => name))
  const added = [...values]
    .filter(([name]) => !known.has(name))
    .map(([name, value]) => `${toByteText(JSON.stringify(name.toWellFormed()))}:${quoted(value)}`)
  if (added.length === 0) return made + whole.slice(from)
  const at = list.at(-1)?.end ?? whole.indexOf('{') + 1
  const gap = list.length > 0 ? ',' : ''
  return `${made}${whole.slice(from, at)}${gap}${added.join(',')}${whole.slice(at)}`
}

/** The names of the members of a JSON object, none in a blank text; undefined where the text is no JSON object. */
export const memberNames = (text: ByteText): ReadonlySet<string> | undefined => {
  const list = isBlank(text) ? [] : memberList(text)
  return list && new Set(list.map(({ name }) => name))
}

/** Whether a JSON object has a member of that name; undefined where the text is no JSON object. */
export const hasMember = (text: ByteText, name: string): boolean | undefined => memberNames(text)?.has(name)

/** A JSON object without the members of that name, all others as they were; undefined where the text is no JSON object. */
export const dropMember = (text: ByteText, name: string): { text: ByteText; isEmpty: boolean } | undefined => {
  if (isBlank(text)) return { text, isEmpty: true }
  const list = memberList(text)
  if (list === undefined) return undefined
  const kept = list.filter(member => member.name !== name)
  if (kept.length === list.length) return { text, isEmpty: list.length === 0 }
  const [first] = list
  const last = list.at(-1)
  if (!first || !last) return { text, isEmpty: true }
  const inner = kept.map(({ at, end }) => text.slice(at, end)).join(',')
  return { text: text.slice(0, first.at) + inner + text.slice(last.end), isEmpty: kept.length === 0 }
}

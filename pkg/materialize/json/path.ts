import type { ByteText } from './cursor.ts'

/**
 * One step of a property path, cut off its front. `rest` is undefined for the last step. `pattern` says that the step asks for
 * something that is no plain name: a wildcard, a query, a modifier, a pipe.
 */
export interface Step {
  readonly name: ByteText
  readonly rest: ByteText | undefined
  readonly pattern: boolean
}

/** gjson v1.18's modifiers; any other name after an @ is a plain key. */
const modifiers = new Set([
  ...['pretty', 'ugly', 'reverse', 'this', 'flatten', 'join', 'valid', 'keys', 'values'],
  ...['tostr', 'fromstr', 'group', 'dig'],
])
const startsModifier = (path: ByteText): boolean => modifiers.has(/^@([^.|:]*)/.exec(path)?.[1] ?? '')
const statics = /^!(?:[{["+\-0-9]|(?:true|false|null|nan|inf)(?:[.|]|$))/i

/** What may stand at the front of the whole path and ask for more than a name. */
export const opensPattern = (path: ByteText): boolean =>
  path.length > 1 && (/^[[{]|^\.\./.test(path) || startsModifier(path) || statics.test(path))

const behindDot = (rest: ByteText): boolean => /^[[{]/.test(rest) || startsModifier(rest)

/** The step as an object reads it: a backslash takes the next character as it is. */
export const objectStep = (path: ByteText): Step => {
  let name = ''
  let wild = false
  for (let at = 0; at < path.length; at++) {
    const char = path.charAt(at)
    if (char === '|') return { name, rest: undefined, pattern: true }
    if (char === '.') {
      const rest = path.slice(at + 1)
      return { name, rest, pattern: wild || behindDot(rest) }
    }
    if (char === '\\') name += path.charAt(++at)
    else {
      wild ||= char === '*' || char === '?'
      name += char
    }
  }
  return { name, rest: undefined, pattern: wild }
}

/** The step as an array reads it: no escapes, and # counts or queries. */
export const arrayStep = (path: ByteText): Step => {
  const end = path.search(/[.|]/)
  if (end < 0) return { name: path, rest: undefined, pattern: path.includes('#') }
  const name = path.slice(0, end)
  if (name.includes('#') || path.charAt(end) === '|') return { name, rest: undefined, pattern: true }
  const rest = path.slice(end + 1)
  return { name, rest, pattern: behindDot(rest) }
}

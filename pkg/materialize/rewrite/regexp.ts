import type { Matcher, RE2JS } from 're2js'
import type { Rewrite } from '#api'
import { Fault, show } from '#core'
import type { Values } from '../engine.ts'
import { compileExpression } from '../expression.ts'
import { renamed } from './renamed.ts'
import { type Piece, piecesOf } from './target.ts'
import type { Work } from './work.ts'

type Regexp = NonNullable<Rewrite['regexp']>

interface Replacement {
  readonly expression: RE2JS
  readonly pieces: readonly Piece[]
  readonly work: Work
}

type Overrun = 'too-much-work' | 'too-long'

const pieceText = (piece: Piece, key: string, match: Matcher): string => {
  if (typeof piece === 'string') return piece
  const start = match.start(piece.group)
  return start < 0 ? '' : key.slice(start, match.end(piece.group))
}

const expanded = ({ pieces, work }: Replacement, key: string, match: Matcher): string | undefined => {
  let text = ''
  for (const piece of pieces) {
    const added = pieceText(piece, key, match)
    if (!work.write(added.length)) return undefined
    text += added
  }
  return text
}

/**
 * The loop is Go's ReplaceAllString: RE2JS's own also replaces an empty match right behind another one, and reads $ otherwise.
 * What RE2JS still does differently: it refuses a group name that comes twice, and knows the letters of a later Unicode.
 */
const replaced = (key: string, replacement: Replacement): { readonly key: string } | Overrun => {
  const { expression, work } = replacement
  const match = expression.matcher(key)
  let text = ''
  let end = 0
  for (;;) {
    if (!work.search(expression.programSize(), key.length - end)) return 'too-much-work'
    if (!match.find()) return { key: text + key.slice(end) }
    text += key.slice(end, match.start())
    if (match.end() > end || match.start() === 0) {
      const added = expanded(replacement, key, match)
      if (added === undefined) return 'too-long'
      text += added
    }
    end = match.end()
  }
}

const overrun = (why: Overrun, key: string, path: string): Fault =>
  why === 'too-long'
    ? new Fault('KeyInvalid', `${show(key)} and the keys before it become too long`, {
        path: `${path}.target`,
        remedy: 'shorten it; a key has at most 253 characters',
      })
    : new Fault('SecretTooLarge', `the expressions are too much work for these keys; stopped at ${show(key)}`, {
        path: `${path}.source`,
        remedy: 'write a simpler expression, or begin it with ^',
      })

/** Keys renamed as by Go's Regexp.ReplaceAllString; no match leaves a key alone. `path` is that of the regexp. */
export const renameByRegexp = (
  { source, target }: Regexp,
  data: Values,
  path: string,
  work: Work,
): Values | Fault[] => {
  const expression = compileExpression(source)
  if ('message' in expression) {
    const { message, remedy } = expression
    return [new Fault('SpecInvalid', message, { path: `${path}.source`, remedy })]
  }
  const names = new Map(Object.entries(expression.namedGroups()))
  const pieces = piecesOf(target, { count: expression.groupCount(), names })
  const replacement = { expression, pieces, work }
  const keys: string[] = []
  for (const key of data.keys()) {
    const made = replaced(key, replacement)
    if (typeof made === 'string') return [overrun(made, key, path)]
    keys.push(made.key)
  }
  return renamed(data, keys, `${path}.target`)
}

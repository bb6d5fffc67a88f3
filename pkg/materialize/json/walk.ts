import { type ByteText, Cursor, type Token } from './cursor.ts'
import { arrayStep, objectStep, opensPattern, type Step } from './path.ts'
import { unquote } from './scalar.ts'

/** What a path leads to; `pattern` where answering it takes more than names and indexes. */
export type Found = Token | 'pattern' | undefined

const openers = new Set('{[')
const keyOrEnd = new Set('"}')
// More digits than this index nothing that fits in a Secret, and would lose precision.
const index = /^\d{1,15}$/

/** The steps of one path: each is read once, however often the document leads to it. */
class Steps {
  readonly #objects = new Map<ByteText, Step>()
  readonly #arrays = new Map<ByteText, Step>()

  inObject(path: ByteText): Step {
    const step = this.#objects.get(path) ?? objectStep(path)
    this.#objects.set(path, step)
    return step
  }

  inArray(path: ByteText): Step {
    const step = this.#arrays.get(path) ?? arrayStep(path)
    this.#arrays.set(path, step)
    return step
  }
}

/** Follows a wanted value deeper, or passes over it. */
const enter = (cursor: Cursor, rest: ByteText | undefined, steps: Steps): Found => {
  const start = cursor.text.charAt(cursor.at)
  if (rest !== undefined && start === '{') return inObject(cursor, rest, steps)
  if (rest !== undefined && start === '[') return inArray(cursor, rest, steps)
  const token = cursor.take()
  // A string that nothing closes swallows the rest of the text: nothing is found in it.
  return rest === undefined && (token.whole || token.kind !== 'string') ? token : undefined
}

const inObject = (cursor: Cursor, path: ByteText, steps: Steps): Found => {
  const step = steps.inObject(path)
  if (step.pattern) return 'pattern'
  cursor.at++
  while (cursor.seek(keyOrEnd) === '"') {
    const key = cursor.string()
    if (!key.whole || cursor.seekValue() === '') return undefined
    if (unquote(key.raw).text !== step.name) {
      cursor.take()
      continue
    }
    // The first match wins, but a match that leads nowhere gives way to a later one of the same name.
    const found = enter(cursor, step.rest, steps)
    if (found !== undefined) return found
  }
  cursor.at++
  return undefined
}

const inArray = (cursor: Cursor, path: ByteText, steps: Steps): Found => {
  const step = steps.inArray(path)
  if (step.pattern) return 'pattern'
  const wanted = index.test(step.name) ? Number(step.name) : -1
  cursor.at++
  for (let position = 0; ; position++) {
    const start = cursor.seekElement()
    if (start === '' || start === ']') break
    if (position !== wanted) cursor.take()
    else {
      const found = enter(cursor, step.rest, steps)
      if (found !== undefined) return found
    }
  }
  cursor.at++
  return undefined
}

/** Follows a property path through JSON text, as gjson v1.18 does for paths of names and indexes. */
export const walk = (text: ByteText, path: ByteText): Found => {
  if (opensPattern(path)) return 'pattern'
  const cursor = new Cursor(text)
  const root = cursor.seek(openers)
  if (root === '') return undefined
  return root === '{' ? inObject(cursor, path, new Steps()) : inArray(cursor, path, new Steps())
}

import type { ByteText, Token } from './json/cursor.ts'
import { isJson } from './json/members.ts'
import { numberText, unquote } from './json/scalar.ts'
import { type Found, walk } from './json/walk.ts'

/** `absent`: no such property. `damaged`: it is there, but not as JSON writes it. `pattern`: the path needs gjson's patterns. */
export type Property =
  | { readonly is: 'value'; readonly text: ByteText }
  | { readonly is: 'absent' | 'damaged' | 'pattern' | 'plain-text' }

// A Map, because a word of the text may be `constructor`.
const words: ReadonlyMap<string, ByteText> = new Map([
  ['true', 'true'],
  ['false', 'false'],
  ['null', ''],
])

const textOf = (token: Token): ByteText | undefined => {
  switch (token.kind) {
    case 'string': {
      const { text, whole } = unquote(token.raw)
      return whole ? text : undefined
    }
    case 'number':
      return numberText(token.raw)
    case 'word':
      return words.get(token.raw)
    case 'container':
      return token.whole ? token.raw : undefined
  }
}

const told = (found: Found): Property => {
  if (found === undefined) return { is: 'absent' }
  if (found === 'pattern') return { is: 'pattern' }
  const text = textOf(found)
  return text === undefined ? { is: 'damaged' } : { is: 'value', text }
}

/**
 * The property of a JSON value as text (akeyless.md §3.2 step 4): the whole name as one top-level key first where it has a dot,
 * then as a path. Equal to gjson v1.18 for every valid document; where an invalid one makes gjson invent or cut a value,
 * this says `damaged`.
 */
export const property = (json: ByteText, name: ByteText): Property => {
  const literal = name.includes('.') ? told(walk(json, name.replaceAll('.', '\\.'))) : undefined
  // gjson alone can follow a pattern, in the whole name too: the path may well end before it comes to it
  if (literal?.is === 'value' || literal?.is === 'damaged' || literal?.is === 'pattern') return literal
  const found = told(walk(json, name))
  return found.is === 'absent' && !isJson(json) ? { is: 'plain-text' } : found
}

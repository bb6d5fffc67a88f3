import { Fault } from '#core'

/** Brackets within brackets; a legal object has a dozen. JSON.parse takes a million, whoever walks the result does not. */
const deepest = 64

/** The index of the quote that closes the string opened at `open`, or of the end of the text. */
const stringEnd = (text: string, open: number): number => {
  let at = open + 1
  while (at < text.length && text.charCodeAt(at) !== 0x22) at += text.charCodeAt(at) === 0x5c ? 2 : 1
  return at
}

const depthStep = (code: number): number => {
  if (code === 0x7b || code === 0x5b) return 1
  return code === 0x7d || code === 0x5d ? -1 : 0
}

const tooDeep = (text: string): boolean => {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) at = stringEnd(text, at)
    else depth += depthStep(code)
    if (depth > deepest) return true
  }
  return false
}

/**
 * The body of a webhook call as JSON, or what is wrong with it. A `__proto__` in it stays a plain own property, as JSON.parse makes
 * it; of two members with one name the last wins, as in the API server. The caller has capped the bytes.
 */
export const parseReview = (text: string): { readonly review: unknown } | { readonly fault: Fault } => {
  if (tooDeep(text)) return { fault: new Fault('SpecInvalid', `the body nests deeper than ${deepest} levels`) }
  try {
    return { review: JSON.parse(text) }
  } catch {
    // The words of JSON.parse quote the body.
    return { fault: new Fault('SpecInvalid', 'the body is not JSON') }
  }
}

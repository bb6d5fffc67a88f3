import { RE2JS, RE2JSSyntaxException } from 're2js'

/** Why a text is no regular expression, in words for a person; a manifest's text, so that its pieces may be shown. */
export interface ExpressionProblem {
  readonly message: string
  readonly remedy: string
}

const lookaround = /\(\?(?:<?[=!]|>)|\\[1-9]/
const star = /^\*|\|\*|\(\*/

const causeOf = (source: string, thrown: unknown): string => {
  if (lookaround.test(source)) return ', which has no lookaround and no back references'
  return thrown instanceof RE2JSSyntaxException ? `: ${thrown.getDescription()}` : ''
}

/** A regular expression of a user; RE2 only, with Go's syntax (decision 12). */
export const compileExpression = (source: string): RE2JS | ExpressionProblem => {
  try {
    return RE2JS.compile(source)
  } catch (thrown) {
    return {
      message: `is not a regular expression of RE2${causeOf(source, thrown)}`,
      remedy: star.test(source) ? 'write .* where anything may stand' : 'correct it; the syntax is that of Go',
    }
  }
}

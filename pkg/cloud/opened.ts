import { Sensitive } from '#core'
import { unavailable } from './unavailable.ts'

// a token that was pasted with a line break in it would end the header
const oneLine = /^[\x20-\x7e]*$/

/** Headers as they go out. Throws IdentityUnavailable where one is not a single line of plain text. */
export const headersOf = (words: Readonly<Record<string, string | Sensitive>>): Record<string, string> => {
  const headers = opened(words)
  const broken = Object.keys(headers).find(name => !oneLine.test(headers[name] ?? ''))
  if (broken === undefined) return headers
  throw unavailable(`the token for the header ${broken} is not one line of plain text`, 'correct the token')
}

/** Form fields as they go out. */
export const opened = (words: Readonly<Record<string, string | Sensitive>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(words).map(([name, word]) => [name, word instanceof Sensitive ? word.reveal().toString() : word]),
  )

/** A token as Akeyless wants a cloud-id: base64 of its text (akeyless.md §4.3, §4.4). */
export const cloudIdOf = (token: Sensitive): Sensitive => Sensitive.text(token.reveal().toString('base64'))

import { parseDuration, suggestDuration } from '#core'

// a gateway that asks for more is asked again after this: an operator must not sleep for an hour (security.md F3)
const longestMs = 5 * 60e3

const fromHeader = (header: string, now: number): number | undefined => {
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : date - now
}

// an error text of 4 MiB says no more than its beginning
const readOfText = 1000

const fromText = (text: string): number | undefined => {
  const [, span] = /will be released in\s+(\d[\d.]*\s?[a-zµμ\d.]*)/i.exec(text.slice(0, readOfText)) ?? []
  const duration = span?.replace(/\.$/, '')
  if (!duration) return undefined
  return parseDuration(duration) ?? parseDuration(suggestDuration(duration) ?? '')
}

/** How long a 429 asks to wait, in milliseconds: Retry-After first, then the words of the answer; undefined if neither says. */
export const retryAfterMs = (header: string | undefined, text: string, now: number): number | undefined => {
  const asked = (header === undefined ? undefined : fromHeader(header, now)) ?? fromText(text)
  return asked === undefined ? undefined : Math.min(Math.max(asked, 0), longestMs)
}

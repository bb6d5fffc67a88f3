const goTime = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d+))? ?(Z|[+-]\d\d:?\d\d)(?: [A-Za-z+-][\w+-]*)?$/

/**
 * Milliseconds of a token's `expiration`: RFC 3339 with or without a fraction, or Go's print of a time
 * (`2026-11-21 20:36:05 +0000 UTC`). Undefined for anything else. akeyless.md §1.2, §11
 */
export const parseExpiration = (text: string): number | undefined => {
  const match = goTime.exec(text.trim())
  if (!match) return undefined
  const [, day, time, fraction = '', zone = 'Z'] = match
  const offset = zone.replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2')
  const ms = Date.parse(`${day}T${time}.${`${fraction}000`.slice(0, 3)}${offset}`)
  return Number.isNaN(ms) ? undefined : ms
}

const defaultLifeMs = 10 * 60e3

/**
 * When a token taken at `issuedAt` is replaced: a minute before its end or at four fifths of its life, whichever is earlier,
 * but never in its first half. No expiration, or one that already lies behind us (clocks differ), gives ten minutes.
 */
export const refreshTime = (issuedAt: number, expiresAt: number | undefined): number => {
  const life = expiresAt === undefined ? 0 : expiresAt - issuedAt
  if (life <= 0) return issuedAt + defaultLifeMs
  return issuedAt + Math.max(Math.min(life - 60e3, life * 0.8), life / 2)
}

/** When a token of unknown age is replaced: at half of the life that is left. No expiration gives ten minutes. */
export const halfway = (seenAt: number, expiresAt: number | undefined): number =>
  seenAt + (expiresAt === undefined ? defaultLifeMs : Math.max(0, expiresAt - seenAt) / 2)

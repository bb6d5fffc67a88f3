import type { Answer } from './line.ts'
import { unavailable } from './unavailable.ts'

/** The text members of a JSON object; anything else in it is left out. */
export interface Members {
  text(name: string): string | undefined
  /** Also a number that is written as text, as Azure does. */
  number(name: string): number | undefined
  /** The numbers of a list. */
  numbers(name: string): readonly number[]
}

/** The members of a JSON object, or undefined where the text is none. */
export const membersOf = (json: string): Members | undefined => {
  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch {
    return undefined
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
  const members = new Map<string, unknown>(Object.entries(parsed))
  return {
    text: name => {
      const member = members.get(name)
      return typeof member === 'string' && member !== '' ? member : undefined
    },
    number: name => {
      const member = members.get(name)
      const number = typeof member === 'string' && member.trim() !== '' ? Number(member) : member
      return typeof number === 'number' && Number.isFinite(number) ? number : undefined
    },
    numbers: name => {
      const member = members.get(name)
      return Array.isArray(member) ? member.filter(each => typeof each === 'number') : []
    },
  }
}

/** An answer that must be a JSON object. Throws IdentityUnavailable. */
export const objectIn = (answer: Answer, who: string): Members => {
  const members = membersOf(answer.body.toString('utf8'))
  if (!members) throw unavailable(`${who} answers with something that is no JSON object`)
  return members
}

/** Seconds or, rarely, a date, as milliseconds. */
export const retryAfter = (answer: Answer): number | undefined => {
  const seconds = answer.header('retry-after')
  return /^\d{1,5}$/.test(seconds) ? Number(seconds) * 1000 : undefined
}

// what goes into a header or a URL, and nothing that could end a line
const plainToken = /^[\x21-\x7e]+$/

/** A token that an answer should hold: printable ASCII without spaces. Throws IdentityUnavailable. */
export const tokenIn = (text: string | undefined, who: string): string => {
  if (text !== undefined && plainToken.test(text)) return text
  throw unavailable(`${who} answers without a token`)
}

import type { z } from 'zod'
import { show } from '#core'
import type { Draft } from './findings.ts'

type Issue = z.core.$ZodIssue

/** `['spec', 'data', 0, 'secretKey']` as `spec.data[0].secretKey`. */
export const fieldPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    const name = String(step)
    if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)) return `${text}[${show(name)}]`
    return text === '' ? name : `${text}.${name}`
  }, '')

/** The value at a path of parsed JSON; own properties only. */
export const valueAt = (root: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, step)?.value : undefined,
    root,
  )

// security.md T17: a thousand refs with all their fields are a third of it; 2.4 MB of {} took 10 s to look at
const mostFields = 40_000

/** That there is more to look at than any object of ours needs, before it is looked at. */
export const breadthDrafts = (object: unknown): Draft[] => {
  const open = [valueAt(object, ['metadata']), valueAt(object, ['spec'])]
  let count = 0
  for (let value = open.pop(); value !== undefined || open.length > 0; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue
    const inner: unknown[] = Object.values(value)
    count += inner.length
    if (count > mostFields) {
      const message = `has more than ${mostFields} fields and entries`
      return [{ path: 'spec', message, remedy: 'split it into several objects' }]
    }
    for (const each of inner) open.push(each)
  }
  return []
}

const types: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'an object'],
  ['record', 'an object'],
])

// Texts of manifests are names and settings; what a text holds is told only where it is a short one-line name.
const named = (value: unknown): string => (typeof value === 'string' && value.length <= 60 ? show(value) : 'the value')

const patternWords = (pattern: string | undefined, value: unknown): Pick<Draft, 'message' | 'remedy'> => {
  if (pattern?.includes('A-Z')) {
    const what = typeof value === 'string' && /\s/.test(value) ? 'has a space' : 'has a character that keys cannot have'
    return { message: `${named(value)} ${what}`, remedy: 'use letters, digits, - _ .' }
  }
  return { message: `${named(value)} is not a valid name`, remedy: 'use lower-case letters, digits, - and .' }
}

const sizeWords = (issue: Issue, value: unknown): Pick<Draft, 'message' | 'remedy'> => {
  if (issue.code === 'too_small') {
    const empty = value === '' || (Array.isArray(value) && value.length === 0)
    return empty
      ? { message: 'is empty', remedy: 'fill it in, or leave it out' }
      : { message: `must not be below ${issue.minimum}`, remedy: `write ${issue.minimum} or more` }
  }
  const most = issue.code === 'too_big' ? issue.maximum : ''
  return { message: `is longer than the ${most} that are allowed`, remedy: 'shorten it' }
}

const words = (issue: Issue, value: unknown): Pick<Draft, 'message' | 'remedy'> => {
  switch (issue.code) {
    case 'invalid_type': {
      const wanted = types.get(issue.expected) ?? issue.expected
      return value === undefined
        ? { message: 'is missing', remedy: wanted === 'an object' ? 'add it with its fields' : `give it ${wanted}` }
        : { message: `must be ${wanted}`, remedy: undefined }
    }
    case 'invalid_value': {
      const remedy = `write ${issue.values.map(String).join(', ')}`.replace(/, ([^,]+)$/, ' or $1')
      return value === undefined
        ? { message: 'is missing', remedy }
        : { message: `${named(value)} is not known`, remedy }
    }
    case 'invalid_format':
      return patternWords(issue.pattern, value)
    case 'too_small':
    case 'too_big':
      return sizeWords(issue, value)
    case 'unrecognized_keys':
      return { message: `has fields that are not known: ${issue.keys.map(show).join(', ')}`, remedy: 'remove them' }
    default:
      return { message: 'is not what the schema allows', remedy: 'see docs/reference' }
  }
}

/** The issues of one parse in words for people, each with its field path. */
export const schemaDrafts = (issues: readonly Issue[], object: unknown): Draft[] =>
  issues.map(issue => ({ path: fieldPath(issue.path), ...words(issue, valueAt(object, issue.path)) }))

/**
 * A copy in which every field that has an issue is gone or, where it is text that must be there, stands for itself: so the rules
 * can be run over the rest, and a person learns of all faults at once.
 */
export const repaired = (object: unknown, issues: readonly Issue[]): unknown => {
  const copy = structuredClone(object)
  issues.forEach((issue, index) => {
    const parent = valueAt(copy, issue.path.slice(0, -1))
    const last = issue.path.at(-1)
    if (typeof parent !== 'object' || parent === null || last === undefined) return
    const isText = typeof valueAt(copy, issue.path) === 'string' && issue.code !== 'invalid_value'
    if (isText)
      Object.defineProperty(parent, last, { value: `x${index}`, enumerable: true, writable: true, configurable: true })
    else Reflect.deleteProperty(parent, last)
  })
  return copy
}

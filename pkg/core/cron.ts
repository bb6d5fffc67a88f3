// Cron as github.com/robfig/cron v3.0.1 reads it with ParseStandard (ADR 0007); test/oracle/cron holds the two together.
import { parseDuration } from './duration.ts'

/** The days and minutes on which a schedule fires, in UTC; every list ascends and holds nothing twice. */
export interface Calendar {
  readonly is: 'calendar'
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly days: readonly number[]
  /** 1 is January. */
  readonly months: readonly number[]
  /** 0 is Sunday. */
  readonly weekdays: readonly number[]
  /** Both days and weekdays narrow the choice, and then one of the two is enough. */
  readonly eitherDay: boolean
}

/** When something happens again and again, in UTC. */
export type Schedule =
  | Calendar
  /** So many whole seconds after whatever instant one asks from. */
  | { readonly is: 'every'; readonly ms: number }

interface Field {
  readonly from: number
  readonly to: number
  readonly names: readonly string[]
}
interface Choice {
  readonly values: readonly number[]
  readonly starred: boolean
}

const minute: Field = { from: 0, to: 59, names: [] }
const hour: Field = { from: 0, to: 23, names: [] }
const day: Field = { from: 1, to: 31, names: [] }
const month: Field = {
  from: 1,
  to: 12,
  names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
}
const weekday: Field = { from: 0, to: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] }

// every value of every field written out is 400 characters; tenants write these texts
const longest = 1_024

const descriptors: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
])

// what Go's unicode.IsSpace accepts, which is not what \s means here
const spaces = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/
const largestInt = '9223372036854775807'

/** Go's strconv.Atoi for what is not below zero. */
const number = (text: string): number | undefined => {
  if (!/^\+?\d+$/.test(text)) return undefined
  const digits = text.replace(/^\+?0*/, '')
  const fits = digits.length < largestInt.length || (digits.length === largestInt.length && digits <= largestInt)
  return fits ? Number(digits) : undefined
}

const value = (text: string, { from, names }: Field): number | undefined => {
  // Go lowers the dotted capital I to a plain i, JavaScript to two characters
  const at = names.indexOf(text.replaceAll('\u0130', 'i').toLowerCase())
  return at < 0 ? number(text) : at + from
}

/** First and last of `a`, `a-b`, `*` and `?`; what stands behind the hyphen of a star counts for nothing. */
const bounds = (text: string, field: Field): readonly [first: number, last: number, single: boolean] | undefined => {
  const [low = '', high, ...more] = text.split('-')
  if (low === '*' || low === '?') return [field.from, field.to, high === undefined]
  const first = value(low, field)
  const last = high === undefined ? first : value(high, field)
  return first === undefined || last === undefined || more.length > 0 ? undefined : [first, last, high === undefined]
}

const range = (text: string, field: Field): Choice | undefined => {
  const [span = '', stepText, ...more] = text.split('/')
  const found = bounds(span, field)
  const step = stepText === undefined ? 1 : number(stepText)
  if (!found || !step || more.length > 0) return undefined
  const [first, until, single] = found
  const last = single && stepText !== undefined ? field.to : until
  if (first < field.from || last > field.to || first > last) return undefined
  const values = []
  for (let at = first; at <= last; at += step) values.push(at)
  return { values, starred: /^[*?]/.test(span) && step === 1 }
}

/** A list of ranges. Empty elements are passed over, so that a lone comma chooses nothing and is no error. */
const choice = (text: string, field: Field): Choice | undefined => {
  const values = new Set<number>()
  let starred = false
  for (const element of text.split(',')) {
    if (element === '') continue
    const found = range(element, field)
    if (!found) return undefined
    for (const value of found.values) values.add(value)
    starred ||= found.starred
  }
  return { values: [...values].sort((a, b) => a - b), starred }
}

const calendar = (text: string): Calendar | undefined => {
  // Go's Fields drops what is empty at both ends
  const texts = text.split(spaces).filter(part => part !== '')
  if (texts.length !== 5) return undefined
  const [ofMinute = '', ofHour = '', ofDay = '', ofMonth = '', ofWeekday = ''] = texts
  const minutes = choice(ofMinute, minute)
  const hours = choice(ofHour, hour)
  const days = choice(ofDay, day)
  const months = choice(ofMonth, month)
  const weekdays = choice(ofWeekday, weekday)
  if (!minutes || !hours || !days || !months || !weekdays) return undefined
  return {
    is: 'calendar',
    minutes: minutes.values,
    hours: hours.values,
    days: days.values,
    months: months.values,
    weekdays: weekdays.values,
    eitherDay: !days.starred && !weekdays.starred,
  }
}

const every = (text: string): Schedule | undefined => {
  const ms = parseDuration(text)
  if (ms === undefined) return undefined
  // Go counts whole nanoseconds, where sums of fractions here may fall short of a second by a hair
  const seconds = Math.floor(Number((ms / 1e3).toFixed(9)))
  return { is: 'every', ms: Math.max(1, seconds) * 1e3 }
}

/**
 * A schedule of five fields, `@daily` and its like, or `@every` with a Go duration; undefined where robfig/cron refuses it, where
 * it names a time zone (`TZ=`, `CRON_TZ=`: everything here is UTC), and past 1,024 characters (durations: 64).
 */
export const parseSchedule = (text: string): Schedule | undefined => {
  if (text.length > longest || /^(?:CRON_)?TZ=/.test(text)) return undefined
  if (!text.startsWith('@')) return calendar(text)
  if (text.startsWith('@every ')) return every(text.slice('@every '.length))
  const same = descriptors.get(text)
  return same === undefined ? undefined : calendar(same)
}

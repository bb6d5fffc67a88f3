import type { Calendar, Schedule } from './cron.ts'

const secondMs = 1e3
const minuteMs = 60e3
const dayMs = 86_400e3
// robfig/cron looks no further than the end of the fifth year ahead
const yearsAhead = 5

const floorTo = (ms: number, unit: number): number => Math.floor(ms / unit) * unit

const daysIn = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

/** The first day of the month, at or after `from`, on which the schedule fires; `first` is the weekday of the month's first day. */
const dayIn = (schedule: Calendar, length: number, first: number, from: number): number | undefined => {
  for (let day = from; day <= length; day++) {
    const byDay = schedule.days.includes(day)
    const byWeekday = schedule.weekdays.includes((first + day - 1) % 7)
    if (schedule.eitherDay ? byDay || byWeekday : byDay && byWeekday) return day
  }
  return undefined
}

/** Start of the first day at or after a day's start on which the schedule fires; no year after `lastYear` is looked at. */
const firingDay = (schedule: Calendar, from: number, lastYear: number): number | undefined => {
  const start = new Date(from)
  let year = start.getUTCFullYear()
  let month = start.getUTCMonth() + 1
  let day = start.getUTCDate()
  for (let at = from; year <= lastYear; day = 1) {
    const length = daysIn(year, month)
    if (schedule.months.includes(month)) {
      const first = (((new Date(at).getUTCDay() - day + 1) % 7) + 7) % 7
      const found = dayIn(schedule, length, first, day)
      if (found !== undefined) return at + (found - day) * dayMs
    }
    at += (length - day + 1) * dayMs
    month = (month % 12) + 1
    if (month === 1) year++
  }
  return undefined
}

/** The first firing of a day at or after a minute of it, counted from its start. */
const minuteFrom = ({ hours, minutes }: Calendar, from: number): number | undefined => {
  for (const hour of hours) {
    if (hour * 60 + 59 < from) continue
    const minute = minutes.find(minute => hour * 60 + minute >= from)
    if (minute !== undefined) return hour * 60 + minute
  }
  return undefined
}

const nextInCalendar = (schedule: Calendar, after: number): number | undefined => {
  const second = floorTo(after, secondMs) + secondMs
  const lastYear = new Date(second).getUTCFullYear() + yearsAhead
  const first = minuteFrom(schedule, 0)
  const minute = Math.ceil(second / minuteMs) * minuteMs
  const today = floorTo(minute, dayMs)
  const day = first === undefined ? undefined : firingDay(schedule, today, lastYear)
  if (day === undefined || first === undefined) return undefined
  if (day > today) return day + first * minuteMs
  const later = minuteFrom(schedule, (minute - today) / minuteMs)
  if (later !== undefined) return today + later * minuteMs
  const another = firingDay(schedule, today + dayMs, lastYear)
  return another === undefined ? undefined : another + first * minuteMs
}

/** The first firing strictly after an instant; undefined where there is none up to the end of the fifth year ahead. */
export const nextFiring = (schedule: Schedule, after: Date): Date | undefined => {
  const at = after.getTime()
  const next = schedule.is === 'every' ? floorTo(at, secondMs) + schedule.ms : nextInCalendar(schedule, at)
  return next === undefined ? undefined : new Date(next)
}

/** How a day looks on which a schedule fires: milliseconds from its start to the last firing, and the longest time between two. */
export const firingsInDay = ({ hours, minutes }: Calendar): { readonly lastMs: number; readonly widestMs: number } => {
  const firings = (hour: number): number[] => minutes.map(minute => (hour * 60 + minute) * minuteMs)
  const all = hours.flatMap(firings)
  const pauses = all.slice(1).map((at, index) => at - (all[index] ?? at))
  return { lastMs: all.at(-1) ?? 0, widestMs: pauses.reduce((most, pause) => Math.max(most, pause), 0) }
}

/** Days from one firing day to the next at most, where the weekdays tell that; else undefined. */
const widestDays = ({ days, months, weekdays, eitherDay }: Calendar): number | undefined => {
  const [first] = weekdays
  if (first === undefined || months.length < 12 || (days.length < 31 && !eitherDay)) return undefined
  // on either day means at least on these weekdays: with days besides, it is not longer
  return [...weekdays, first + 7].slice(1).reduce((most, day, at) => Math.max(most, day - (weekdays[at] ?? day)), 0)
}

/**
 * Milliseconds within which a schedule fires again for certain: exact for `@every` and for schedules of weekdays alone; undefined
 * where days of the month or months have a say, and where nothing fires.
 */
export const longestPause = (schedule: Schedule): number | undefined => {
  if (schedule.is === 'every') return schedule.ms
  const days = widestDays(schedule)
  const first = minuteFrom(schedule, 0)
  if (days === undefined || first === undefined) return undefined
  const { lastMs, widestMs } = firingsInDay(schedule)
  return Math.max(widestMs, days * dayMs - lastMs + first * minuteMs)
}

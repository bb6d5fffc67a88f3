import type { ExternalSecret, SyncWindows } from '#api'
import { longestPause, nextFiring, parseDuration, parseSchedule, type Schedule, show } from '#core'
import type { Draft, Rule } from '../findings.ts'
import { durationDrafts, idleBecause } from './refresh-interval.ts'

/** How many windows an ExternalSecret may have: each of them is looked at whenever a refresh is due (security.md T17). */
export const mostSyncWindows = 100

const syntax = 'write minute, hour, day, month and weekday as 0 22 * * 1-5, or @daily, or @every 8h'
const fields = [
  ['a minute', '0 to 59'],
  ['an hour', '0 to 23'],
  ['a day', '1 to 31'],
  ['a month', '1 to 12 or JAN to DEC'],
  ['a weekday', '0 to 6, with 0 for Sunday, or SUN to SAT'],
] as const

/** The first of five fields that is wrong by itself. */
const wrongField = (text: string): { readonly message: string; readonly remedy: string } | undefined => {
  const texts = text.split(' ')
  if (texts.length !== fields.length) return undefined
  for (const [index, [name, choice]] of fields.entries()) {
    const alone = texts.map((part, at) => (at === index ? part : '*')).join(' ')
    if (parseSchedule(alone)) continue
    return {
      message: `${show(text)} is not a schedule: ${show(texts[index] ?? '')} is not ${name}`,
      remedy: `write ${choice}, as a number, a list, a range or with a step`,
    }
  }
  return undefined
}

const unread = (path: string, text: string): Draft => {
  if (/^(?:CRON_)?TZ=/.test(text)) {
    return { path, message: `${show(text)} names a time zone`, remedy: 'write the hours of UTC, without a zone' }
  }
  return { path, ...(wrongField(text) ?? { message: `${show(text)} is not a schedule`, remedy: syntax }) }
}

const durations = (path: string, text: string): readonly Draft[] => {
  const ms = parseDuration(text)
  if (ms === undefined) return durationDrafts(path, text)
  const remedy = 'write how long the window stays open, as 2h'
  return ms > 0 ? [] : [{ path, message: `${show(text)} is no time at all`, remedy }]
}

// any instant does: what fires at all fires within five years of it, for one of them is a leap year
const someInstant = new Date(0)

/** Windows that parse, and yet do nothing or everything. */
const odd = (path: string, kind: SyncWindows['kind'], schedule: Schedule, ms: number): Draft[] => {
  if (nextFiring(schedule, someInstant) === undefined) {
    const message = 'is a schedule that never fires, and so the window never opens'
    return [{ path: `${path}.schedule`, message, remedy: 'write a day that the month has', level: 'warn' }]
  }
  if (schedule.is === 'every' && schedule.ms > ms) {
    const message = '@every has no fixed start, and so a window shorter than its period never opens'
    return [{ path: `${path}.schedule`, message, remedy: 'write the hours, as 0 */8 * * *', level: 'warn' }]
  }
  const pause = longestPause(schedule)
  if (kind === 'allow' || pause === undefined || pause > ms) return []
  const message = 'lasts until the window opens again, and so nothing is ever refreshed by time'
  return [{ path: `${path}.duration`, message, remedy: 'shorten it', level: 'warn' }]
}

const entry = (
  kind: SyncWindows['kind'],
  { schedule: text, duration }: SyncWindows['windows'][number],
  path: string,
) => {
  const schedule = parseSchedule(text)
  const drafts = [...(schedule ? [] : [unread(`${path}.schedule`, text)]), ...durations(`${path}.duration`, duration)]
  return schedule && drafts.length === 0 ? odd(path, kind, schedule, parseDuration(duration) ?? 0) : drafts
}

export const syncWindows: Rule<ExternalSecret> = {
  id: 'sync-windows',
  doc: `At most ${mostSyncWindows} sync windows, each a cron schedule in UTC and a duration above zero; warned about where they do all or nothing.`,
  warns: true,
  check: ({ spec }) => {
    if (!spec.syncWindows) return []
    const { kind, windows } = spec.syncWindows
    const path = 'spec.syncWindows'
    if (windows.length > mostSyncWindows) {
      const message = `has ${windows.length} windows, more than ${mostSyncWindows}`
      return [{ path: `${path}.windows`, message, remedy: 'join them: a schedule takes lists and ranges' }]
    }
    const drafts = windows.flatMap((window, index) => entry(kind, window, `${path}.windows[${index}]`))
    const because = idleBecause(spec)
    if (because === undefined) return drafts
    const message = `gates refreshes by time alone, and there are none with ${because}`
    return [...drafts, { path, message, remedy: 'leave it out', level: 'warn' }]
  },
}

import { mostSyncWindows } from '#admission'
import type { SyncWindows } from '#api'
import { firingsInDay, longestPause, nextFiring, parseDuration, parseSchedule, type Schedule } from '#core'

const dayMs = 86_400e3
const horizonMs = 366 * dayMs
// windows that interlock minute by minute could be followed for half a million steps; so many take a few milliseconds
const mostLooks = 5_000

interface Window {
  readonly schedule: Schedule
  readonly durationMs: number
}

/** The windows that can be read; admission refuses the others, and what it refuses is passed over here (compatibility.md §2.1). */
const readable = ({ windows }: SyncWindows): Window[] =>
  windows.slice(0, mostSyncWindows).flatMap(({ schedule: text, duration }) => {
    const schedule = parseSchedule(text)
    const durationMs = parseDuration(duration)
    return schedule && durationMs !== undefined && durationMs > 0 ? [{ schedule, durationMs }] : []
  })

/** From a firing to the first whole millisecond at which the window is closed again; its last instant is part of it. */
const reachMs = ({ durationMs }: Window): number => Math.floor(durationMs) + 1

/** The firing that keeps a window open at an instant, or else its next one; undefined where it never opens from then on. */
const firing = (window: Window, at: number): number | undefined => {
  const { schedule, durationMs } = window
  // seen from any instant @every fired a period ago: such a window is open always or never
  if (schedule.is === 'every') return schedule.ms <= durationMs ? at : undefined
  return nextFiring(schedule, new Date(at - reachMs(window)))?.getTime()
}

const isActive = (window: Window, at: number): boolean => (firing(window, at) ?? Number.POSITIVE_INFINITY) <= at

/** Whether syncWindows let a refresh by time happen at an instant (compatibility.md §2.1); everything does where there are none. */
export const openAt = (windows: SyncWindows | undefined, now: Date): boolean => {
  if (!windows || windows.windows.length === 0) return true
  const active = readable(windows).some(window => isActive(window, now.getTime()))
  return windows.kind === 'allow' ? active : !active
}

/** When the first window opens; the instant itself while one is open. */
const firstActive = (windows: readonly Window[], from: number): number | undefined => {
  const found = windows.map(window => firing(window, from) ?? Number.POSITIVE_INFINITY)
  const first = Math.max(from, Math.min(...found))
  return first <= from + horizonMs ? first : undefined
}

/** For a window: an instant up to which it is open without a break from a given one; that one itself where it is closed. */
const closing = (window: Window): ((at: number) => number) => {
  const { schedule, durationMs } = window
  const reach = reachMs(window)
  const pause = longestPause(schedule)
  if (pause !== undefined && pause <= (schedule.is === 'every' ? durationMs : reach)) {
    return () => Number.POSITIVE_INFINITY
  }
  if (schedule.is === 'every') return at => at
  const { lastMs, widestMs } = firingsInDay(schedule)
  return at => {
    const fired = firing(window, at)
    if (fired === undefined || fired > at) return at
    // no firing of a day leaves a gap before the next one: one step for all of them
    return (widestMs <= reach ? Math.floor(fired / dayMs) * dayMs + lastMs : fired) + reach
  }
}

/** When no window is open any more. */
const noneActive = (windows: readonly Window[], from: number): number | undefined => {
  const closings = windows.map(closing)
  let at = from
  for (let looks = 0; looks <= mostLooks; looks += closings.length) {
    const before = at
    for (const closes of closings) {
      at = closes(at)
      if (at > from + horizonMs) return undefined
    }
    if (at === before) return at
  }
  return at
}

/**
 * The earliest instant, from one on, at which syncWindows let a refresh by time happen: that one itself if they do, undefined
 * if they do not within a year. Nothing before it is open; where windows of kind deny interlock so finely that following them
 * is too much work, it may be closed itself, and who finds it so asks again from there.
 */
export const opensAt = (windows: SyncWindows | undefined, from: Date): Date | undefined => {
  if (!windows || openAt(windows, from)) return from
  const at = (windows.kind === 'allow' ? firstActive : noneActive)(readable(windows), from.getTime())
  return at === undefined ? undefined : new Date(at)
}

import { parseDuration } from '#core'
import type { Rule } from '../findings.ts'
import { durationDrafts } from './refresh-interval.ts'
import type { Store } from './store.ts'

export const storeRefreshInterval: Rule<Store> = {
  id: 'store-refresh-interval',
  doc: 'refreshInterval of a store is a number of seconds or a duration, and not negative; below 10 s it counts as 10 s, with a warning.',
  warns: true,
  check: ({ spec: { refreshInterval: interval } }) => {
    const path = 'spec.refreshInterval'
    if (interval === undefined) return []
    if (typeof interval === 'string' && parseDuration(interval) === undefined) return durationDrafts(path, interval)
    const ms = typeof interval === 'number' ? interval * 1e3 : (parseDuration(interval) ?? 0)
    if (ms < 0) return [{ path, message: 'is negative', remedy: 'write seconds as 300, or a duration as 5m' }]
    if (ms === 0 || ms >= 10e3) return []
    return [{ path, message: 'is below 10 s and counts as 10 s', remedy: 'write 10s or more', level: 'warn' }]
  },
}

import { parseDuration } from '#core'
import type { Rule } from '../findings.ts'
import { durationDrafts } from './refresh-interval.ts'
import type { Store } from './store.ts'

export const storeRefreshInterval: Rule<Store> = {
  id: 'store-refresh-interval',
  doc: 'refreshInterval of a store is a number of seconds or a duration, and not negative.',
  check: ({ spec: { refreshInterval: interval } }) => {
    const path = 'spec.refreshInterval'
    if (interval === undefined) return []
    if (typeof interval === 'string' && parseDuration(interval) === undefined) return durationDrafts(path, interval)
    const negative = typeof interval === 'number' ? interval < 0 : (parseDuration(interval) ?? 0) < 0
    return negative ? [{ path, message: 'is negative', remedy: 'write seconds as 300, or a duration as 5m' }] : []
  },
}

import type { PushSecret } from '#api'
import { parseDuration } from '#core'
import { readyOf } from '../conditions.ts'
import { syncedVersion } from '../marks.ts'
import { readTime } from '../timestamp.ts'

/** Why a PushSecret is pushed. `source`: its Secret, or what its template is made of, may have changed. */
export type PushReason = 'first' | 'changed' | 'failed' | 'source' | 'clock' | 'due'

export type PushDecision =
  /** Nothing to do; look again after so many milliseconds, or only when something changes. */
  | { readonly do: 'skip'; readonly afterMs: number | undefined }
  | { readonly do: 'push'; readonly reason: PushReason }
  | { readonly do: 'release' }

const hour = 3600e3

/** Milliseconds of spec.refreshInterval; 0 and below: only after changes. */
export const pushIntervalOf = ({ spec }: PushSecret): number => parseDuration(spec.refreshInterval) ?? hour

/** Milliseconds until what was pushed is compared again, 0 if now; undefined for never. */
export const pushDueIn = (pushSecret: PushSecret, now: Date): number | undefined => {
  const interval = pushIntervalOf(pushSecret)
  const refreshed = readTime(pushSecret.status?.refreshTime)
  if (interval <= 0 || refreshed === undefined) return undefined
  return Math.max(0, refreshed + interval - now.getTime())
}

interface Facts {
  readonly pushSecret: PushSecret
  /** resourceVersion of the one Secret that is named, as the watch saw it; undefined where labels choose, or there is none. */
  readonly sourceVersion: string | undefined
  /** A watch told of something that goes into the push. */
  readonly isNews: boolean
  /** It is being deleted, or its namespace is. */
  readonly isLeaving: boolean
  readonly now: Date
}

const reasonOf = ({ pushSecret, sourceVersion, isNews, now }: Facts): PushReason | undefined => {
  const { status, spec } = pushSecret
  const refreshed = readTime(status?.refreshTime)
  if (!status?.syncedResourceVersion || refreshed === undefined) return 'first'
  if (status.syncedResourceVersion !== syncedVersion(pushSecret)) return 'changed'
  if (readyOf(status.conditions)?.status !== 'True') return 'failed'
  // what ESO pushed bears no version: it is compared when it is due
  const isNamed = spec.selector.secret?.name !== undefined
  if (isNews || (isNamed && status.sourceVersion !== undefined && (sourceVersion ?? '') !== status.sourceVersion)) {
    return 'source'
  }
  if (refreshed > now.getTime() && pushIntervalOf(pushSecret) > 0) return 'clock'
  return pushDueIn(pushSecret, now) === 0 ? 'due' : undefined
}

/** Whether and why a PushSecret is pushed now (compatibility.md §5): unlike ESO, changes of the Secret count. */
export const decidePush = (facts: Facts): PushDecision => {
  if (facts.isLeaving) return { do: 'release' }
  const reason = reasonOf(facts)
  if (reason !== undefined) return { do: 'push', reason }
  return { do: 'skip', afterMs: pushDueIn(facts.pushSecret, facts.now) }
}

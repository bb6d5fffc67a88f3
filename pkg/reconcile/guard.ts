import { createHash } from 'node:crypto'
import { Fault } from '#core'

/**
 * Nothing is removed because of one look (decision 20): what would be taken away is noted, and taken away when a second look, some
 * seconds later, finds the same. Kept in memory: after a restart it takes two looks again.
 */
export interface Guard {
  /** Throws Fault RemovalPending until `what` has been found twice in a row. */
  confirm(key: string, what: readonly string[], at: Date): void
  /** Whether a removal waits: the next look must be a real one, and not come from memory. */
  waits(key: string): boolean
  /** The last look found nothing to remove, or failed: what comes after it begins anew. */
  settle(key: string): void
}

/** Far enough apart that one hiccup does not answer both. Milliseconds. */
const apartMs = 5e3

const fingerprint = (what: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify([...what].sort()))
    .digest('hex')

export const createGuard = (): Guard => {
  const noted = new Map<string, { what: string; atMs: number }>()
  return {
    confirm: (key, what, at) => {
      const seen = noted.get(key)
      const now = at.getTime()
      const mark = fingerprint(what)
      const same = seen?.what === mark && seen.atMs <= now
      if (same && now - seen.atMs >= apartMs) return
      if (!same) noted.set(key, { what: mark, atMs: now })
      throw new Fault('RemovalPending', 'less is there than the Secret holds; it is kept until a second look agrees', {
        path: 'spec',
        retryAfterMs: same ? apartMs - (now - seen.atMs) : apartMs,
      })
    },
    waits: key => noted.has(key),
    settle: key => {
      noted.delete(key)
    },
  }
}

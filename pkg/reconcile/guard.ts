import { createHash } from 'node:crypto'
import { Fault, show } from '#core'

/**
 * Nothing is removed because of one look (decision 20): what would be taken away is noted, and taken away when a second look, some
 * seconds later, finds the same. Kept in memory: after a restart it takes two looks again.
 */
export interface Guard {
  /** Throws Fault RemovalPending until `what` has been found twice in a row: keys, or what else would go and is called `named`. */
  confirm(key: string, what: readonly string[], at: Date, named?: string): void
  /** Whether a removal waits: the next look must be a real one: no listing comes from memory, and an item that is gone never does. */
  waits(key: string): boolean
  /** The last look found nothing to remove, or failed: what comes after it begins anew. */
  settle(key: string): void
}

/** Far enough apart that one hiccup does not answer both. Milliseconds. */
const apartMs = 5e3

const shown = (what: readonly string[]): string => {
  const [first = 'nothing', ...others] = what.map(show)
  const named = [first, ...others.slice(0, 4)].join(', ')
  return others.length > 4 ? `${named} and ${others.length - 4} more` : named
}

const fingerprint = (what: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify([...what].sort()))
    .digest('hex')

export const createGuard = (): Guard => {
  const noted = new Map<string, { what: string; atMs: number }>()
  return {
    confirm: (key, what, at, named = shown(what)) => {
      const seen = noted.get(key)
      const now = at.getTime()
      const mark = fingerprint(what)
      const same = seen?.what === mark && seen.atMs <= now
      if (same && now - seen.atMs >= apartMs) return
      if (!same) noted.set(key, { what: mark, atMs: now })
      throw new Fault('RemovalPending', `${named} would be removed; nothing is, until a second look agrees`, {
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

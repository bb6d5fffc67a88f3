import type { Fault } from '#core'
import type { Queue } from './queue.ts'

/** When an object is looked at again, said to the queue. */
export type Next =
  /** Only when something changes. */
  | { readonly go: 'rest' }
  | { readonly go: 'wait'; readonly ms: number }
  /** After a growing delay, and after `atMostMs` in any case. */
  | { readonly go: 'retry'; readonly atMostMs: number | undefined }
  | { readonly go: 'again' }

// security.md F3: what a server asks for in Retry-After is honoured up to this
const longestPauseMs = 5 * 60e3

/**
 * When a failed object is tried again. One fault that may be cured elsewhere is enough for it, and a pause that a server asked
 * for counts before it. Faults that wait for Akeyless (an item is missing, a right is not granted) are cured there, where nobody tells us: waiting a
 * whole interval of hours would keep a person waiting who has just repaired it, so they too are tried with growing delay, at
 * the latest when the interval is over.
 */
export const nextAfter = (faults: readonly Fault[], intervalMs: number): Next => {
  const pause = Math.max(0, ...faults.map(fault => fault.retryAfterMs ?? 0))
  if (pause > 0) return { go: 'wait', ms: Math.min(pause, longestPauseMs) }
  if (faults.every(({ retry }) => retry === 'on-change')) return { go: 'rest' }
  return { go: 'retry', atMostMs: intervalMs > 0 ? intervalMs : undefined }
}

/** Has the queue do so. */
export const say = (queue: Queue, key: string, next: Next): void => {
  if (next.go === 'retry') {
    queue.retry(key)
    if (next.atMostMs !== undefined) queue.addAfter(key, next.atMostMs)
    return
  }
  queue.forget(key)
  if (next.go === 'wait') queue.addAfter(key, next.ms)
  if (next.go === 'again') queue.add(key, 'fresh')
}

import { LRUCache } from 'lru-cache'
import { Fault } from '#core'

interface Memory {
  readonly fault: Fault
  until: number
  delayMs: number
  trying: boolean
}

/** Remembers what failed, so that it is tried again only after a delay that doubles with every further failure. */
export interface Breaker {
  /** The remembered fault with the time left in `retryAfterMs`; undefined means: go ahead. */
  check(key: string): Fault | undefined
  /** Something failed; `delayMs` overrides the growing delay. */
  trip(key: string, fault: Fault, delayMs?: number): void
  /** The attempt ended without a verdict, because its caller went away. */
  release(key: string): void
  /** Something worked. */
  reset(key: string): void
}

interface Options {
  readonly now: () => number
  readonly firstMs: number
  readonly longestMs: number
  /** After the delay one caller tries; for this long the others are still answered from memory. 0 lets everybody try. */
  readonly trialMs: number
}

export const createBreaker = ({ now, firstMs, longestMs, trialMs }: Options): Breaker => {
  const memories = new LRUCache<string, Memory>({ max: 10_000 })
  return {
    check(key) {
      const memory = memories.get(key)
      if (!memory) return undefined
      const leftMs = memory.until - now()
      if (leftMs > 0) {
        const { fault } = memory
        return new Fault(fault.code, fault.message, { remedy: fault.remedy, retryAfterMs: Math.ceil(leftMs) })
      }
      memory.trying = true
      memory.until = now() + trialMs
      return undefined
    },
    trip(key, fault, delayMs) {
      const memory = memories.get(key)
      // late news of the failure that is already remembered: sixteen calls in flight are one outage
      if (memory && !memory.trying && memory.until > now() && delayMs === undefined) return
      const grown = delayMs ?? (memory ? Math.min(memory.delayMs * 2, longestMs) : firstMs)
      memories.set(key, { fault, until: now() + grown, delayMs: Math.max(grown, firstMs), trying: false })
    },
    release(key) {
      const memory = memories.get(key)
      if (memory?.trying) memory.until = 0
    },
    reset(key) {
      memories.delete(key)
    },
  }
}

/**
 * Repairs cost no interval: two objects that undo each other, or a template that never prints the same twice, would write without
 * end. So each ExternalSecret has a store of them that fills up slowly.
 */
export interface Brake {
  /** Milliseconds to wait before the next repair; 0: it may go on, and is counted. */
  take(key: string, now: Date): number
  forget(key: string): void
}

/** A person who edits by hand, or a script that does, never gets there. */
const most = 100
const refillMs = 5e3

interface Store {
  readonly left: number
  readonly atMs: number
}

export const createBrake = (): Brake => {
  const stores = new Map<string, Store>()
  return {
    take: (key, now) => {
      const at = now.getTime()
      const { left, atMs } = stores.get(key) ?? { left: most, atMs: at }
      // a clock that was set back refills nothing, and empties nothing
      const refilled = Math.min(most, left + Math.max(0, at - atMs) / refillMs)
      if (refilled < 1) {
        stores.set(key, { left: refilled, atMs: at })
        return Math.ceil((1 - refilled) * refillMs)
      }
      stores.set(key, { left: refilled - 1, atMs: at })
      return 0
    },
    forget: key => {
      stores.delete(key)
    },
  }
}

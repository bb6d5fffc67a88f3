/** How many live checks run at once, shared among those who want one. */
export interface Bound {
  /** What to call at the end; undefined where there is no room, now. */
  enter(tenant: string): (() => void) | undefined
}

/**
 * A tenant may have as many as are still free: the first one half of them, the next one half of the rest, and so on, so that none
 * takes all. Nobody waits: a check that comes late is worth nothing.
 */
export const createBound = (most: number): Bound => {
  const running = new Map<string, number>()
  let total = 0
  return {
    enter: tenant => {
      const own = running.get(tenant) ?? 0
      if (own >= most - total) return undefined
      total += 1
      running.set(tenant, own + 1)
      return () => {
        total -= 1
        const left = (running.get(tenant) ?? 1) - 1
        if (left > 0) running.set(tenant, left)
        else running.delete(tenant)
      }
    },
  }
}

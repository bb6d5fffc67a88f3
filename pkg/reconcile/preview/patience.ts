/**
 * Remembers who let a check wait until its time was over, so that the next ones do not wait again. A gateway that says no at once
 * needs no such memory: its client has one.
 */
export interface Patience {
  /** Whether it is not worth asking now. After a pause one caller may try, and the others still may not. */
  isSpent(key: string): boolean
  spent(key: string): void
  answered(key: string): void
}

interface Memory {
  readonly untilMs: number
  readonly pauseMs: number
}

const firstMs = 5e3
const longestMs = 60e3
// longer than a check
const trialMs = 2e3
// tenants name gateways: who has a thousand of them waits for some of them twice
const most = 1_000

export const createPatience = (now: () => number): Patience => {
  const memories = new Map<string, Memory>()
  const put = (key: string, memory: Memory): void => {
    if (memories.size >= most && !memories.has(key)) memories.clear()
    memories.set(key, memory)
  }
  return {
    isSpent: key => {
      const memory = memories.get(key)
      if (!memory) return false
      if (now() < memory.untilMs) return true
      put(key, { ...memory, untilMs: now() + trialMs })
      return false
    },
    spent: key => {
      const before = memories.get(key)?.pauseMs
      const pauseMs = before === undefined ? firstMs : Math.min(before * 2, longestMs)
      put(key, { untilMs: now() + pauseMs, pauseMs })
    },
    answered: key => {
      memories.delete(key)
    },
  }
}

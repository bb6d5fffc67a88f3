export interface Backoff {
  /** Milliseconds to wait before the next try: between the minimum and a ceiling that doubles with each call. */
  next(): number
  reset(): void
}

/** Exponential back-off with full jitter: clients that lost the same server do not come back together. */
export const backoff = (options: { minMs: number; maxMs: number; random: () => number }): Backoff => {
  let tries = 0
  return {
    next: () => {
      tries += 1
      const ceiling = Math.min(options.maxMs, options.minMs * 2 ** Math.min(tries, 30))
      return options.minMs + options.random() * (ceiling - options.minMs)
    },
    reset: () => {
      tries = 0
    },
  }
}

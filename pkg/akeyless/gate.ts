import { LRUCache } from 'lru-cache'

interface Lane {
  running: number
  readonly waiting: (() => void)[]
}

/** Bounds how many calls run at once per key, so that a slow gateway holds up nobody but its own callers. */
export interface Gate {
  run<T>(key: string, task: () => Promise<T>, signal: AbortSignal): Promise<T>
  /** The server asks to slow down: half as many at once; each success gives one back (security.md F3). */
  narrow(key: string): void
  widen(key: string): void
}

/** `widest` may depend on the key; it is asked whenever somebody comes or leaves. */
export const createGate = (widest: number | ((key: string) => number)): Gate => {
  const lanes = new Map<string, Lane>()
  // a key that is narrow stays so while nobody calls; bounded, because tenants make keys
  const widths = new LRUCache<string, number>({ max: 10_000 })

  const widestOf = (key: string): number => (typeof widest === 'number' ? widest : widest(key))
  const widthOf = (key: string): number => widths.get(key) ?? widestOf(key)

  const laneOf = (key: string): Lane => {
    const lane = lanes.get(key) ?? { running: 0, waiting: [] }
    lanes.set(key, lane)
    return lane
  }

  const admit = (key: string, lane: Lane): void => {
    const width = widthOf(key)
    while (lane.running < width) {
      const next = lane.waiting.shift()
      if (!next) break
      lane.running += 1
      next()
    }
    if (lane.running === 0) lanes.delete(key)
  }

  const enter = (key: string, lane: Lane, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const enterNow = () => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        const place = lane.waiting.indexOf(enterNow)
        if (place >= 0) lane.waiting.splice(place, 1)
        reject(signal.reason)
      }
      signal.addEventListener('abort', leave, { once: true })
      lane.waiting.push(enterNow)
      admit(key, lane)
    })

  return {
    async run(key, task, signal) {
      signal.throwIfAborted()
      const lane = laneOf(key)
      await enter(key, lane, signal)
      try {
        return await task()
      } finally {
        lane.running -= 1
        admit(key, lane)
      }
    },
    narrow(key) {
      widths.set(key, Math.max(1, Math.floor(widthOf(key) / 2)))
    },
    widen(key) {
      const width = widthOf(key) + 1
      if (width < widestOf(key)) widths.set(key, width)
      else widths.delete(key)
    },
  }
}

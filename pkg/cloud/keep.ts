import type { Lasting } from './world.ts'

/** Something that takes a call to get, kept by key until near its end; callers at the same time share one call. */
export interface Keep<T> {
  /** Rejects with what `get` rejects with, or with the reason of `signal`. */
  of(key: string, get: (signal: AbortSignal) => Promise<Lasting<T>>, signal: AbortSignal): Promise<T>
}

interface Kept<T> extends Lasting<T> {
  readonly renewAt: number
}

interface Flight<T> {
  readonly result: Promise<T>
  readonly abort: AbortController
  waiting: number
}

// the clouds renew their own five minutes before the end
const marginMs = 5 * 60e3
const most = 1000

/** Waits for a promise or for the signal; the promise itself goes on. */
const until = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })

const createStock = <T>(now: () => number) => {
  const kept = new Map<string, Kept<T>>()
  return {
    /** What has not ended. */
    get: (key: string) => {
      const found = kept.get(key)
      return found && now() < found.endsAt ? found : undefined
    },
    put: (key: string, { value, endsAt }: Lasting<T>) => {
      for (const [other, { endsAt }] of kept) if (endsAt <= now()) kept.delete(other)
      kept.delete(key)
      const [oldest] = kept.keys()
      if (kept.size >= most && oldest !== undefined) kept.delete(oldest)
      if (endsAt > now()) kept.set(key, { value, endsAt, renewAt: endsAt - Math.min(marginMs, (endsAt - now()) / 2) })
    },
  }
}

export const createKeep = <T>(now: () => number): Keep<T> => {
  const stock = createStock<T>(now)
  const flights = new Map<string, Flight<T>>()

  const renew = async (key: string, get: Promise<Lasting<T>>): Promise<T> => {
    try {
      const lasting = await get
      stock.put(key, lasting)
      return lasting.value
    } catch (thrown) {
      // a service that is down for a minute takes nothing away that is still good
      const known = stock.get(key)
      if (known) return known.value
      throw thrown
    }
  }

  const depart = (key: string, get: (signal: AbortSignal) => Promise<Lasting<T>>): Flight<T> => {
    const abort = new AbortController()
    const flight: Flight<T> = { result: renew(key, get(abort.signal)), abort, waiting: 0 }
    const land = () => {
      if (flights.get(key) === flight) flights.delete(key)
    }
    flight.result.then(land, land)
    flights.set(key, flight)
    return flight
  }

  return {
    async of(key, get, signal) {
      signal.throwIfAborted()
      const known = stock.get(key)
      if (known && now() < known.renewAt) return known.value
      const flight = flights.get(key) ?? depart(key, get)
      flight.waiting += 1
      try {
        return await until(flight.result, signal)
      } finally {
        flight.waiting -= 1
        if (flight.waiting === 0 && flights.get(key) === flight) {
          flights.delete(key)
          flight.abort.abort(signal.reason)
        }
      }
    },
  }
}

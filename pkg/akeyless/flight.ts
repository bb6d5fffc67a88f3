/** Waits for a promise or for the signal, whichever comes first; the promise itself goes on. */
const until = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })

interface Flight<T> {
  readonly result: Promise<T>
  readonly abort: AbortController
  waiting: number
  landed: boolean
}

/** Work that several callers want at once, done once. */
export interface Flights<T> {
  /** Starts `work`, or joins it where it already runs under this key. It is aborted when the last waiter has left. */
  join(key: string, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>
}

export const createFlights = <T>(): Flights<T> => {
  const flights = new Map<string, Flight<T>>()

  const depart = (key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> => {
    const abort = new AbortController()
    const flight: Flight<T> = { result: work(abort.signal), abort, waiting: 0, landed: false }
    const land = () => {
      flight.landed = true
      if (flights.get(key) === flight) flights.delete(key)
    }
    flight.result.then(land, land)
    flights.set(key, flight)
    return flight
  }

  return {
    async join(key, work, signal) {
      signal.throwIfAborted()
      const flight = flights.get(key) ?? depart(key, work)
      flight.waiting += 1
      try {
        return await until(flight.result, signal)
      } finally {
        flight.waiting -= 1
        if (flight.waiting === 0 && !flight.landed) {
          if (flights.get(key) === flight) flights.delete(key)
          flight.abort.abort(signal.reason)
        }
      }
    },
  }
}

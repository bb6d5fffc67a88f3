/** Who looks at an item, changes or deletes it has it for himself: two PushSecrets may give members to one. */
export interface Turnstile {
  /**
   * Runs the work when everybody who came before for this place is done. One item at a time, and only for a call or two: a gateway
   * that hangs must not keep others from the items of another.
   */
  hold<T>(place: string, work: () => Promise<T>): Promise<T>
  /** Tells that an item may be another than it was: for whoever looked at it before and writes later. */
  touch(place: string): void
  /** A moment that `isTouched` can be asked about. */
  now(): number
  isTouched(place: string, since: number): boolean
}

const nothing = (): void => {}
// between a look and its write; some hundred bytes each
const most = 20_000

export const createTurnstile = (limit: number = most): Turnstile => {
  const tails = new Map<string, Promise<void>>()
  const touched = new Map<string, number>()
  let moment = 0
  /** Of what was touched before, nothing is known any more. */
  let forgotten = 0
  return {
    hold: async (place, work) => {
      const turn = (tails.get(place) ?? Promise.resolve()).then(work)
      const tail = turn.then(nothing, nothing)
      tails.set(place, tail)
      try {
        return await turn
      } finally {
        if (tails.get(place) === tail) tails.delete(place)
      }
    },
    touch: place => {
      moment += 1
      touched.delete(place)
      touched.set(place, moment)
      const [oldest] = touched
      if (touched.size <= limit || !oldest) return
      touched.delete(oldest[0])
      forgotten = oldest[1]
    },
    now: () => moment,
    isTouched: (place, since) => since < forgotten || (touched.get(place) ?? 0) > since,
  }
}

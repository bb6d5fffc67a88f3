/** Who looks at an item, changes or deletes it has it for himself: two PushSecrets may give members to one. */
export interface Turnstile {
  /**
   * Runs the work when everybody who came before for this key is done. One item at a time, and only for a call or two: a gateway that
   * hangs must not keep others from the items of another.
   */
  hold<T>(key: string, work: () => Promise<T>): Promise<T>
}

const nothing = (): void => {}

export const createTurnstile = (): Turnstile => {
  const tails = new Map<string, Promise<void>>()
  return {
    hold: async (key, work) => {
      const turn = (tails.get(key) ?? Promise.resolve()).then(work)
      const tail = turn.then(nothing, nothing)
      tails.set(key, tail)
      try {
        return await turn
      } finally {
        if (tails.get(key) === tail) tails.delete(key)
      }
    },
  }
}

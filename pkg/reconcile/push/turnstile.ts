/** Who reads, changes and writes items has them for itself: two PushSecrets may give members to one. */
export interface Turnstile {
  /** Runs the work when everybody who came before for one of these keys is done. */
  hold<T>(keys: readonly string[], work: () => Promise<T>): Promise<T>
}

const nothing = (): void => {}

export const createTurnstile = (): Turnstile => {
  const tails = new Map<string, Promise<void>>()
  const pass = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const turn = (tails.get(key) ?? Promise.resolve()).then(work)
    const tail = turn.then(nothing, nothing)
    tails.set(key, tail)
    try {
      return await turn
    } finally {
      if (tails.get(key) === tail) tails.delete(key)
    }
  }
  return {
    // everybody takes the keys in one order, so that no two wait for each other
    hold: <T>(keys: readonly string[], work: () => Promise<T>) =>
      [...new Set(keys)].sort().reduceRight<() => Promise<T>>((next, key) => () => pass(key, next), work)(),
  }
}

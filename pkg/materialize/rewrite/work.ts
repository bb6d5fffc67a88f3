/** More faults than this help nobody. */
export const mostFaults = 100

/**
 * What the regular expressions of one ExternalSecret may cost together. RE2 is linear for one search, but replacing searches again after
 * each match, which is quadratic for some expressions, and it all runs on the thread that serves everybody (security.md T14).
 */
export class Work {
  /** Instructions times characters, at worst: some 150 ms. A thousand keys of 60 characters take less than a quarter. */
  #steps = 32_000_000
  /** Keys are no values: a few hundred characters each are more than any Secret takes. Characters. */
  #characters = 1_048_576

  /** Pays for one search; false where nothing is left. */
  search(instructions: number, characters: number): boolean {
    this.#steps -= instructions * (characters + 1)
    return this.#steps >= 0
  }

  /** Pays for a piece of a new key; false where nothing is left. An empty piece costs as well. */
  write(characters: number): boolean {
    this.#characters -= characters + 1
    return this.#characters >= 0
  }
}

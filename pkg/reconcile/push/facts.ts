/** What is known of an item that was looked at before, as long as it holds what it held then. */
export interface Facts {
  readonly isTagged: boolean
  readonly lastVersion: number | undefined
  /** Fingerprint of its value. */
  readonly mark: string
  /** The account keeps versions: each update makes the next one. */
  readonly grows: boolean
}

/** Facts by store and path. They spare a look at an item whose value is the one that we left or found there. */
export interface FactBook {
  get(key: string): Facts | undefined
  note(key: string, facts: Facts): void
  /** It is open what has become of the item. */
  forget(key: string): void
}

// some 300 bytes each
const most = 20_000

export const createFactBook = (limit: number = most): FactBook => {
  const book = new Map<string, Facts>()
  return {
    get: key => book.get(key),
    note: (key, facts) => {
      // a Map keeps the order: what was noted longest ago goes first
      book.delete(key)
      book.set(key, facts)
      const [oldest] = book.keys()
      if (book.size > limit && oldest !== undefined) book.delete(oldest)
    },
    forget: key => {
      book.delete(key)
    },
  }
}

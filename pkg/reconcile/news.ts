/** Objects of whose sources a watch told since they were last synced: texts of a template, the Secret that is pushed, a store that was edited. */
export interface SourceNews {
  note(key: string): void
  has(key: string): boolean
  /** To be called where a pass begins; the result, called when it has succeeded, forgets what was noted before, and no more. */
  begin(key: string): () => void
  forget(key: string): void
}

export const createSourceNews = (): SourceNews => {
  const changes = new Map<string, number>()
  let count = 0
  return {
    note: key => {
      changes.set(key, ++count)
    },
    has: key => changes.has(key),
    begin: key => {
      const seen = changes.get(key)
      return () => {
        if (changes.get(key) === seen) changes.delete(key)
      }
    },
    forget: key => {
      changes.delete(key)
    },
  }
}

/** Edits that turn one word into the other. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b].entries()) {
      const swap = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(swap, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

// what is longer is no slip of a name, and comparing costs the product of both lengths
const longest = 64

/** The known word that a person most likely meant, for "did you mean"; undefined where none is near. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  if (word.length > longest) return undefined
  const [best] = known.map(each => ({ each, edits: distance(word, each) })).sort((a, b) => a.edits - b.edits)
  return best && best.edits <= Math.max(2, Math.floor(word.length / 3)) ? best.each : undefined
}

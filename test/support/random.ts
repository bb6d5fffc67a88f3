// Randomness that can be had again: every generated test prints its seed, and `npm test -- --seed N` runs it with another one.

export interface Random {
  /** 0 <= x < 1. */
  next(): number
  /** 0 <= n < below. */
  int(below: number): number
  chance(of: number): boolean
  pick<T>(from: readonly [T, ...T[]]): T
  /** `count` of what `make` makes. */
  list<T>(count: number, make: (index: number) => T): T[]
}

/** sfc32, after a few rounds: the same numbers on every machine. */
const numbers = (seed: number): (() => number) => {
  let [a, b, c, count] = [0x9e3779b9, 0x243f6a88, seed | 0, 1]
  const next = () => {
    const sum = (a + b + count) | 0
    count = (count + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 2 ** 32
  }
  for (let round = 0; round < 12; round += 1) next()
  return next
}

export const seeded = (seed: number): Random => {
  const next = numbers(seed)
  const int = (below: number) => Math.floor(next() * below)
  return {
    next,
    int,
    chance: of => next() < of,
    pick: from => from[int(from.length)] ?? from[0],
    list: (count, make) => Array.from({ length: count }, (_, index) => make(index)),
  }
}

/** The seed of this run: a fixed one, so that the suite says the same each time, unless another is given. */
export const seed: number = Number(process.env['LATCHKEY_TEST_SEED'] ?? 20_261_121)

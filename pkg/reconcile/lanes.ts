/** New, changed and forced objects are fresh; refreshes and retries are routine (decision 17). */
export type Lane = 'fresh' | 'routine'

/** Whose work a key is: a tenant, and a part of that tenant. Names are unique over both. */
export type Groups = readonly [outer: string, inner: string]

/** The groups of a key that belongs to nobody in particular. */
export const nobody: Groups = ['', '']

// one routine key for eight fresh ones: a flood of changes must not stop the refreshes
const freshInARow = 8

/** Outer group, inner group, key, and the time it came. Maps keep the order in which their entries were put. */
type Keys = Map<string, number>
type Line = Map<string, Map<string, Keys>>

interface Place {
  readonly lane: Lane
  readonly groups: Groups
}

/** Puts what was just served behind the others, or away where nothing of it is left. */
const rotate = <V extends { readonly size: number }>(map: Map<string, V>, name: string, value: V): void => {
  map.delete(name)
  if (value.size > 0) map.set(name, value)
}

const keysOf = (line: Line, [outer, inner]: Groups): Keys => {
  const inners = line.get(outer) ?? new Map<string, Keys>()
  const keys = inners.get(inner) ?? new Map<string, number>()
  line.set(outer, inners.set(inner, keys))
  return keys
}

/**
 * Keys in line, each once. Groups take turns, and so do the parts of a group: who has ten thousand keys in line delays another
 * one's single key by one turn.
 */
export class Lanes {
  readonly #lines: Readonly<Record<Lane, Line>> = { fresh: new Map(), routine: new Map() }
  readonly #places = new Map<string, Place>()
  readonly #counts: Record<Lane, number> = { fresh: 0, routine: 0 }
  #freshRow = 0

  get size(): number {
    return this.#places.size
  }

  count(lane: Lane): number {
    return this.#counts[lane]
  }

  /** When the key came that waits longest; undefined where none does. */
  oldest(): number | undefined {
    let oldest: number | undefined
    for (const line of Object.values(this.#lines)) {
      for (const inners of line.values()) {
        for (const keys of inners.values()) {
          const [since] = keys.values()
          if (since !== undefined) oldest = Math.min(since, oldest ?? since)
        }
      }
    }
    return oldest
  }

  /** A key that waits as routine and becomes fresh moves; never the other way round. */
  put(key: string, place: Place, now: number): void {
    const before = this.#places.get(key)
    if (before?.lane === 'fresh' || before?.lane === place.lane) return
    if (before) this.#remove(key, before)
    keysOf(this.#lines[place.lane], place.groups).set(key, now)
    this.#places.set(key, place)
    this.#counts[place.lane] += 1
  }

  /** Takes the next key out of line whose groups are admitted; asked for the outer group alone, then for both. */
  take(admits: (groups: readonly string[]) => boolean): { readonly key: string; readonly groups: Groups } | undefined {
    const order: readonly Lane[] = this.#freshRow >= freshInARow ? ['routine', 'fresh'] : ['fresh', 'routine']
    for (const lane of order) {
      const taken = this.#takeFrom(lane, admits)
      if (!taken) continue
      this.#freshRow = lane === 'fresh' ? this.#freshRow + 1 : 0
      return taken
    }
    return undefined
  }

  clear(): void {
    for (const lane of ['fresh', 'routine'] as const) {
      this.#lines[lane].clear()
      this.#counts[lane] = 0
    }
    this.#places.clear()
  }

  #takeFrom(lane: Lane, admits: (groups: readonly string[]) => boolean) {
    for (const [outer, inners] of this.#lines[lane]) {
      if (!admits([outer])) continue
      for (const [inner, keys] of inners) {
        const [key] = keys.keys()
        const groups: Groups = [outer, inner]
        if (key === undefined || !admits(groups)) continue
        this.#remove(key, { lane, groups })
        return { key, groups }
      }
    }
    return undefined
  }

  #remove(key: string, { lane, groups: [outer, inner] }: Place): void {
    const line = this.#lines[lane]
    const inners = line.get(outer)
    const keys = inners?.get(inner)
    if (!inners || !keys?.delete(key)) return
    rotate(inners, inner, keys)
    rotate(line, outer, inners)
    this.#places.delete(key)
    this.#counts[lane] -= 1
  }
}

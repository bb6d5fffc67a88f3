import type { Draft, Item, Json, Planting } from './item.ts'

/** Full path as answers give it: one leading slash, whether the request had it or not. akeyless.md §8.3 */
export const canonical = (name: string): string => `/${name.replace(/^\/+/, '')}`

/** All items, in memory. Every write returns the item as it is now. */
export class Vault {
  readonly #items = new Map<string, Item>()
  readonly #now: () => Date
  #ids = 1000

  constructor(now: () => Date, plantings: readonly Planting[]) {
    this.#now = now
    for (const planting of plantings) this.plant(planting)
  }

  get(name: string): Item | undefined {
    return this.#items.get(canonical(name))
  }

  /** Sorted by path. */
  all(): Item[] {
    return [...this.#items.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  /** Files an item, in the place of one that has its path. */
  plant({ draft, values }: Planting): Item {
    const now = this.#now()
    const versions = values.map((value, index) => ({ number: index + 1, value, created: now, modified: now }))
    this.#ids += 1
    return this.#keep({
      ...draft,
      id: this.#ids,
      created: now,
      modified: now,
      accessed: now,
      rotated: undefined,
      versions,
    })
  }

  /** A new value: in place of the last version, or after it when the previous one is kept. akeyless.md §7.1 */
  write(item: Item, value: Json, keepPrevious: boolean): Item {
    const now = this.#now()
    const last = item.versions.at(-1)
    const older = keepPrevious ? item.versions : item.versions.slice(0, -1)
    const version = {
      number: (last?.number ?? 0) + (keepPrevious || !last ? 1 : 0),
      value,
      created: keepPrevious || !last ? now : last.created,
      modified: now,
    }
    return this.#keep({ ...item, modified: now, versions: [...older, version] })
  }

  /** As `write` with the previous version kept, marked as a rotation. */
  rotate(item: Item, value: Json): Item {
    const next = this.write(item, value, true)
    return this.#keep({ ...next, rotated: next.modified })
  }

  /** Changes what is not a value. Moves the modification date too, as akeyless.md §7.1 warns it may. */
  edit(item: Item, change: Partial<Draft>): Item {
    if (change.path !== undefined) this.#items.delete(item.path)
    return this.#keep({ ...item, ...change, modified: this.#now() })
  }

  touch(item: Item): void {
    this.#keep({ ...item, accessed: this.#now() })
  }

  dropVersion(item: Item, version: number): void {
    this.#keep({ ...item, modified: this.#now(), versions: item.versions.filter(({ number }) => number !== version) })
  }

  remove(item: Item): void {
    this.#items.delete(item.path)
  }

  #keep(item: Item): Item {
    this.#items.set(item.path, item)
    return item
  }
}

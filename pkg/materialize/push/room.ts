import type { PushEntry, PushSecretSpec } from '#api'
import { Fault } from '#core'
import { itemPath, type PushStore, pushKey } from './part.ts'

// security.md T17: a call or two each, and an entry of the status
const mostItems = 1_000

// some hundred bytes of memory each while they are planned; a Secret of 1 MiB has no room for more that are worth a name
const mostMembers = 100_000

// etcd takes 1.5 MiB of an object. What the status keeps of entries counts twice: metadata.managedFields names each field of it
const mostBytes = 1_500_000

const split = 'split it into several PushSecrets'

/** Items that the spec names itself, all stores together; those of other entries of dataTo bear the names of keys. */
const itemsNamed = ({ data = [], dataTo = [] }: PushSecretSpec, stores: readonly PushStore[]): number => {
  const named = new Set(data.map(({ match: { remoteRef } }) => itemPath(remoteRef.remoteKey)))
  const bundles = dataTo.flatMap(({ remoteKey }, index) => (remoteKey ? [{ index, path: itemPath(remoteKey) }] : []))
  const more = stores.map(store => bundles.filter(({ index, path }) => store.dataTo.has(index) && !named.has(path)))
  return named.size * stores.length + more.reduce((sum, each) => sum + new Set(each.map(({ path }) => path)).size, 0)
}

/**
 * What one PushSecret may make, all entries, Secrets and stores together. It is paid before anything is made of it: what a tenant
 * writes in a line of the spec can be multiplied by each of the three.
 */
export class Room {
  #items: number
  #members = mostMembers
  #bytes: number
  readonly #sizes = new WeakMap<PushEntry, number>()

  constructor(spec: PushSecretSpec, stores: readonly PushStore[]) {
    this.#items = itemsNamed(spec, stores)
    this.#bytes = mostBytes - Buffer.byteLength(JSON.stringify(spec))
  }

  /** Counts items that bear the names of keys; false where they are not to be made, because there are too many. */
  items(count: number): boolean {
    this.#items += count
    return this.#items <= mostItems
  }

  /** Pays for as many keys as go somewhere; false where nothing is left. */
  members(count: number): boolean {
    this.#members -= count
    return this.#members >= 0
  }

  /** Pays for what the status will keep of an entry in one store. */
  record(entry: PushEntry): void {
    const size = this.#sizes.get(entry) ?? Buffer.byteLength(JSON.stringify([pushKey(entry), entry]))
    this.#sizes.set(entry, size)
    this.#bytes -= 2 * size
  }

  /** Why it is too much; undefined where it is not. */
  fault(): Fault | undefined {
    const tooLarge = (what: string) => new Fault('SecretTooLarge', what, { path: 'spec', remedy: split })
    if (this.#items > mostItems) {
      return tooLarge(`makes at least ${this.#items} items, all stores together; ${mostItems} are allowed`)
    }
    if (this.#members < 0) return tooLarge(`pushes more than ${mostMembers} keys, all entries and stores together`)
    if (this.#bytes < 0) return tooLarge('pushes more items, or longer names and metadata, than a status can hold')
    return undefined
  }
}

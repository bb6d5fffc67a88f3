import { Fault, show } from '#core'
import type { StoreName } from '../refs.ts'
import { type ItemPush, itemPath, type PushPart, pushKey } from './part.ts'
import type { Room } from './room.ts'

/** Parts of one item, and by what each further one is told to be at odds with them. */
interface Item {
  readonly remoteKey: string
  readonly parts: PushPart[]
  /** Who gives a member, by its name. */
  readonly members: Map<string, PushPart>
  /** Who has an entry's name in the status, and of which Secret. Secrets come one after the other, so the last one is enough. */
  readonly names: Map<string, { readonly part: PushPart; readonly source: string }>
}

const collision = (part: PushPart, other: PushPart, what: string): Fault =>
  new Fault('KeyCollision', `item ${show(part.entry.match.remoteRef.remoteKey)}: ${what}`, {
    path: part.path,
    remedy: `give it another remoteKey or property than ${other.path} has`,
  })

/** Why a part cannot go to an item with the others: they would overwrite each other, now or at each push. */
const clash = ({ parts: [first], members, names }: Item, part: PushPart, source: string): Fault | undefined => {
  if (!first) return undefined
  if (part.gives.is === 'value' && first.gives.is === 'value') return collision(part, first, 'takes two values')
  if (part.gives.is === 'value' || first.gives.is === 'value') {
    return collision(part, first, 'takes one value as a whole, and members of a JSON object')
  }
  const twin = names.get(pushKey(part.entry))
  if (twin?.source === source) return collision(part, twin.part, 'is named twice')
  for (const name of part.gives.members.keys()) {
    const other = members.get(name)
    if (other) return collision(part, other, `takes two values for ${show(name)}`)
  }
  return undefined
}

/** What goes to one store, by item. */
export class Shelf {
  readonly #store: StoreName
  readonly #room: Room
  readonly #items = new Map<string, Item>()

  constructor({ kind, name }: StoreName, room: Room) {
    this.#store = { kind, name }
    this.#room = room
  }

  /** Adds a part of a Secret to its item, or tells why it cannot go there. */
  put(part: PushPart, source: string): Fault | undefined {
    const { remoteKey } = part.entry.match.remoteRef
    const path = itemPath(remoteKey)
    const item: Item = this.#items.get(path) ?? { remoteKey, parts: [], members: new Map(), names: new Map() }
    const fault = clash(item, part, source)
    if (fault) return fault
    this.#items.set(path, item)
    item.parts.push(part)
    const name = pushKey(part.entry)
    if (!item.names.has(name)) this.#room.record(part.entry)
    item.names.set(name, { part, source })
    if (part.gives.is === 'members') for (const member of part.gives.members.keys()) item.members.set(member, part)
    return undefined
  }

  pushes(): readonly ItemPush[] {
    return [...this.#items.values()].map(({ remoteKey, parts }) => ({ store: this.#store, remoteKey, parts }))
  }
}

import { Fault, show } from '#core'
import type { StoreName } from '../refs.ts'
import { type ItemPush, itemPath, type PushPart, pushKey } from './part.ts'
import { pathProblem } from './path.ts'
import type { Room } from './room.ts'

/** A part, and the name of the Secret that gives it. */
interface Placed {
  readonly part: PushPart
  readonly source: string
}

/** Parts of one item, and by what each further one is told to be at odds with them. */
interface Item {
  readonly remoteKey: string
  readonly parts: Placed[]
  /** Who gives a member, by its name. */
  readonly members: Map<string, Placed>
  /** Who has an entry's name in the status. Secrets come one after the other, so the last one is enough. */
  readonly names: Map<string, Placed>
}

const remedyFor = ({ part, source }: Placed, other: Placed): string => {
  if (part.path !== other.part.path) return `give it another remoteKey or property than ${other.part.path} has`
  return source === other.source ? 'give each key a name of its own' : 'name one Secret, or give them different keys'
}

const collision = (placed: Placed, other: Placed, what: string): Fault => {
  const { part, source } = placed
  const who = source === other.source ? '' : `, of Secrets ${show(other.source)} and ${show(source)}`
  const message = `item ${show(part.entry.match.remoteRef.remoteKey)}: ${what}${who}`
  return new Fault('KeyCollision', message, { path: part.path, remedy: remedyFor(placed, other) })
}

/** Why a part cannot go to an item with the others: they would overwrite each other, now or at each push. */
const clash = ({ parts: [first], members, names }: Item, placed: Placed): Fault | undefined => {
  if (!first) return undefined
  const { entry, gives } = placed.part
  if (gives.is === 'value' && first.part.gives.is === 'value') return collision(placed, first, 'takes two values')
  if (gives.is === 'value' || first.part.gives.is === 'value') {
    return collision(placed, first, 'takes one value as a whole, and members of a JSON object')
  }
  const twin = names.get(pushKey(entry))
  if (twin?.source === placed.source) return collision(placed, twin, 'is named twice')
  for (const name of gives.members.keys()) {
    const other = members.get(name)
    if (other) return collision(placed, other, `takes two values for ${show(name)}`)
  }
  return undefined
}

const unfit = ({ path, entry }: PushPart): Fault | undefined => {
  const { remoteKey } = entry.match.remoteRef
  const problem = pathProblem(remoteKey)
  return problem && new Fault('SpecInvalid', problem.message, { path, remedy: problem.remedy })
}

/** What goes to one store, by item. */
export class Shelf {
  readonly #store: StoreName
  readonly #room: Room
  readonly #items = new Map<string, Item>()
  /** By name in the status: the item that has it. Property b of item a and item a/b would have one, as in ESO. */
  readonly #named = new Map<string, string>()

  constructor({ kind, name }: StoreName, room: Room) {
    this.#store = { kind, name }
    this.#room = room
  }

  /** Adds a part of a Secret to its item, or tells why it cannot go there. */
  put(part: PushPart, source: string): Fault | undefined {
    const placed = { part, source }
    const { remoteKey } = part.entry.match.remoteRef
    const path = itemPath(remoteKey)
    const item: Item = this.#items.get(path) ?? { remoteKey, parts: [], members: new Map(), names: new Map() }
    const fault = unfit(part) ?? clash(item, placed) ?? this.#confusion(path, part)
    if (fault) return fault
    this.#items.set(path, item)
    item.parts.push(placed)
    const name = pushKey(part.entry)
    if (!item.names.has(name)) this.#room.record(part.entry)
    item.names.set(name, placed)
    this.#named.set(itemPath(name), path)
    if (part.gives.is === 'members') for (const member of part.gives.members.keys()) item.members.set(member, placed)
    return undefined
  }

  pushes(): readonly ItemPush[] {
    return [...this.#items.values()].map(({ remoteKey, parts }) => ({
      store: this.#store,
      remoteKey,
      parts: parts.map(({ part }) => part),
    }))
  }

  #confusion(item: string, { path, entry }: PushPart): Fault | undefined {
    const name = pushKey(entry)
    const other = this.#named.get(itemPath(name))
    if (other === undefined || other === item) return undefined
    return new Fault(
      'KeyCollision',
      `the status keeps items ${show(item)} and ${show(other)} under one name, ${show(name)}`,
      {
        path,
        remedy: 'give one of the two another remoteKey',
      },
    )
  }
}

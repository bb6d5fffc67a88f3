import type { PushSecretSpec } from '#api'
import { Fault } from '#core'
import type { TemplateEngine } from '../engine.ts'
import { mostFaults, Work } from '../rewrite/work.ts'
import { dataToParts, type Renaming } from './data-to.ts'
import { dataParts } from './entries.ts'
import type { ItemPush, PushPart, PushStore } from './part.ts'
import { Room } from './room.ts'
import { Shelf } from './shelf.ts'
import { type PushSource, Supply } from './supply.ts'

export type PushPlan =
  /** `idle`: entries of spec.dataTo whose expression no key of any Secret matches. */
  { readonly items: readonly ItemPush[]; readonly idle: readonly Fault[] } | { readonly faults: readonly Fault[] }

/** Faults of a plan, each told once. */
class Faults {
  readonly #byLine = new Map<string, Fault>()

  note(fault: Fault): void {
    if (!this.isFull) this.#byLine.set(fault.line(), fault)
  }

  get isFull(): boolean {
    return this.#byLine.size >= mostFaults
  }

  list(): readonly Fault[] {
    return [...this.#byLine.values()]
  }
}

interface Planning {
  readonly spec: PushSecretSpec
  readonly shelves: readonly Shelf[]
  /** By entry of spec.dataTo: the stores that it means. */
  readonly meant: readonly (readonly Shelf[])[]
  readonly room: Room
  readonly faults: Faults
  readonly renaming: Renaming
  /** Entries of spec.dataTo that gave something. */
  readonly busy: Set<number>
}

/** A mistake in an expression would look like success. */
const idleOf = ({ spec, busy }: Planning): readonly Fault[] =>
  (spec.dataTo ?? []).flatMap(({ match }, index) => {
    if (!match?.regexp || busy.has(index)) return []
    const path = `spec.dataTo[${index}].match.regexp`
    return [
      new Fault('SourceMissing', 'matches no key that is not in spec.data', { path, remedy: 'correct the expression' }),
    ]
  })

const isOver = ({ room, faults }: Planning): boolean => faults.isFull || room.fault() !== undefined

const weightOf = ({ gives }: PushPart): number => (gives.is === 'members' ? Math.max(1, gives.members.size) : 1)

/** Puts parts into every store that they are for, until something is too much. */
const place = (
  planning: Planning,
  parts: readonly (PushPart | Fault)[],
  shelves: readonly Shelf[],
  source: string,
): void => {
  const { room, faults } = planning
  for (const part of parts) {
    if (isOver(planning)) return
    if (part instanceof Fault) faults.note(part)
    else if (room.members(weightOf(part) * shelves.length)) {
      for (const shelf of shelves) {
        const fault = shelf.put(part, source)
        if (fault) faults.note(fault)
      }
    }
  }
}

/** Puts all that one Secret gives where it belongs. */
const add = async (planning: Planning, source: PushSource, taken: ReadonlySet<string>): Promise<void> => {
  const { spec, shelves, meant, renaming } = planning
  const supply = new Supply(source)
  for (const [index, entry] of (spec.data ?? []).entries()) {
    if (isOver(planning)) return
    place(planning, dataParts(supply, entry, `spec.data[${index}]`), shelves, source.name)
  }
  for (const [index, to] of (spec.dataTo ?? []).entries()) {
    if (isOver(planning)) return
    const own = meant[index] ?? []
    const at = { to, path: `spec.dataTo[${index}]`, stores: own.length }
    const parts = await dataToParts(supply, at, taken, renaming)
    if (parts.length > 0) planning.busy.add(index)
    place(planning, parts, own, source.name)
  }
}

/**
 * What goes to which item of which store (decision 26): the whole Secret as JSON where no key is named, else that key alone. Nothing
 * of it, but every fault, up to a hundred, where one is wrong; or that it is too much.
 */
export const planPush = async (
  spec: PushSecretSpec,
  sources: readonly PushSource[],
  stores: readonly PushStore[],
  engine: Pick<TemplateEngine, 'renderEach'>,
): Promise<PushPlan> => {
  const room = new Room(spec, stores)
  const placed = stores.map(store => ({ store, shelf: new Shelf(store, room) }))
  const planning: Planning = {
    spec,
    shelves: placed.map(({ shelf }) => shelf),
    meant: (spec.dataTo ?? []).map((_, index) =>
      placed.flatMap(({ store, shelf }) => (store.dataTo.has(index) ? [shelf] : [])),
    ),
    room,
    faults: new Faults(),
    renaming: { engine, work: new Work(), room, expressions: new Map() },
    busy: new Set(),
  }
  const taken = new Set((spec.data ?? []).flatMap(({ match: { secretKey } }) => secretKey ?? []))
  for (const source of sources) {
    if (isOver(planning)) break
    await add(planning, source, taken)
  }
  const tooMuch = room.fault()
  if (tooMuch) return { faults: [tooMuch] }
  const faults = planning.faults.list()
  if (faults.length > 0) return { faults }
  return { items: planning.shelves.flatMap(shelf => shelf.pushes()), idle: idleOf(planning) }
}

import type { PushSecretSpec } from '#api'
import { Fault, show } from '#core'
import type { TemplateEngine } from '../engine.ts'
import { type StoreName, storeId } from '../refs.ts'
import { mostFaults, Work } from '../rewrite/work.ts'
import { dataToParts, type Renaming } from './data-to.ts'
import { dataParts, type PushSource } from './entries.ts'
import { type ItemPush, itemPath, type PushPart, pushKey } from './part.ts'

/** A store to push to, and which entries of spec.dataTo mean it. */
export interface PushStore extends StoreName {
  readonly dataTo: ReadonlySet<number>
}

export type PushPlan = { readonly items: readonly ItemPush[] } | { readonly faults: readonly Fault[] }

/** What one Secret gives: by the entries of data, which go to every store, and by each entry of dataTo. */
interface Given {
  readonly data: readonly PushPart[]
  readonly dataTo: readonly (readonly PushPart[])[]
}

const sorted = (parts: readonly (PushPart | Fault)[], faults: Fault[]): PushPart[] =>
  parts.filter((part): part is PushPart => {
    if (part instanceof Fault) faults.push(part)
    return !(part instanceof Fault)
  })

const givenBy = async (
  spec: PushSecretSpec,
  source: PushSource,
  renaming: Renaming,
  faults: Fault[],
): Promise<Given> => {
  const data = sorted(dataParts(source, spec.data), faults)
  const taken = new Set((spec.data ?? []).flatMap(({ match: { secretKey } }) => secretKey ?? []))
  const dataTo: PushPart[][] = []
  for (const [index, to] of (spec.dataTo ?? []).entries()) {
    const path = `spec.dataTo[${index}]`
    dataTo.push(sorted(await dataToParts(source, { to, path }, taken, renaming), faults))
  }
  return { data, dataTo }
}

const collision = (part: PushPart, other: PushPart, what: string): Fault =>
  new Fault('KeyCollision', `item ${show(part.entry.match.remoteRef.remoteKey)}: ${what}`, {
    path: part.path,
    remedy: `give it another remoteKey or property than ${other.path} has`,
  })

/** Why two parts cannot go to one item: they would overwrite each other, now or at each push. */
const clash = (part: PushPart, other: PushPart, isOneSource: boolean): Fault | undefined => {
  if (part.gives.is === 'value' && other.gives.is === 'value') return collision(part, other, 'takes two values')
  if (part.gives.is === 'value' || other.gives.is === 'value') {
    return collision(part, other, 'takes one value as a whole, and members of a JSON object')
  }
  if (isOneSource && pushKey(part.entry) === pushKey(other.entry)) return collision(part, other, 'is named twice')
  for (const name of part.gives.members.keys()) {
    if (other.gives.members.has(name)) return collision(part, other, `takes two values for ${show(name)}`)
  }
  return undefined
}

interface Collected {
  readonly items: Map<string, { readonly push: ItemPush; readonly parts: { part: PushPart; source: string }[] }>
  readonly faults: Fault[]
}

const collect = ({ items, faults }: Collected, store: StoreName, part: PushPart, source: string): void => {
  const { remoteKey } = part.entry.match.remoteRef
  const id = `${storeId(store)} ${itemPath(remoteKey)}`
  const item = items.get(id) ?? { push: { store, remoteKey, parts: [] }, parts: [] }
  for (const other of item.parts) {
    const fault = clash(part, other.part, source === other.source)
    if (fault) {
      faults.push(fault)
      return
    }
  }
  item.parts.push({ part, source })
  items.set(id, item)
}

const distinct = (faults: readonly Fault[]): readonly Fault[] => [
  ...new Map(faults.map(fault => [fault.line(), fault])).values(),
]

/**
 * What goes to which item of which store (decision 26): the whole Secret as JSON where no key is named, else that key alone. Nothing
 * of it, but every fault, up to a hundred, where one is wrong.
 */
export const planPush = async (
  spec: PushSecretSpec,
  sources: readonly PushSource[],
  stores: readonly PushStore[],
  engine: Pick<TemplateEngine, 'renderEach'>,
): Promise<PushPlan> => {
  const faults: Fault[] = []
  const collected: Collected = { items: new Map(), faults }
  const renaming = { engine, work: new Work() }
  for (const source of sources) {
    const given = await givenBy(spec, source, renaming, faults)
    for (const store of stores) {
      const parts = [...given.data, ...given.dataTo.flatMap((each, index) => (store.dataTo.has(index) ? each : []))]
      for (const part of parts) collect(collected, store, part, source.name)
    }
    if (faults.length > mostFaults) break
  }
  if (faults.length > 0) return { faults: distinct(faults).slice(0, mostFaults) }
  return { items: [...collected.items.values()].map(({ push, parts }) => ({ ...push, parts: parts.map(p => p.part) })) }
}

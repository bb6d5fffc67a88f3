import { type ItemRef, type ItemType, type ItemValue, type Leasable, refKey } from '#api'
import type { Fault } from '#core'
import type { Describe } from './describe.ts'
import { disabled } from './item.ts'
import { itemReaders } from './items/index.ts'
import type { Peer } from './peer.ts'
import type { ReadOptions } from './reader.ts'
import { isGeneral, Refusal, settled } from './refusal.ts'
import type { Types } from './types.ts'

type Read = (
  peer: Peer,
  refs: readonly ItemRef[],
  options: ReadOptions,
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, ItemValue | Fault>>

/** Items as `read` gives them, but those that would be leased as described. Throws Refusal, or the signal's reason. */
export type Inspect = (
  peer: Peer,
  refs: readonly ItemRef[],
  options: ReadOptions,
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, ItemValue | Leasable | Fault>>

interface Deps {
  readonly types: Types
  readonly describe: Describe
  readonly read: Read
}

const isLeased = (type: ItemType | Refusal): boolean => !(type instanceof Refusal) && itemReaders[type].lease

export const createInspect = ({ types, describe, read }: Deps): Inspect => {
  /** Asked anew each time: there is no read that would notice that it is gone. */
  const leasable = async (peer: Peer, path: string, signal: AbortSignal): Promise<Leasable | Refusal> => {
    const item = await settled(describe(peer, path, signal))
    if (item instanceof Refusal) return item
    return item.enabled
      ? { type: 'DYNAMIC_SECRET', ...(item.leaseMs !== undefined && { leaseMs: item.leaseMs }) }
      : disabled(path)
  }

  return async (peer, refs, options, signal) => {
    const kinds = await Promise.all(
      refs.map(async ref => ({ ref, type: await settled(types.of(peer, ref.path, signal)) })),
    )
    const [first] = kinds
    if (first && isGeneral(first.type) && kinds.every(({ type }) => isGeneral(type))) throw first.type
    const plain = kinds.flatMap(({ ref, type }) => (type instanceof Refusal || isLeased(type) ? [] : [ref]))
    const [values, others] = await Promise.all([
      plain.length === 0 ? new Map<string, never>() : read(peer, plain, { ...options, leaseless: true }, signal),
      Promise.all(
        kinds
          .filter(({ type }) => type instanceof Refusal || isLeased(type))
          .map(async ({ ref, type }) => ({
            ref,
            found: type instanceof Refusal ? type : await leasable(peer, ref.path, signal),
          })),
      ),
    ])
    const told = others.map(({ ref, found }) => [refKey(ref), found instanceof Refusal ? found.fault : found] as const)
    return new Map<string, ItemValue | Leasable | Fault>([...values, ...told])
  }
}

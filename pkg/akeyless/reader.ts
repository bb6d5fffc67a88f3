import type { ItemRef, ItemType, ItemValue } from '#api'
import { Fault, type FaultCode, show } from '#core'
import { type Cache, type CacheKey, longestKeptMs } from './cache.ts'
import { createFlights } from './flight.ts'
import { canonical, disabled } from './item.ts'
import { itemReaders } from './items/index.ts'
import type { Desk } from './items/reader.ts'
import type { Peer } from './peer.ts'
import { Refusal, settled, type Why } from './refusal.ts'
import type { Types } from './types.ts'

export interface ReadOptions {
  readonly maxAgeMs: number
  readonly scope: string
  /** For how long the value may be wanted again: the interval of the object; a day where absent. */
  readonly keepMs?: number | undefined
  /** True where nothing may be leased: a dynamic item is refused then. */
  readonly leaseless?: boolean | undefined
}

/**
 * Reads items: from memory, together with whoever wants them now, or from the gateway. One outcome per ref, in order.
 * Throws the signal's reason alone.
 */
export type ReadItems = (
  peer: Peer,
  refs: readonly ItemRef[],
  options: ReadOptions,
  signal: AbortSignal,
) => Promise<readonly (ItemValue | Refusal)[]>

interface Deps {
  readonly desk: Desk
  readonly types: Types
  readonly cache: Cache
  readonly now: () => number
}

/** Refusals of a value that a look at the item explains. */
const explained: ReadonlySet<Why> = new Set(['denied', 'absent', 'invalid'])

const moved = (path: string): Refusal =>
  new Refusal('moved', new Fault('GatewayFailed', `item ${show(path)} changes its type while it is read`))

const negative = (path: string): Refusal =>
  new Refusal('invalid', new Fault('VersionNotFound', `item ${show(path)} has no version below 0`))

/** Why a value was refused, by a look at the item itself: it may be disabled, of another type by now, or lack the version. */
const explain = (ref: ItemRef, refusal: Refusal, item: { readonly enabled: boolean }): Refusal => {
  const path = show(ref.path)
  const because = (code: FaultCode, message: string, remedy?: string) =>
    new Refusal('invalid', new Fault(code, message, { remedy }))
  if (!item.enabled) return disabled(ref.path)
  if (refusal.why !== 'absent') return refusal
  if (ref.version !== 0) {
    const remedy = 'name a version that exists, or leave it out for the latest'
    return because('VersionNotFound', `item ${path} has no version ${ref.version}`, remedy)
  }
  // the gateway contradicts itself: no reason to let a deletionPolicy act (decision 20)
  return because('GatewayFailed', `item ${path} exists, but the gateway finds no value of it`)
}

export const createReader = ({ desk, types, cache, now }: Deps): ReadItems => {
  const flights = createFlights<ItemValue>()

  const fetch = async (
    peer: Peer,
    ref: ItemRef,
    type: ItemType,
    { key, keepMs }: { readonly key: CacheKey; readonly keepMs: number },
    signal: AbortSignal,
  ): Promise<ItemValue> => {
    const fetchedAt = now()
    try {
      const value = await itemReaders[type].read(desk, peer, ref, signal)
      cache.put(key, value, fetchedAt, keepMs)
      return value
    } catch (thrown) {
      if (!(thrown instanceof Refusal) || !explained.has(thrown.why)) throw thrown
      const item = await types.again(peer, ref.path, signal)
      throw item.type === type ? explain(ref, thrown, item) : moved(ref.path)
    }
  }

  const readAs = async (
    peer: Peer,
    ref: ItemRef,
    type: ItemType,
    options: ReadOptions,
    signal: AbortSignal,
  ): Promise<ItemValue> => {
    const { lease } = itemReaders[type]
    if (lease && options.leaseless) throw moved(ref.path)
    const { keepMs = longestKeptMs } = options
    const { loginKey: owner, readKey: reader } = peer
    const version = lease ? 0 : ref.version
    const key = { owner, reader, path: canonical(ref.path), version, scope: lease ? options.scope : '' }
    const known = cache.get(key, options.maxAgeMs)
    if (known) return known
    return await flights.join(JSON.stringify(key), abort => fetch(peer, ref, type, { key, keepMs }, abort), signal)
  }

  const typeOf = async (peer: Peer, ref: ItemRef, signal: AbortSignal): Promise<ItemType> => {
    if (ref.version < 0) throw negative(ref.path)
    return await types.of(peer, ref.path, signal)
  }

  const readOne = async (peer: Peer, ref: ItemRef, type: ItemType, options: ReadOptions, signal: AbortSignal) => {
    try {
      return await readAs(peer, ref, type, options, signal)
    } catch (thrown) {
      if (!(thrown instanceof Refusal) || thrown.why !== 'moved') throw thrown
      // once, as the type that the refusal has made known
      return await readAs(peer, ref, await types.of(peer, ref.path, signal), options, signal)
    }
  }

  return async (peer, refs, options, signal) => {
    // all types first, so that the static items among them go out in one batch
    const itemTypes = await Promise.all(refs.map(ref => settled(typeOf(peer, ref, signal))))
    return await Promise.all(
      refs.map(async (ref, index) => {
        const type = itemTypes[index]
        const outcome =
          type === undefined || type instanceof Refusal
            ? type
            : await settled(readOne(peer, ref, type, options, signal))
        if (outcome instanceof Refusal && outcome.why === 'denied') cache.revoke(peer.loginKey, canonical(ref.path))
        if (outcome instanceof Refusal && outcome.why === 'absent') cache.drop(peer.loginKey, canonical(ref.path))
        return outcome ?? moved(ref.path)
      }),
    )
  }
}

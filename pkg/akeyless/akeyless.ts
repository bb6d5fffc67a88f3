import {
  type Identity,
  type ItemQuery,
  type ItemRef,
  type ItemValue,
  type Leasable,
  type ListedItem,
  type RemoteItem,
  type RemoteValue,
  refKey,
} from '#api'
import { asFault, type Fault, type Sensitive } from '#core'
import { createAsk } from './ask.ts'
import { noProofs, type Proofs } from './auth/proofs.ts'
import { createCache } from './cache.ts'
import { createCollector } from './collect.ts'
import { inTime } from './deadline.ts'
import { createDescribe } from './describe.ts'
import type { DialOptions } from './dial.ts'
import { type Call, createExchange } from './exchange.ts'
import { createInspect } from './inspect.ts'
import { canonical, type Item } from './item.ts'
import { createList } from './list.ts'
import { createListings } from './listing.ts'
import { createNames } from './names.ts'
import { type Peer, peerOf } from './peer.ts'
import { createReader, type ReadOptions } from './reader.ts'
import { isGeneral, Refusal } from './refusal.ts'
import { createRemote, type RemoteWritten } from './remote.ts'
import type { RotationOptions } from './rotation.ts'
import { createTokens } from './token.ts'
import { createTransport } from './transport.ts'
import { createTypes } from './types.ts'

export interface AkeylessOptions extends DialOptions, RotationOptions {
  /** Wall clock. Milliseconds. */
  readonly now: () => number
  /** 0 <= x < 1, for jitter. */
  readonly random: () => number
  /** What logins other than those by a Secret's own words need; where absent, such a login is NotSupported. */
  readonly proofs?: Proofs | undefined
  /** Called once per HTTP exchange. */
  readonly onCall?: ((call: Call) => void) | undefined
  /** Size of libuv's thread pool (UV_THREADPOOL_SIZE), which bounds DNS lookups; Node's own 4 where absent. */
  readonly threads?: number | undefined
  /** Longest time for one method but `list`, waiting in line included; 20 s where absent. Milliseconds. */
  readonly longestMs?: number | undefined
  /** Longest time for one listing with all its pages; 60 s where absent. Milliseconds. */
  readonly longestListMs?: number | undefined
}

// past the deadline of one call, so that an item that hangs is named by its own fault
const usualLongestMs = 20e3
const usualLongestListMs = 60e3

/** Akeyless as the reconciler needs it (`ItemSource` in pkg/reconcile/ports.ts). Everything throws Fault, or the signal's reason. */
export interface Akeyless {
  /** A real login; a token that is still good counts. */
  login(identity: Identity, signal: AbortSignal): Promise<void>
  /** One value or fault per distinct ref, keyed by refKey; throws where nothing could be read at all. */
  read(
    identity: Identity,
    refs: readonly ItemRef[],
    options: ReadOptions,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, ItemValue | Fault>>
  /** The same without ever issuing a lease: a dynamic item is described only. */
  inspect(
    identity: Identity,
    refs: readonly ItemRef[],
    options: ReadOptions,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, ItemValue | Leasable | Fault>>
  /** What an item is, without its value: never issues a lease. */
  describe(identity: Identity, path: string, signal: AbortSignal): Promise<Item>
  /** Every readable item that a query asks for, or a Fault: never a part of them. Their types are known then, without a call. */
  list(
    identity: Identity,
    query: ItemQuery,
    options: { readonly maxAgeMs: number },
    signal: AbortSignal,
  ): Promise<readonly ListedItem[]>
  /** What a push must know of an item; undefined where there is none. */
  look(identity: Identity, path: string, signal: AbortSignal): Promise<RemoteItem | undefined>
  /** The value of an item that is static, now and not from memory; undefined where there is none. */
  value(identity: Identity, path: string, signal: AbortSignal): Promise<Sensitive | undefined>
  /** Makes a static item with ESO's tag. Sent once: where the answer is lost, a look tells what became of it. */
  create(identity: Identity, item: RemoteValue, signal: AbortSignal): Promise<RemoteWritten>
  /** Overwrites a static item. Sent once, as `create`. */
  update(identity: Identity, item: RemoteValue, signal: AbortSignal): Promise<RemoteWritten>
  /** Deletes an item with all its versions. Sent once, as `create`. */
  remove(identity: Identity, path: string, signal: AbortSignal): Promise<RemoteWritten>
  /** Cuts every connection; calls under way fail. */
  close(): Promise<void>
}

const faultOf = (thrown: unknown, signal: AbortSignal): Fault => {
  signal.throwIfAborted()
  return thrown instanceof Refusal ? thrown.fault : asFault(thrown)
}

/** Runs one method: nothing but faults, and the reason of the caller's own signal, gets out. */
const faults = async <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
  signal.throwIfAborted()
  try {
    return await work()
  } catch (thrown) {
    throw faultOf(thrown, signal)
  }
}

/** Refusals after which a listing that names the item is out of date. */
const isGone = (outcome: unknown): boolean =>
  outcome instanceof Refusal && (outcome.why === 'absent' || outcome.why === 'denied')

/** The client: one for the whole process, shared by all stores; what belongs to one identity never reaches another. */
export const createAkeyless = (options: AkeylessOptions): Akeyless => {
  const { now, random, onCall, threads, proofs = noProofs, onRotated, onRotationFailed } = options
  const { longestMs = usualLongestMs, longestListMs = usualLongestListMs } = options
  const transport = createTransport(options, createNames({ now, threads }))
  const exchange = createExchange({ transport, now, random, onCall })
  const cache = createCache(now)
  const onRefused = ({ loginKey }: Peer) => {
    cache.forget(loginKey)
    listings.forget(loginKey)
  }
  const tokens = createTokens({ exchange, proofs, now, onRefused, onRotated, onRotationFailed })
  const ask = createAsk({ exchange, tokens, now })
  const describe = createDescribe(ask)
  const types = createTypes(describe)
  const listings = createListings({ list: createList(ask), types, now, longestMs: longestListMs })
  const batched = createCollector(ask)
  const readItems = createReader({ desk: { ask, batched }, types, cache, now })
  const remote = createRemote({ ask, describe, batched, cache, listings })

  /** No gateway keeps a worker of its caller for longer than this (security.md F2, T30). */
  const bounded = <T>(
    identity: Identity,
    signal: AbortSignal,
    work: (peer: Peer, bound: AbortSignal) => Promise<T>,
  ): Promise<T> =>
    faults(signal, async () => {
      const peer = peerOf(identity)
      return await inTime(peer, longestMs, signal, bound => work(peer, bound))
    })

  const read = async (peer: Peer, refs: readonly ItemRef[], readOptions: ReadOptions, bound: AbortSignal) => {
    const distinct = new Map(refs.map(ref => [refKey(ref), ref]))
    const wanted = [...distinct.values()]
    const outcomes = await readItems(peer, wanted, readOptions, bound)
    const gone = wanted.filter((_ref, index) => isGone(outcomes[index]))
    if (gone.length > 0) listings.doubt(peer.loginKey, new Set(gone.map(({ path }) => canonical(path))))
    const [first] = outcomes
    if (isGeneral(first) && outcomes.every(isGeneral)) throw first
    const values = outcomes.map(outcome => (outcome instanceof Refusal ? outcome.fault : outcome))
    return new Map([...distinct.keys()].flatMap((key, index) => (values[index] ? [[key, values[index]]] : [])))
  }
  const inspect = createInspect({ types, describe, read })

  return {
    login: (identity, signal) =>
      bounded(identity, signal, async (peer, bound) => {
        await tokens.get(peer, bound)
      }),
    read: (identity, refs, readOptions, signal) =>
      bounded(identity, signal, (peer, bound) => read(peer, refs, readOptions, bound)),
    inspect: (identity, refs, readOptions, signal) =>
      bounded(identity, signal, (peer, bound) => inspect(peer, refs, readOptions, bound)),
    describe: (identity, path, signal) => bounded(identity, signal, (peer, bound) => describe(peer, path, bound)),
    list: (identity, query, { maxAgeMs }, signal) =>
      faults(signal, () => listings.of(peerOf(identity), query, maxAgeMs, signal)),
    look: (identity, path, signal) => bounded(identity, signal, (peer, bound) => remote.describe(peer, path, bound)),
    value: (identity, path, signal) => bounded(identity, signal, (peer, bound) => remote.value(peer, path, bound)),
    create: (identity, item, signal) => bounded(identity, signal, (peer, bound) => remote.create(peer, item, bound)),
    update: (identity, item, signal) => bounded(identity, signal, (peer, bound) => remote.update(peer, item, bound)),
    remove: (identity, path, signal) => bounded(identity, signal, (peer, bound) => remote.remove(peer, path, bound)),
    close: () => transport.close(),
  }
}

import { LRUCache } from 'lru-cache'
import type { ItemRef, ItemValue } from '#api'
import type { Ask } from './ask.ts'
import { readApart } from './batch.ts'
import { readStatics } from './items/static.ts'
import type { Peer } from './peer.ts'
import { Refusal, type Why } from './refusal.ts'

/** 100 values of 16 KB, the most that a static item holds, stay well below the 4 MiB that are read of an answer. */
export const namesAtOnce = 100

// reads of one pass arrive within a turn of the event loop; the window also catches objects that become due together
const windowMs = 5

/** Refusals after which a name is read alone. */
const aboutName: ReadonlySet<Why> = new Set(['denied', 'absent', 'invalid', 'large', 'foreign'])

interface Wish {
  readonly name: string
  readonly signal: AbortSignal
  readonly resolve: (value: ItemValue) => void
  readonly reject: (reason: unknown) => void
}

interface Basket {
  readonly peer: Peer
  readonly version: number
  readonly wishes: Wish[]
}

/** Aborts with the last of the callers: a shared call outlives those who leave, but nobody waits for one that none wants. */
const untilAllLeave = (wishes: readonly Wish[]): AbortSignal => {
  const abort = new AbortController()
  let left = wishes.length
  for (const { signal } of wishes) {
    const leave = () => {
      left -= 1
      if (left === 0) abort.abort(signal.reason)
    }
    signal.addEventListener('abort', leave, { once: true })
  }
  return abort.signal
}

/** Puts static reads of one identity and version that come within 5 ms into one call (decision 16). */
export const createCollector = (ask: Ask): ((peer: Peer, ref: ItemRef, signal: AbortSignal) => Promise<ItemValue>) => {
  const baskets = new Map<string, Basket>()
  // names that spoilt a call before go alone until they are well again
  const spoilers = new LRUCache<string, true>({
    maxSize: 2 * 1024 * 1024,
    sizeCalculation: (_true, name) => name.length,
  })

  const answer = (key: string, wishes: readonly Wish[], outcome: ReadonlyMap<string, ItemValue | Refusal>): void => {
    for (const { name, resolve, reject } of wishes) {
      const value = outcome.get(name)
      if (value && !(value instanceof Refusal)) {
        spoilers.delete(key + name)
        resolve(value)
        continue
      }
      if (value && wishes.length > 1 && aboutName.has(value.why)) spoilers.set(key + name, true)
      reject(value ?? new Error('a name without an outcome'))
    }
  }

  const send = async (key: string, { peer, version }: Basket, wishes: readonly Wish[]): Promise<void> => {
    const signal = untilAllLeave(wishes)
    const fetch = (names: readonly string[]) => readStatics(ask, peer, { names, version }, signal)
    try {
      answer(key, wishes, await readApart(fetch, [...new Set(wishes.map(({ name }) => name))], signal))
    } catch (thrown) {
      for (const { reject } of wishes) reject(thrown)
    }
  }

  const dispatch = (key: string, basket: Basket): void => {
    baskets.delete(key)
    const wanted = basket.wishes.filter(({ signal, reject }) => {
      if (signal.aborted) reject(signal.reason)
      return !signal.aborted
    })
    const good = wanted.filter(({ name }) => !spoilers.has(key + name))
    const alone = wanted.filter(({ name }) => spoilers.has(key + name))
    for (let from = 0; from < good.length; from += namesAtOnce)
      void send(key, basket, good.slice(from, from + namesAtOnce))
    for (const wish of alone) void send(key, basket, [wish])
  }

  return (peer, { path, version }, signal) =>
    new Promise((resolve, reject) => {
      const key = `${peer.readKey} ${version} `
      let basket = baskets.get(key)
      if (!basket) {
        const opened: Basket = { peer, version, wishes: [] }
        baskets.set(key, opened)
        setTimeout(() => dispatch(key, opened), windowMs)
        basket = opened
      }
      basket.wishes.push({ name: path, signal, resolve, reject })
    })
}

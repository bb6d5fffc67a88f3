import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { LRUCache } from 'lru-cache'

/** Host names made into addresses. Names that nobody answers for hold up no other name (security.md T30). */
export interface Names {
  /** All addresses of a name. Rejects with an error whose `code` is the system's, EAI_AGAIN where DNS is silent. */
  find(name: string): Promise<readonly LookupAddress[]>
}

interface Options {
  /** Milliseconds of any clock. */
  readonly now: () => number
  /** Size of libuv's thread pool; Node makes 4 threads where nobody says otherwise. */
  readonly threads?: number | undefined
  readonly look?: (name: string) => Promise<readonly LookupAddress[]>
  /** How long a caller waits for a name. Milliseconds. */
  readonly patienceMs?: number
}

interface Search {
  readonly name: string
  readonly result: Promise<readonly LookupAddress[]>
  readonly resolve: (found: readonly LookupAddress[]) => void
  readonly reject: (error: unknown) => void
  late: boolean
}

// below the time that a connection gets: silence of DNS has words of its own
const usualPatienceMs = 2500
const silenceMs = 60e3

const noAnswer = (): NodeJS.ErrnoException => Object.assign(new Error('DNS is silent'), { code: 'EAI_AGAIN' })

/**
 * The system's resolver blocks one of few threads for as long as it likes, a minute where a name server is a tarpit. So one
 * search per name at a time, no more searches than libuv runs, three in four of them for names that have not been found before, and a
 * minute of rest for a name without an answer.
 */
export const createNames = (options: Options): Names => {
  const { now, threads = 4, look = name => lookup(name, { all: true }), patienceMs = usualPatienceMs } = options
  // libuv gives lookups no more than half of its threads
  const most = Math.max(1, Math.floor((threads + 1) / 2))
  const mostStrangers = Math.max(1, Math.floor((most * 3) / 4))
  const silentUntil = new LRUCache<string, number>({ max: 10_000 })
  const familiar = new LRUCache<string, true>({ max: 10_000 })
  const searches = new Map<string, Search>()
  const waiting = new Set<Search>()
  let running = 0
  let strangers = 0

  const run = async (search: Search): Promise<void> => {
    const { name } = search
    const stranger = familiar.has(name) ? 0 : 1
    running += 1
    strangers += stranger
    try {
      const found = await look(name)
      if (!search.late) familiar.set(name, true)
      search.resolve(found)
    } catch (error) {
      familiar.delete(name)
      search.reject(error)
    } finally {
      running -= 1
      strangers -= stranger
      searches.delete(name)
      startWaiting()
    }
  }

  const startWaiting = (): void => {
    for (const search of waiting) {
      if (running >= most) return
      if (strangers >= mostStrangers && !familiar.has(search.name)) continue
      waiting.delete(search)
      void run(search)
    }
  }

  const giveUp = (search: Search): void => {
    search.late = true
    search.reject(noAnswer())
    // one that never had its turn says nothing about its name
    if (waiting.delete(search)) searches.delete(search.name)
    else {
      familiar.delete(search.name)
      silentUntil.set(search.name, now() + silenceMs)
    }
  }

  const begin = (name: string): Search => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly LookupAddress[]>()
    const search: Search = { name, result: promise, resolve, reject, late: false }
    const timer = setTimeout(() => giveUp(search), patienceMs)
    const stop = () => clearTimeout(timer)
    promise.then(stop, stop)
    searches.set(name, search)
    waiting.add(search)
    startWaiting()
    return search
  }

  return {
    find(name) {
      if ((silentUntil.get(name) ?? Number.NEGATIVE_INFINITY) > now()) return Promise.reject(noAnswer())
      return (searches.get(name) ?? begin(name)).result
    },
  }
}

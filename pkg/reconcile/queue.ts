/** New, changed and forced objects are fresh; refreshes and retries are routine (decision 17). */
export type Lane = 'fresh' | 'routine'

export interface QueueOptions {
  /** One pass over one key. A throw is reported and tried again with back-off. */
  readonly work: (key: string, signal: AbortSignal) => Promise<void>
  /** Keys worked on at once. */
  readonly concurrency: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Calls back once after `ms`; the result cancels. */
  readonly setTimer: (ms: number, fire: () => void) => () => void
  /** 0 <= x < 1. */
  readonly random: () => number
  readonly onError: (error: unknown, key: string) => void
  /** Back-off of retry: anywhere between the base and a ceiling that doubles up to the cap. Default 1 s and 5 min. */
  readonly backoff?: { readonly baseMs: number; readonly capMs: number }
}

export interface QueueSize {
  readonly fresh: number
  readonly routine: number
  readonly running: number
  readonly delayed: number
  /** How long the first key in line has waited, and the slowest pass has run: a stuck queue shows here. */
  readonly oldestWaitMs: number
  readonly longestRunMs: number
}

export interface Queue {
  /** Works on the key soon: once, however often it is added before; again afterwards, if it is being worked on just now. */
  add(key: string, lane: Lane): void
  /** Adds the key later, as routine. The earliest of several times counts, and stays even if the key runs before. */
  addAfter(key: string, ms: number): void
  /** Adds the key after its own back-off, which grows with each call until forget. */
  retry(key: string): void
  forget(key: string): void
  size(): QueueSize
  /** Resolves when nothing is ready or running; what is delayed does not count. */
  idle(): Promise<void>
  /** Starts nothing more; running passes are told by their signal after `graceMs` and awaited. */
  stop(graceMs?: number): Promise<void>
}

// one routine key for eight fresh ones: a flood of changes must not stop the refreshes
const freshInARow = 8
// Node's timers end at 24.8 days; a shorter look also follows a clock that was suspended
const longestTimer = 60 * 60_000

interface Delayed {
  readonly key: string
  readonly at: number
}

/** Smallest time first; entries that an earlier one made useless stay until they surface. */
class Heap {
  readonly #items: Delayed[] = []

  get first(): Delayed | undefined {
    return this.#items[0]
  }

  push(item: Delayed): void {
    let at = this.#items.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#swapIfLater(parent, at)) return
      at = parent
    }
  }

  pop(): void {
    const last = this.#items.pop()
    if (last === undefined || this.#items.length === 0) return
    this.#items[0] = last
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const child = this.#at(left + 1) < this.#at(left) ? left + 1 : left
      if (child >= this.#items.length || !this.#swapIfLater(at, child)) return
      at = child
    }
  }

  #at(index: number): number {
    return this.#items[index]?.at ?? Number.POSITIVE_INFINITY
  }

  #swapIfLater(parent: number, child: number): boolean {
    const [above, below] = [this.#items[parent], this.#items[child]]
    if (!above || !below || above.at <= below.at) return false
    this.#items[parent] = below
    this.#items[child] = above
    return true
  }
}

class WorkQueue implements Queue {
  readonly #options: QueueOptions
  readonly #backoff: { readonly baseMs: number; readonly capMs: number }
  /** Keys in line, with the time they came; a Map keeps that order. A key is in one lane at most. */
  readonly #ready: Readonly<Record<Lane, Map<string, number>>> = { fresh: new Map(), routine: new Map() }
  readonly #running = new Map<string, number>()
  /** Keys that were added while they ran. */
  readonly #again = new Map<string, Lane>()
  readonly #due = new Map<string, number>()
  readonly #heap = new Heap()
  readonly #failures = new Map<string, number>()
  readonly #abort = new AbortController()
  #freshRow = 0
  #stopped = false
  #timer: { readonly at: number; readonly cancel: () => void } | undefined
  #waiters: (() => void)[] = []

  constructor(options: QueueOptions) {
    this.#options = options
    this.#backoff = options.backoff ?? { baseMs: 1_000, capMs: 300_000 }
  }

  add(key: string, lane: Lane): void {
    if (this.#stopped) return
    if (this.#running.has(key)) {
      this.#again.set(key, this.#again.get(key) === 'fresh' ? 'fresh' : lane)
      return
    }
    this.#enqueue(key, lane)
    this.#pump()
  }

  addAfter(key: string, ms: number): void {
    if (this.#stopped) return
    const at = this.#options.now() + Math.max(0, ms)
    if ((this.#due.get(key) ?? Number.POSITIVE_INFINITY) <= at) return
    this.#due.set(key, at)
    this.#heap.push({ key, at })
    this.#arm()
  }

  retry(key: string): void {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    const { baseMs, capMs } = this.#backoff
    const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(failures + 1, 30))
    this.addAfter(key, baseMs + this.#options.random() * (ceiling - baseMs))
  }

  forget(key: string): void {
    this.#failures.delete(key)
  }

  size(): QueueSize {
    const now = this.#options.now()
    const { fresh, routine } = this.#ready
    const oldest = Math.min(now, ...[fresh, routine].flatMap(lane => lane.values().next().value ?? []))
    return {
      fresh: fresh.size,
      routine: routine.size,
      running: this.#running.size,
      delayed: this.#due.size,
      oldestWaitMs: now - oldest,
      longestRunMs: now - Math.min(now, ...this.#running.values()),
    }
  }

  idle(): Promise<void> {
    if (this.#quiet()) return Promise.resolve()
    return new Promise(resolve => this.#waiters.push(resolve))
  }

  async stop(graceMs = 5_000): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    this.#timer = undefined
    this.#ready.fresh.clear()
    this.#ready.routine.clear()
    this.#again.clear()
    this.#due.clear()
    this.#settle()
    const cancel = this.#options.setTimer(graceMs, () => this.#abort.abort())
    await this.idle()
    cancel()
  }

  #enqueue(key: string, lane: Lane): void {
    if (this.#ready.fresh.has(key)) return
    const since = this.#ready.routine.get(key)
    if (since !== undefined && lane === 'routine') return
    this.#ready.routine.delete(key)
    this.#ready[lane].set(key, this.#options.now())
  }

  #next(): string | undefined {
    const { fresh, routine } = this.#ready
    const turn: Lane = fresh.size === 0 || (routine.size > 0 && this.#freshRow >= freshInARow) ? 'routine' : 'fresh'
    const key = this.#ready[turn].keys().next().value
    if (key === undefined) return undefined
    this.#freshRow = turn === 'fresh' ? this.#freshRow + 1 : 0
    this.#ready[turn].delete(key)
    return key
  }

  #pump(): void {
    while (!this.#stopped && this.#running.size < this.#options.concurrency) {
      const key = this.#next()
      if (key === undefined) return
      this.#running.set(key, this.#options.now())
      void this.#pass(key)
    }
  }

  /** Never rejects. */
  async #pass(key: string): Promise<void> {
    try {
      await this.#options.work(key, this.#abort.signal)
    } catch (error) {
      this.#report(error, key)
      this.retry(key)
    }
    this.#running.delete(key)
    const lane = this.#again.get(key)
    this.#again.delete(key)
    if (lane) this.#enqueue(key, lane)
    this.#pump()
    this.#settle()
  }

  #report(error: unknown, key: string): void {
    try {
      this.#options.onError(error, key)
    } catch {
      // nobody is left to tell; the key is tried again all the same
    }
  }

  #quiet(): boolean {
    return this.#ready.fresh.size + this.#ready.routine.size + this.#running.size === 0
  }

  #settle(): void {
    if (!this.#quiet()) return
    const waiters = this.#waiters
    this.#waiters = []
    for (const resolve of waiters) resolve()
  }

  #arm(): void {
    const first = this.#heap.first
    if (!first || (this.#timer && this.#timer.at <= first.at)) return
    this.#timer?.cancel()
    const ms = Math.min(longestTimer, Math.max(0, first.at - this.#options.now()))
    this.#timer = { at: first.at, cancel: this.#options.setTimer(ms, () => this.#fire()) }
  }

  #fire(): void {
    this.#timer = undefined
    if (this.#stopped) return
    const now = this.#options.now()
    for (let first = this.#heap.first; first && first.at <= now; first = this.#heap.first) {
      this.#heap.pop()
      if (this.#due.get(first.key) !== first.at) continue
      this.#due.delete(first.key)
      this.add(first.key, 'routine')
    }
    this.#arm()
  }
}

/** Which key is worked on when: each once at a time, fresh ones first, none forgotten. Pure of I/O: clock and timers are handed in. */
export const createQueue = (options: QueueOptions): Queue => new WorkQueue(options)

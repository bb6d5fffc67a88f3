import { type Groups, type Lane, Lanes, nobody } from './lanes.ts'

export interface QueueOptions {
  /** One pass over one key. A throw is reported and tried again with back-off. */
  readonly work: (key: string, signal: AbortSignal) => Promise<void>
  /** Keys worked on at once. */
  readonly concurrency: number
  /**
   * Whose work a key is; undefined for nobody's, which has no limit. A key starts only while fewer places are held by its two
   * groups, counted together, than are free: one group alone holds less than half of them, and it takes several to hold all.
   */
  readonly groups?: (key: string) => Groups | undefined
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
  readonly #ready = new Lanes()
  readonly #running = new Map<string, number>()
  /** How many keys of each group run. */
  readonly #held = new Map<string, number>()
  /** Keys that were added while they ran. */
  readonly #again = new Map<string, Lane>()
  readonly #due = new Map<string, number>()
  readonly #heap = new Heap()
  readonly #failures = new Map<string, number>()
  readonly #abort = new AbortController()
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
    return {
      fresh: this.#ready.count('fresh'),
      routine: this.#ready.count('routine'),
      running: this.#running.size,
      delayed: this.#due.size,
      oldestWaitMs: now - (this.#ready.oldest() ?? now),
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
    this.#ready.clear()
    this.#again.clear()
    this.#due.clear()
    this.#settle()
    const cancel = this.#options.setTimer(graceMs, () => this.#abort.abort())
    await this.idle()
    cancel()
  }

  #enqueue(key: string, lane: Lane): void {
    this.#ready.put(key, { lane, groups: this.#options.groups?.(key) ?? nobody }, this.#options.now())
  }

  /** Blocked groups hold a place each, so no more of them are passed over than there are places. */
  #admits(groups: readonly string[]): boolean {
    if (groups[0] === nobody[0]) return true
    const held = groups.reduce((sum, group) => sum + (this.#held.get(group) ?? 0), 0)
    return held < this.#options.concurrency - this.#running.size
  }

  #hold(groups: Groups, change: 1 | -1): void {
    for (const group of groups) {
      const held = (this.#held.get(group) ?? 0) + change
      if (held > 0) this.#held.set(group, held)
      else this.#held.delete(group)
    }
  }

  #pump(): void {
    while (!this.#stopped && this.#running.size < this.#options.concurrency) {
      const next = this.#ready.take(groups => this.#admits(groups))
      if (!next) return
      this.#running.set(next.key, this.#options.now())
      this.#hold(next.groups, 1)
      void this.#pass(next.key, next.groups)
    }
  }

  /** Never rejects. */
  async #pass(key: string, groups: Groups): Promise<void> {
    try {
      await this.#options.work(key, this.#abort.signal)
    } catch (error) {
      this.#report(error, key)
      this.retry(key)
    }
    this.#running.delete(key)
    this.#hold(groups, -1)
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
    return this.#ready.size + this.#running.size === 0
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

/** Which key is worked on when: each once at a time, fresh ones first, groups in turn, none forgotten. Pure of I/O: clock and timers are handed in. */
export const createQueue = (options: QueueOptions): Queue => new WorkQueue(options)

import type { Answer, Thread, ThreadOptions } from './thread.ts'

export interface LaneOptions {
  /** Undefined where no thread can be started, or where the signal ends the start. */
  readonly open: (options: Pick<ThreadOptions, 'onIdle' | 'signal' | 'idleMs'>) => Promise<Thread | undefined>
  /** How long one request may take, unless it says otherwise. Milliseconds. */
  readonly limitMs: number
  /** How many requests may wait. */
  readonly waiting: number
  /** A thread without work ends after this time, and its memory with it. Milliseconds. */
  readonly idleMs: number
  /** A clock that never goes back; without one, tenants are served as they come. Milliseconds. */
  readonly now?: (() => number) | undefined
}

export type LaneAnswer = Answer | { readonly is: 'busy' } | { readonly is: 'absent' }

/** For whom a request is, and how long it may take. */
export interface Caller {
  readonly tenant?: string
  /** That of the lane where absent. Milliseconds. */
  readonly limitMs?: number
}

/**
 * Requests one after the other, on a thread that is started by the first one and replaced when one breaks it. Of those that wait,
 * next is whose tenant has had the least of the thread's time since it was last idle: who asks for much waits for those who ask for
 * little, and never the other way round. `close` ends what is under way, and whoever waits hears `absent`.
 */
export interface Lane {
  ask(request: ArrayBuffer, caller?: Caller): Promise<LaneAnswer>
  /** The same, but whether it is welcome is asked again when its turn comes: until then it may have turned out what its tenant does. */
  askIf(
    welcome: () => boolean,
    request: ArrayBuffer,
    caller?: Caller,
  ): Promise<LaneAnswer | { readonly is: 'unwelcome' }>
  close(): Promise<void>
}

/** Linear memory never shrinks: an engine that has grown past this is replaced while nobody waits for it. Bytes. */
const grown = 48 * 1024 * 1024

interface Waiting {
  readonly request: ArrayBuffer
  readonly tenant: string
  readonly limitMs: number
  /** Asked when its turn has come; false: it is passed over. */
  readonly turn: () => boolean
  readonly told: (answer: LaneAnswer) => void
}

class OneByOne implements Lane {
  readonly #options: LaneOptions
  #thread: Thread | undefined
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  readonly #line: Waiting[] = []
  /** Milliseconds of the thread that each tenant has had. */
  readonly #had = new Map<string, number>()
  /** What the tenant last served had had by then: who comes anew does not go before all that were there. */
  #level = 0
  readonly #closed = new AbortController()

  constructor(options: LaneOptions) {
    this.#options = options
  }

  ask(request: ArrayBuffer, caller: Caller = {}): Promise<LaneAnswer> {
    return this.#enter(() => true, request, caller)
  }

  async askIf(welcome: () => boolean, request: ArrayBuffer, caller: Caller = {}) {
    let served = true
    const turn = () => {
      served = welcome()
      return served
    }
    const answer = await this.#enter(turn, request, caller)
    return served ? answer : ({ is: 'unwelcome' } as const)
  }

  #enter(turn: Waiting['turn'], request: ArrayBuffer, caller: Caller): Promise<LaneAnswer> {
    const { tenant = '', limitMs = this.#options.limitMs } = caller
    if (this.#closed.signal.aborted) return Promise.resolve({ is: 'absent' })
    if (this.#waiting >= this.#options.waiting) return Promise.resolve({ is: 'busy' })
    this.#waiting++
    const { promise, resolve: told } = Promise.withResolvers<LaneAnswer>()
    this.#had.set(tenant, Math.max(this.#level, this.#had.get(tenant) ?? 0))
    this.#line.push({ request, tenant, limitMs, turn, told })
    // one turn for each, whoever it is for
    this.#last = this.#last.then(() => this.#serve())
    return promise
  }

  async close(): Promise<void> {
    this.#closed.abort()
    // Whoever is being served hears of a thread that has ended.
    await this.#drop()
    await this.#last
    await this.#drop()
  }

  /** The first in line of the tenant that has had the least. */
  #next(): Waiting | undefined {
    const had = ({ tenant }: Waiting) => this.#had.get(tenant) ?? 0
    const least = Math.min(...this.#line.map(had))
    const index = this.#line.findIndex(each => had(each) === least)
    this.#level = least
    return this.#line.splice(index, 1)[0]
  }

  async #serve(): Promise<void> {
    const next = this.#next()
    if (!next) return
    const { signal } = this.#closed
    const { now = () => 0 } = this.#options
    const before = now()
    const answer = signal.aborted || !next.turn() ? undefined : await this.#answer(next, signal)
    this.#had.set(next.tenant, (this.#had.get(next.tenant) ?? 0) + now() - before)
    this.#waiting--
    if (this.#waiting === 0) this.#forget()
    next.told(answer && !signal.aborted ? answer : { is: 'absent' })
  }

  #forget(): void {
    this.#had.clear()
    this.#level = 0
  }

  async #answer({ request, limitMs }: Waiting, signal: AbortSignal): Promise<Answer | undefined> {
    const { open, idleMs } = this.#options
    this.#thread ??= await open({ onIdle: () => this.#rest(), signal, idleMs })
    // `close` may have come just when the thread had started
    if (signal.aborted) return undefined
    const answer = await this.#thread?.ask(request, limitMs)
    if (answer?.is === 'stopped') this.#thread = undefined
    else if (answer && answer.size > grown) await this.#drop()
    return answer
  }

  async #drop(): Promise<void> {
    const thread = this.#thread
    this.#thread = undefined
    await thread?.close()
  }

  #rest(): void {
    if (this.#waiting === 0) this.#last = this.#drop()
  }
}

export const openLane = (options: LaneOptions): Lane => new OneByOne(options)

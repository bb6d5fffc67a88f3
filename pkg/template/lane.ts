import type { Answer, SetTimer, Thread } from './thread.ts'

export interface LaneOptions {
  /** Undefined where no thread can be started. */
  readonly open: () => Promise<Thread | undefined>
  readonly setTimer: SetTimer
  /** How long one request may take. Milliseconds. */
  readonly limitMs: number
  /** How many requests may wait. */
  readonly waiting: number
  /** A thread without work ends after this time, and its memory with it. Milliseconds. */
  readonly idleMs: number
}

export type LaneAnswer = Answer | { readonly is: 'busy' } | { readonly is: 'absent' }

/** Requests one after the other, on a thread that is started by the first one and replaced when one breaks it. */
export interface Lane {
  ask(request: ArrayBuffer): Promise<LaneAnswer>
  close(): Promise<void>
}

/** Linear memory never shrinks: an engine that has grown past this is replaced while nobody waits for it. Bytes. */
const grown = 48 * 1024 * 1024

class OneByOne implements Lane {
  readonly #options: LaneOptions
  #thread: Thread | undefined
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #closed = false
  #stopIdling = () => {}

  constructor(options: LaneOptions) {
    this.#options = options
  }

  ask(request: ArrayBuffer): Promise<LaneAnswer> {
    if (this.#closed) return Promise.resolve({ is: 'absent' })
    if (this.#waiting >= this.#options.waiting) return Promise.resolve({ is: 'busy' })
    this.#waiting++
    this.#stopIdling()
    const answer = this.#last.then(() => this.#serve(request))
    this.#last = answer
    return answer
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#stopIdling()
    // Whoever is being served hears of a thread that has ended.
    await this.#drop()
    await this.#last
    await this.#drop()
  }

  async #serve(request: ArrayBuffer): Promise<LaneAnswer> {
    const answer = this.#closed ? undefined : await this.#answer(request)
    this.#waiting--
    if (this.#waiting === 0) this.#idle()
    return answer ?? { is: 'absent' }
  }

  async #answer(request: ArrayBuffer): Promise<Answer | undefined> {
    this.#thread ??= await this.#options.open()
    const answer = await this.#thread?.ask(request, this.#options.limitMs)
    if (answer?.is === 'stopped') this.#thread = undefined
    if (answer?.is === 'replies' && answer.size > grown) await this.#drop()
    return answer
  }

  async #drop(): Promise<void> {
    const thread = this.#thread
    this.#thread = undefined
    await thread?.close()
  }

  #idle(): void {
    if (this.#closed || this.#thread === undefined) return
    this.#stopIdling = this.#options.setTimer(this.#options.idleMs, () => {
      if (this.#waiting === 0) this.#last = this.#drop()
    })
  }
}

export const openLane = (options: LaneOptions): Lane => new OneByOne(options)

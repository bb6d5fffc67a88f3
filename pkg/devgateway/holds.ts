/** A call that hangs: before anything of it is done, or when everything but its answer is. */
export interface Hold {
  readonly op: string
  /** The item that the call must name; undefined: any, or none. */
  readonly name: string | undefined
  readonly when: 'before' | 'after'
  readonly arrive: () => void
  /** True: it goes on as if nothing had been. False: its connection is cut. */
  readonly goesOn: Promise<boolean>
}

/** A call that is waited for. */
export interface Held {
  /** Settles when the call is there. */
  readonly arrived: Promise<void>
  /** Cuts its connection. */
  drop(): void
  release(): void
}

/** Orders to let calls hang; each is for the next call of its operation. */
export class Holds {
  #orders: Hold[] = []

  add(op: string, when: Hold['when'], name?: string): Held {
    const arrived = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<boolean>()
    this.#orders.push({ op, when, name, arrive: arrived.resolve, goesOn: ended.promise })
    return { arrived: arrived.promise, drop: () => ended.resolve(false), release: () => ended.resolve(true) }
  }

  take(op: string, names: readonly string[]): Hold | undefined {
    const found = this.#orders.find(
      order => order.op === op && (order.name === undefined || names.includes(order.name)),
    )
    this.#orders = this.#orders.filter(order => order !== found)
    return found
  }

  clear(): void {
    this.#orders = []
  }
}

import { z } from 'zod'

/** An order to spoil the next calls. Fields combine: a delay is waited for before anything else happens. */
export const FaultOrder = z.strictObject({
  /** Operation to spoil, as `get-secret-value`; every operation when left out. */
  op: z.string().optional(),
  /** Item that the call must name; any, or none, when left out. */
  name: z.string().optional(),
  times: z.number().int().positive().default(1),
  /** Status to answer instead of the real answer. */
  status: z.number().int().min(200).max(599).optional(),
  headers: z.record(z.string(), z.string()).default({}),
  /** Text is sent as it is, anything else as JSON. */
  body: z.json().optional(),
  /** Answer a page of HTML, as a wrong proxy does; status 200 unless given. */
  html: z.boolean().default(false),
  delayMs: z.number().nonnegative().default(0),
  /** Reset the connection without an answer, and without doing anything. */
  reset: z.boolean().default(false),
  /** Do what was asked, then reset the connection: whoever asked cannot know that it was done. */
  lose: z.boolean().default(false),

  /** Announce more bytes than are sent, then cut the connection. */
  truncate: z.boolean().default(false),
})
export type FaultOrder = z.output<typeof FaultOrder>
export type FaultOrderInput = z.input<typeof FaultOrder>

/** What a fault does to one call, once its delay is over. */
export type Spoiling =
  | { readonly do: 'nothing' }
  | { readonly do: 'lose' }
  | { readonly do: 'reset' }
  | { readonly do: 'truncate'; readonly status: number; readonly text: string }
  | {
      readonly do: 'answer'
      readonly status: number
      readonly text: string
      readonly headers: Readonly<Record<string, string>>
    }

const page = '<!doctype html><html><body><h1>Not the service you are looking for</h1></body></html>'

const bodyOf = (order: FaultOrder): { text: string; type: string } => {
  if (order.html) return { text: page, type: 'text/html; charset=utf-8' }
  if (typeof order.body === 'string') return { text: order.body, type: 'text/plain; charset=utf-8' }
  return { text: JSON.stringify(order.body ?? { error: 'failed as ordered' }), type: 'application/json' }
}

export const spoiling = (order: FaultOrder): Spoiling => {
  if (order.reset) return { do: 'reset' }
  if (order.lose) return { do: 'lose' }
  const { text, type } = bodyOf(order)
  const status = order.status ?? 200
  if (order.truncate) return { do: 'truncate', status, text }
  if (order.status === undefined && order.body === undefined && !order.html) return { do: 'nothing' }
  return { do: 'answer', status, text, headers: { 'content-type': type, ...order.headers } }
}

/** Orders that wait for their calls; the oldest that fits goes first. */
export class Faults {
  #orders: { readonly order: FaultOrder; left: number }[] = []

  /** The result takes back what is left of the order. */
  add(order: FaultOrder): () => void {
    const added = { order, left: order.times }
    this.#orders.push(added)
    return () => {
      this.#orders = this.#orders.filter(each => each !== added)
    }
  }

  take(op: string, names: readonly string[]): FaultOrder | undefined {
    const found = this.#orders.find(
      ({ order }) =>
        (order.op === undefined || order.op === op) && (order.name === undefined || names.includes(order.name)),
    )
    if (!found) return undefined
    found.left -= 1
    this.#orders = this.#orders.filter(({ left }) => left > 0)
    return found.order
  }

  clear(): void {
    this.#orders = []
  }
}

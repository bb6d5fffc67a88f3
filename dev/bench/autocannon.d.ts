/** The part of autocannon that the bench uses; the package brings no types. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events'

  interface Options {
    readonly url: string
    readonly method: 'POST'
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
    readonly connections: number
    /** Seconds. */
    readonly duration: number
    /** Requests per second over all connections; left out: as many as go. */
    readonly overallRate?: number
  }

  interface Result {
    readonly errors: number
    readonly timeouts: number
    readonly non2xx: number
    /** Seconds. */
    readonly duration: number
  }

  /** Emits `response` (client, status, bytes, milliseconds); settles with the sums. */
  const autocannon: (options: Options) => EventEmitter & Promise<Result>
  export = autocannon
}

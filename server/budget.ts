import { type Readable, Transform } from 'node:stream'

/** A body that was given up because all bodies together had become too large. */
export class OverBudget extends Error {
  readonly statusCode = 429
}

/** Bounds what is in memory of all bodies that are still being received. */
export interface Budget {
  /** The same bytes, counted until the last has come. */
  meter(body: Readable): Readable
}

/**
 * Counts bytes that have come, not those that are announced: an announcement costs nothing, and whoever makes many would keep all
 * others out. Above the limit the body that has taken longest is given up: a sender that withholds its last byte, and not the API
 * server, which sends in one go.
 */
export const createBudget = (limit: number): Budget => {
  const open = new Map<Transform, number>()
  let total = 0

  const release = (body: Transform): void => {
    total -= open.get(body) ?? 0
    open.delete(body)
  }
  const shrink = (): void => {
    for (const body of open.keys()) {
      if (total <= limit) return
      release(body)
      body.destroy(new OverBudget())
    }
  }
  const charge = (body: Transform, bytes: number): void => {
    const before = open.get(body)
    if (before === undefined) return
    open.set(body, before + bytes)
    total += bytes
    shrink()
  }
  return {
    meter: body => {
      const metered = new Transform({
        transform(chunk: Buffer, _, done) {
          charge(metered, chunk.length)
          done(null, chunk)
        },
      })
      open.set(metered, 0)
      // nobody reads on after an answer, and an error that nobody hears would end the process
      metered.on('error', () => release(metered))
      body.once('close', () => release(metered))
      // not a pipeline, which would end the socket, and with it the answer, when a body is given up
      body.once('error', error => metered.destroy(error))
      return body.pipe(metered)
    },
  }
}

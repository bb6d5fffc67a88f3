import type { World } from './desk.ts'
import { Faults } from './faults.ts'
import { Holds } from './holds.ts'
import { type Call, namesIn } from './journal.ts'
import { RateLimit } from './limit.ts'
import { type Body, sessionOf } from './operation.ts'
import { operations } from './operations/index.ts'
import { badRequest, tooFast } from './refusal.ts'
import { type Answer, json, pageNotFound, refusalAnswer } from './wire.ts'

/** A running gateway's changing parts: the world, the orders to spoil it, and what has happened. */
export class Stage {
  world: World
  readonly faults = new Faults()
  readonly holds = new Holds()
  readonly limit = new RateLimit()
  readonly #now: () => Date
  #calls: Call[] = []
  connections = 0

  constructor(world: World, now: () => Date) {
    this.world = world
    this.#now = now
  }

  now(): Date {
    return this.#now()
  }

  calls(): readonly Call[] {
    return [...this.#calls]
  }

  reset(world: World): void {
    this.world = world
    this.faults.clear()
    this.holds.clear()
    this.limit.set(undefined)
    this.#calls = []
    this.connections = 0
  }

  record(op: string, body: Body | undefined, at: Date, status: number): void {
    const names = operations.has(op) && body ? namesIn(body) : []
    const accessId = body && this.#callerOf(body)
    this.#calls.push({ op, names, accessId, status, at, durationMs: this.now().getTime() - at.getTime() })
  }

  /** The real answer to a call, refusals included. */
  async answer(op: string, body: Body | undefined): Promise<Answer> {
    if (op === 'root') return json(404, { error: 'unknown command' })
    const operation = operations.get(op)
    if (!operation) return pageNotFound
    try {
      if (!body) throw badRequest('the body is not a JSON object')
      const accessId = this.#callerOf(body)
      if (accessId && !this.limit.admit(accessId, this.now())) throw tooFast(1)
      return json(200, await operation(this.world, body))
    } catch (thrown) {
      return refusalAnswer(thrown)
    }
  }

  /** Who calls, as far as the seed knows them: a text that is no access id must not reach the journal. */
  #callerOf(body: Body): string | undefined {
    const { token, 'access-id': accessId } = body
    const session = sessionOf(this.world, body)
    if (session || typeof token === 'string') return session?.identity.accessId
    return typeof accessId === 'string' && this.world.identities.has(accessId) ? accessId : undefined
  }
}

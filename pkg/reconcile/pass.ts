import type { ExternalSecret } from '#api'
import type { Fault } from '#core'
import type { TemplateEngine } from '#materialize'
import type { Brake } from './brake.ts'
import type { Guard } from './guard.ts'
import type { Identities } from './identities.ts'
import { targetName } from './marks.ts'
import type { StatusMemory } from './memory.ts'
import type { SourceNews } from './news.ts'
import type { Deps, SecretDigest } from './ports.ts'

export interface Parts {
  readonly identities: Identities
  readonly memory: StatusMemory
  readonly guard: Guard
  readonly brake: Brake
  readonly sources: SourceNews
  /** Of the objects of other kinds, as the last sync of each ExternalSecret left them. */
  readonly marks: Map<string, string>
  /** Has a store looked at again: it was found not to work while it counts as ready. */
  readonly suspect: (storeKey: string) => void
}

/** Values of a pass that did not get to write them: when it began, and for how long they serve the next ones. Milliseconds. */
export interface Unwritten {
  readonly at: number
  readonly keepMs: number
}

/** One pass over one object, with everything that its steps need. */
export interface Pass {
  readonly deps: Deps
  readonly parts: Parts
  readonly key: string
  readonly externalSecret: ExternalSecret
  readonly startedAt: Date
  readonly signal: AbortSignal
  /** What was read and not written, by key. */
  readonly unwritten: Map<string, Unwritten>
}

/** Several faults that end a pass together. */
export class Refused extends Error {
  readonly faults: readonly Fault[]
  constructor(faults: readonly Fault[]) {
    super('refused')
    this.faults = faults
  }
}

/** The object changed under the pass: what was read is for a spec that is no more (security.md T22). */
export class Superseded extends Error {}

/** The target as the watch last saw it. */
export const digestOf = (deps: Pick<Deps, 'secrets'>, externalSecret: ExternalSecret): SecretDigest | undefined =>
  deps.secrets.get(`${externalSecret.metadata.namespace ?? ''}/${targetName(externalSecret)}`)

/** The template engine as the namespace of the object may use it: a tenant's templates hold up those of no other. */
export const engineOf = ({ deps, externalSecret }: Pass): TemplateEngine =>
  deps.engine.of(externalSecret.metadata.namespace ?? '')

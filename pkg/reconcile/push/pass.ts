import type { PushSecret } from '#api'
import type { ItemPush } from '#materialize'
import { itemPath } from '#materialize'
import { originOf } from '../gateway.ts'
import type { Identities } from '../identities.ts'
import type { StatusMemory } from '../memory.ts'
import type { SourceNews } from '../news.ts'
import type { Deps } from '../ports.ts'
import { keyOf } from '../store.ts'
import type { Claims } from './claims.ts'
import type { Door } from './door.ts'
import type { FactBook } from './facts.ts'
import type { LastDoors } from './last-doors.ts'
import type { Turnstile } from './turnstile.ts'

export interface PushParts {
  readonly identities: Identities
  readonly memory: StatusMemory
  /** PushSecrets of whose Secrets or templates a watch told, where their versions alone do not tell it. */
  readonly news: SourceNews
  readonly facts: FactBook
  readonly turnstile: Turnstile
  readonly lastDoors: LastDoors
  readonly claims: Claims
  /** What each PushSecret last pushed, as a fingerprint: nobody need be asked whether it is there still. */
  readonly pushed: Map<string, string>
  /** Has a store looked at again: it was found not to work while it counts as ready. */
  readonly suspect: (storeKey: string) => void
}

/** One pass over one PushSecret, with everything that its steps need. */
export interface PushPass {
  readonly deps: Deps
  readonly parts: PushParts
  readonly key: string
  readonly pushSecret: PushSecret
  readonly startedAt: Date
  readonly signal: AbortSignal
}

/** One item with the door to it. */
export interface Job {
  readonly door: Door
  readonly push: ItemPush
}

/** The field that has the item written. */
export const placeIn = ({ push }: Job): string => push.parts[0]?.path ?? 'spec.data'

/** Under which what is known of an item is kept: apart by store and by who logs in, for each may see it otherwise. */
export const factKey = ({ store, reader }: Door, remoteKey: string): string =>
  `${keyOf(store)} ${store.metadata.uid ?? ''}.${store.metadata.generation ?? ''} ${reader} ${itemPath(remoteKey)}`

/** Where an item is: one for all stores that lead to its gateway. */
export const placeKey = ({ identity }: Pick<Door, 'identity'>, remoteKey: string): string =>
  `${originOf(identity.gateway)} ${itemPath(remoteKey)}`

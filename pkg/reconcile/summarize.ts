import type { ExternalSecret } from '#api'
import { type Fault, never } from '#core'
import { type Ready, readyOf, withReady } from './conditions.ts'
import { syncedVersion, targetName } from './marks.ts'
import { readTime, stamp } from './timestamp.ts'
import { showFaults } from './words.ts'
import type { Written } from './write.ts'

/** What a pass came to. */
export type Outcome =
  | {
      readonly did: 'sync'
      readonly written: Written
      /** Start of the pass: the values are at least as new. */
      readonly startedAt: Date
      /** When a lease makes the next refresh due, if before the interval does. */
      readonly leaseDueAt: Date | undefined
      readonly keepsClock: boolean
    }
  /** The items hold no keys: the Secret stays as it was (compatibility.md §2, step 11, Retain). */
  | { readonly did: 'retain'; readonly startedAt: Date; readonly keepsClock: boolean }
  | { readonly did: 'affirm' }
  | { readonly did: 'fail'; readonly faults: readonly Fault[]; readonly secretExists: boolean }

export interface Event {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

export interface Summary {
  /** JSON merge patch of /status; undefined where nothing differs. */
  readonly patch: Readonly<Record<string, unknown>> | undefined
  readonly events: readonly Event[]
}

const synced: Ready = { status: 'True', reason: 'SecretSynced', message: 'secret synced' }
const retained: Ready = { ...synced, message: 'secret retained due to DeletionPolicy=Retain' }

const keptSince = (before: ExternalSecret, secretExists: boolean): string => {
  const at = readTime(before.status?.refreshTime)
  return at === undefined || !secretExists ? '' : `; Secret kept as of ${stamp(new Date(at))}`
}

const readyFor = (before: ExternalSecret, outcome: Outcome): Ready => {
  switch (outcome.did) {
    case 'sync':
    case 'affirm':
      return synced
    case 'retain':
      return retained
    case 'fail': {
      const message = `${showFaults(outcome.faults)}${keptSince(before, outcome.secretExists)}`
      return { status: 'False', reason: 'SecretSyncedError', message }
    }
    default:
      return never(outcome)
  }
}

/** The fields that only a success moves: a failure leaves them to tell of the Secret that is kept. */
const progress = (before: ExternalSecret, outcome: Outcome): Record<string, unknown> => {
  if (outcome.did === 'affirm' || outcome.did === 'fail') return {}
  const clock = outcome.keepsClock
    ? {}
    : {
        refreshTime: stamp(outcome.startedAt),
        nextRefreshTime: outcome.did === 'sync' && outcome.leaseDueAt ? stamp(outcome.leaseDueAt) : null,
      }
  return {
    ...clock,
    syncedResourceVersion: syncedVersion(before),
    ...(outcome.did === 'sync' ? { binding: { name: targetName(before) } } : {}),
  }
}

const differs = (have: unknown, want: unknown): boolean => JSON.stringify(have ?? null) !== JSON.stringify(want ?? null)

const eventsOf = (before: ExternalSecret, outcome: Outcome, ready: Ready): readonly Event[] => {
  if (outcome.did === 'sync' && outcome.written !== 'unchanged') {
    const created = outcome.written === 'created'
    return [{ type: 'Normal', reason: created ? 'Created' : 'Updated', message: `secret ${outcome.written}` }]
  }
  const [fault] = outcome.did === 'fail' ? outcome.faults : []
  if (!fault || readyOf(before.status?.conditions)?.message === ready.message) return []
  return [{ type: 'Warning', reason: fault.code, message: ready.message }]
}

/**
 * The one status patch and the events of a pass (compatibility.md §1.3, decision 22): ESO's reasons, but the message names refs
 * and causes; refreshTime moves only on success; an event only where the Secret or the message changed.
 */
export const summarize = (before: ExternalSecret, outcome: Outcome, now: Date): Summary => {
  const ready = readyFor(before, outcome)
  const conditions = withReady(before.status?.conditions, ready, now)
  const want: Record<string, unknown> = {
    ...(conditions ? { conditions } : {}),
    ...(before.metadata.generation === undefined ? {} : { observedGeneration: before.metadata.generation }),
    ...progress(before, outcome),
  }
  const have: Readonly<Record<string, unknown>> = { ...before.status }
  const changes = Object.entries(want).filter(([field, value]) => differs(have[field], value))
  return {
    patch: changes.length === 0 ? undefined : Object.fromEntries(changes),
    events: eventsOf(before, outcome, ready),
  }
}

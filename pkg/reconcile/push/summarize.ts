import type { PushSecret } from '#api'
import { type Fault, never } from '#core'
import { type Ready, readyOf, withReady } from '../conditions.ts'
import { syncedVersion } from '../marks.ts'
import { isNews, servedBy } from '../served.ts'
import { differs, type Event, listed, type Moment } from '../summarize.ts'
import { stamp } from '../timestamp.ts'
import { showFaults } from '../words.ts'
import { mergePatch } from './patch.ts'
import { type Record as Pushed, shown } from './record.ts'

/** What a pass over a PushSecret came to. `record`: what is there of ours afterwards. */
export type PushOutcome =
  | {
      readonly did: 'push'
      readonly record: Pushed
      readonly sourceVersion: string
      readonly startedAt: Date
      /** Items that were created or updated. */
      readonly written: number
      /** Nobody was asked: the Secret gives what was pushed last. Then the next due time stays. */
      readonly keepsClock: boolean
      /** Items that were to be deleted and are not ours. */
      readonly left: readonly Fault[]
      /** Entries that gave nothing. */
      readonly idle: readonly Fault[]
    }
  /** The Secret is gone, and everything that was pushed of it (compatibility.md §5). */
  | { readonly did: 'clean'; readonly record: Pushed; readonly missing: Fault; readonly left: readonly Fault[] }
  | {
      readonly did: 'fail'
      readonly record: Pushed
      readonly faults: readonly Fault[]
      readonly left: readonly Fault[]
      /** What is well is held back too: no part of a plan is sent where another is wrong. */
      readonly isHeldBack?: boolean
    }

export interface PushSummary {
  /** Fields of the status as they are to be; undefined where nothing differs. */
  readonly fields: Readonly<Record<string, unknown>> | undefined
  /** The same as a JSON merge patch. */
  readonly patch: Readonly<Record<string, unknown>> | undefined
  readonly events: readonly Event[]
}

const synced = 'PushSecret synced successfully'
const cleaned = 'source secret deleted; provider secrets cleaned up'
const remains = (left: readonly Fault[]): string => (left.length === 0 ? '' : `; without ${showFaults(left)}`)
const unchanged = `${synced}. Existing secrets in providers unchanged.`

/** Said where there is more than what is wrong. */
const heldBack = (
  { data = [], dataTo = [] }: PushSecret['spec'],
  { isHeldBack = false }: { isHeldBack?: boolean },
): string => (isHeldBack && data.length + dataTo.length > 1 ? '; until then nothing is pushed' : '')

const readyFor = ({ spec }: PushSecret, outcome: PushOutcome): Ready => {
  switch (outcome.did) {
    case 'push':
      return {
        status: 'True',
        reason: 'Synced',
        message: `${spec.updatePolicy === 'IfNotExists' ? unchanged : synced}${remains(outcome.idle)}`,
      }
    case 'clean':
      return { status: 'False', reason: 'SourceDeleted', message: `${cleaned}${remains(outcome.left)}` }
    case 'fail':
      return { status: 'False', reason: 'Errored', message: `${showFaults(outcome.faults)}${heldBack(spec, outcome)}` }
    default:
      return never(outcome)
  }
}

/** The fields that only a success moves. */
const progress = (before: PushSecret, outcome: PushOutcome): Record<string, unknown> =>
  outcome.did === 'push'
    ? {
        ...(outcome.keepsClock ? {} : { refreshTime: stamp(outcome.startedAt) }),
        syncedResourceVersion: syncedVersion(before),
        sourceVersion: outcome.sourceVersion,
      }
    : {}

/** An event where something was written or deleted in Akeyless, or the words of the condition are new. */
const eventsOf = (before: PushSecret, outcome: PushOutcome, ready: Ready): readonly Event[] => {
  const leaving = outcome.left.map(fault => ({ type: 'Warning' as const, reason: fault.code, message: fault.line() }))
  const isNews = readyOf(before.status?.conditions)?.message !== ready.message
  if (!isNews && !(outcome.did === 'push' && outcome.written > 0)) return leaving
  const [fault] = outcome.did === 'fail' ? outcome.faults : []
  const event = fault
    ? { type: 'Warning' as const, reason: fault.code, message: ready.message }
    : { type: 'Normal' as const, reason: ready.reason, message: ready.message }
  return [event, ...leaving]
}

const isPatch = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** The one status patch and the events of a pass: ESO's reasons, with the cause in the message (decision 22). */
export const summarizePush = (
  before: PushSecret,
  outcome: PushOutcome,
  { now, controllerClass }: Moment,
): PushSummary => {
  const ready = readyFor(before, outcome)
  const conditions = withReady(before.status?.conditions, ready, now)
  const want: Record<string, unknown> = {
    ...(conditions ? { conditions } : {}),
    ...(before.metadata.generation === undefined ? {} : { observedGeneration: before.metadata.generation }),
    faults: outcome.did === 'fail' ? listed(outcome.faults) : null,
    syncedPushSecrets: shown(outcome.record),
    ...servedBy(controllerClass),
    ...progress(before, outcome),
  }
  const have: Readonly<Record<string, unknown>> = { syncedPushSecrets: {}, ...before.status }
  const changes = Object.entries(want).filter(([field, value]) => differs(have[field], value))
  const news = changes.filter(([field]) => isNews(field, have))
  const events = eventsOf(before, outcome, ready)
  if (news.length === 0) return { fields: undefined, patch: undefined, events }
  const fields = Object.fromEntries(changes)
  const patch = mergePatch(Object.fromEntries(changes.map(([field]) => [field, have[field]])), fields)
  return { fields, patch: isPatch(patch) ? patch : undefined, events }
}

/** Writes down what is about to be pushed, before it is: whatever happens then, it is not forgotten. */
export const intent = ({ status }: PushSecret, record: Pushed, controllerClass: string): PushSummary => {
  const syncedPushSecrets = shown(record)
  const before = {
    syncedPushSecrets: status?.syncedPushSecrets ?? {},
    controllerClass: status?.controllerClass ?? null,
  }
  // whose it is tells who deletes it, should the stores be gone; by itself it is no news
  const isNews = mergePatch(before.syncedPushSecrets, syncedPushSecrets) !== undefined
  const fields = { syncedPushSecrets, ...servedBy(controllerClass) }
  const patch = isNews ? mergePatch(before, fields) : undefined
  return isPatch(patch) ? { fields, patch, events: [] } : { fields: undefined, patch: undefined, events: [] }
}

import type { ExternalSecret } from '#api'
import { type Fault, never } from '#core'
import { type Ready, readyOf, withReady } from './conditions.ts'
import { resourceFailed, resourceReady } from './manifest/ready.ts'
import { syncedVersion, targetName } from './marks.ts'
import { isNews, servedBy } from './served.ts'
import { readTime, stamp } from './timestamp.ts'
import { cut, showFaults } from './words.ts'
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
      /** Items that are gone and that the Secret was written without. */
      readonly missing: readonly Fault[]
    }
  /** creationPolicy None: everything was read, nothing is written. */
  | { readonly did: 'none'; readonly startedAt: Date; readonly keepsClock: boolean; readonly missing: readonly Fault[] }
  /** creationPolicy Merge, and there is no Secret to merge with. */
  | { readonly did: 'absent'; readonly startedAt: Date; readonly keepsClock: boolean }
  /** deletionPolicy Delete, and every item is gone; `removed`: there was a Secret. */
  | {
      readonly did: 'delete'
      readonly removed: boolean
      readonly startedAt: Date
      readonly keepsClock: boolean
      readonly missing: readonly Fault[]
    }
  /** The items hold no keys: the Secret stays as it was (compatibility.md §2, step 11, Retain). */
  | { readonly did: 'retain'; readonly startedAt: Date; readonly keepsClock: boolean }
  | { readonly did: 'affirm' }
  | { readonly did: 'fail'; readonly faults: readonly Fault[]; readonly secretExists: boolean }

/** When a pass ended, and who made it. */
export interface Moment {
  readonly now: Date
  readonly controllerClass: string
}

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
const deleted: Ready = { ...synced, reason: 'SecretDeleted', message: 'secret deleted due to DeletionPolicy=Delete' }
const absent: Ready = {
  ...synced,
  reason: 'SecretMissing',
  message: 'secret will not be created due to CreationPolicy=Merge',
}

const keptSince = (before: ExternalSecret, { faults, secretExists }: Extract<Outcome, { did: 'fail' }>): string => {
  const at = readTime(before.status?.refreshTime)
  // what is another's holds nothing of ours
  const foreign = faults.some(({ code, path }) => path === 'spec.target.name' && code !== 'SecretImmutable')
  return at === undefined || !secretExists || foreign ? '' : `; Secret kept as of ${stamp(new Date(at))}`
}

/** Items that are gone where that is no failure are told with the success. */
const without = (ready: Ready, missing: readonly Fault[]): Ready =>
  missing.length === 0 ? ready : { ...ready, message: `${ready.message}; without ${showFaults(missing)}` }

const secretReady = { synced, retained, deleted, absent } as const

/** ESO tells a target that may not be, or is switched off, as of a Secret (compatibility.md §2.8). */
const failedReason = ({ spec }: ExternalSecret, faults: readonly Fault[]): string => {
  const isNone = ({ path, code }: Fault) => path?.startsWith('spec.target.manifest') && code !== 'ClusterRefused'
  return spec.target.manifest && !faults.some(isNone) ? resourceFailed : 'SecretSyncedError'
}

const readyFor = (before: ExternalSecret, outcome: Outcome): Ready => {
  const ready = before.spec.target.manifest ? resourceReady : secretReady
  switch (outcome.did) {
    case 'affirm':
      return ready.synced
    case 'sync':
    case 'none':
      return without(ready.synced, outcome.missing)
    case 'delete':
      return ready.deleted
    case 'absent':
      return ready.absent
    case 'retain':
      return ready.retained
    case 'fail': {
      const message = `${showFaults(outcome.faults)}${keptSince(before, outcome)}`
      return { status: 'False', reason: failedReason(before, outcome.faults), message }
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

export const differs = (have: unknown, want: unknown): boolean =>
  JSON.stringify(have ?? null) !== JSON.stringify(want ?? null)

// a status is read by everybody who lists objects
const mostDetails = 20
const mostText = 512

/** What is wrong with single fields, for whoever cannot read a sentence; null where nothing is. */
export const listed = (faults: readonly Fault[]): readonly object[] | null => {
  if (faults.length === 0) return null
  return faults.slice(0, mostDetails).map(({ path, code, message, remedy }) => ({
    code,
    ...(path === undefined ? {} : { path: cut(path, mostText) }),
    message: cut(message, mostText),
    remedy: cut(remedy, mostText),
  }))
}

const details = (outcome: Outcome): readonly object[] | null =>
  listed(outcome.did === 'fail' ? outcome.faults : 'missing' in outcome ? outcome.missing : [])

/** Items that are gone where that is no failure: told when the set of them changes. */
const missingEvents = (before: ExternalSecret, outcome: Outcome): readonly Event[] => {
  const missing = 'missing' in outcome ? outcome.missing : []
  if (missing.length === 0 || !differs(before.status?.faults, details(outcome))) return []
  return [{ type: 'Normal', reason: 'MissingProviderSecret', message: showFaults(missing) }]
}

const eventsOf = (before: ExternalSecret, outcome: Outcome, ready: Ready): readonly Event[] => {
  if (outcome.did === 'sync' && outcome.written !== 'unchanged') {
    const created = outcome.written === 'created'
    const noun = before.spec.target.manifest ? 'resource' : 'secret'
    const event = { reason: created ? 'Created' : 'Updated', message: `${noun} ${outcome.written}` }
    return [{ type: 'Normal', ...event }, ...missingEvents(before, outcome)]
  }
  if (outcome.did !== 'fail') return missingEvents(before, outcome)
  const [fault] = outcome.faults
  if (!fault || readyOf(before.status?.conditions)?.message === ready.message) return []
  return [{ type: 'Warning', reason: fault.code, message: ready.message }]
}

/**
 * The one status patch and the events of a pass (compatibility.md §1.3, decision 22): ESO's reasons, but the message names refs
 * and causes; refreshTime moves only on success; an event only where the Secret or the message changed.
 */
export const summarize = (before: ExternalSecret, outcome: Outcome, { now, controllerClass }: Moment): Summary => {
  const ready = readyFor(before, outcome)
  const conditions = withReady(before.status?.conditions, ready, now)
  const want: Record<string, unknown> = {
    ...(conditions ? { conditions } : {}),
    ...(before.metadata.generation === undefined ? {} : { observedGeneration: before.metadata.generation }),
    faults: details(outcome),
    ...servedBy(controllerClass),
    ...progress(before, outcome),
  }
  const have: Readonly<Record<string, unknown>> = { ...before.status }
  const changes = Object.entries(want).filter(([field, value]) => differs(have[field], value))
  const news = changes.filter(([field]) => isNews(field, have))
  return {
    patch: news.length === 0 ? undefined : Object.fromEntries(changes),
    events: eventsOf(before, outcome, ready),
  }
}

import type { ExternalSecret } from '#api'
import { createdByHash, parseDuration } from '#core'
import { readyOf } from './conditions.ts'
import { holdsGiven } from './given.ts'
import {
  createdByLabel,
  dataHashAnnotation,
  externalSecretFinalizer,
  forceSyncDone,
  forceSyncOf,
  managedLabel,
  syncedVersion,
} from './marks.ts'
import { controls } from './owner.ts'
import { policyOf } from './policy.ts'
import type { SecretDigest } from './ports.ts'
import { readTime } from './timestamp.ts'
import { opensAt } from './windows.ts'

/** Why an ExternalSecret is synced. */
export type Reason = 'first' | 'clock' | 'forced' | 'changed' | 'touched' | 'sources' | 'due' | 'drift'

export type Decision =
  /** Nothing to do; look again after so many milliseconds, or only when something changes. */
  | { readonly do: 'skip'; readonly afterMs: number | undefined }
  /** The Secret is right but the condition still tells of a failure that is over, and no value may be read for it. */
  | { readonly do: 'affirm'; readonly afterMs: number | undefined }
  | {
      readonly do: 'sync'
      readonly reason: Reason
      /** How old a value from memory may be. */
      readonly maxAgeMs: number
      /** The value is the one of the last refresh: refreshTime and the next due time stay as they are. */
      readonly keepsClock: boolean
    }
  | { readonly do: 'release'; readonly finalizers: readonly string[] }

export type Sync = Extract<Decision, { do: 'sync' }>

const hour = 3600e3
/** How long to rest where no sync window opens within the year that is looked ahead: one on 29 February will. */
const longestRestMs = 7 * 24 * hour

/**
 * A value that a scheduled refresh takes from memory may have a fifth of the period behind it: many ExternalSecrets that name
 * one path then cost few reads, and no value is older than 1.2 periods when it is written.
 */
const share = 0.2
/** Who applies a manifest has often just changed the item too; objects applied together still share a read. */
const briefMs = 30e3

/** Milliseconds of spec.refreshInterval; 0 and below mean never again. */
export const intervalOf = ({ spec }: ExternalSecret): number => parseDuration(spec.refreshInterval) ?? hour

/** Whether values are read again by time at all. */
export const repeats = (externalSecret: ExternalSecret): boolean =>
  (externalSecret.spec.refreshPolicy ?? 'Periodic') === 'Periodic' && intervalOf(externalSecret) > 0

/** When values are due again: at the end of the interval, or of a lease if that is sooner; undefined for never. */
const dueAtOf = (externalSecret: ExternalSecret): number | undefined => {
  const refreshed = readTime(externalSecret.status?.refreshTime)
  if (refreshed === undefined || !repeats(externalSecret)) return undefined
  const leaseDue = readTime(externalSecret.status?.nextRefreshTime) ?? Number.POSITIVE_INFINITY
  return Math.min(refreshed + intervalOf(externalSecret), leaseDue)
}

/** Milliseconds until values are due again and spec.syncWindows let them be read, 0 if so now; undefined for never. */
export const dueIn = (externalSecret: ExternalSecret, now: Date): number | undefined => {
  const dueAt = dueAtOf(externalSecret)
  if (dueAt === undefined) return undefined
  const { syncWindows } = externalSecret.spec
  const at = syncWindows ? opensAt(syncWindows, new Date(Math.max(dueAt, now.getTime())))?.getTime() : dueAt
  return at === undefined ? longestRestMs : Math.max(0, at - now.getTime())
}

interface Facts {
  readonly externalSecret: ExternalSecret
  /** The Secret as the watch last saw it; undefined where there is none with the managed label. */
  readonly secret: SecretDigest | undefined
  /** A ConfigMap or Secret that the template takes texts from changed since the last sync. */
  readonly sourcesChanged: boolean
  /** Whether the target is as the last sync left it; where it is no Secret, only the caller can tell. */
  readonly intact?: boolean
  readonly now: Date
}

/** What the rules look at, read once. */
const read = ({ externalSecret, secret, sourcesChanged, now }: Facts) => {
  const { metadata, spec, status } = externalSecret
  const refreshed = readTime(status?.refreshTime)
  const intervalMs = intervalOf(externalSecret)
  const dueAt = dueAtOf(externalSecret)
  const version = syncedVersion(externalSecret)
  const synced = status?.syncedResourceVersion ?? ''
  const asked = forceSyncOf(metadata.annotations)
  return {
    at: now.getTime(),
    refreshed,
    isDue: dueIn(externalSecret, now) === 0,
    sourcesChanged,
    policy: spec.refreshPolicy ?? 'Periodic',
    repeats: repeats(externalSecret),
    leased: readTime(status?.nextRefreshTime) !== undefined,
    /** From one refresh to the next: shorter than the interval where a lease ends sooner. */
    periodMs: dueAt !== undefined && refreshed !== undefined ? Math.max(0, dueAt - refreshed) : intervalMs || hour,
    isNew: synced === '' || refreshed === undefined,
    versionDiffers: synced !== version,
    specDiffers: synced.split('-')[0] !== version.split('-')[0],
    forced: synced !== version && asked !== undefined && asked !== (secret && forceSyncDone(secret.annotations)),
  }
}
type Read = ReturnType<typeof read>

const isOwned = (externalSecret: ExternalSecret, secret: SecretDigest): boolean => {
  const { namespace = '', name } = externalSecret.metadata
  return (
    secret.labels[createdByLabel] === createdByHash(namespace, name) &&
    secret.ownerReferences.some(owner => controls(owner, externalSecret))
  )
}

/**
 * compatibility.md §2.1, isSecretValid, and besides it the owner, labels and annotations: whether the Secret is as we left it. What
 * the creationPolicy does not guard always is.
 */
export const isIntact = (externalSecret: ExternalSecret, secret: SecretDigest | undefined): boolean => {
  const policy = policyOf(externalSecret)
  if (!policy.guards) return true
  // the Secret to merge with has come, and whoever made it may have left it as if we had written it
  if (secret && readyOf(externalSecret.status?.conditions)?.reason === 'SecretMissing') return false
  return (
    secret !== undefined &&
    secret.labels[managedLabel] === 'true' &&
    secret.annotations[dataHashAnnotation] === secret.dataHash &&
    (!policy.owns || isOwned(externalSecret, secret)) &&
    holdsGiven(externalSecret, secret)
  )
}

/** Decision 19: interval 0 listens to force-sync alone; CreatedOnce to nothing, OnChange to any edit, as in ESO. */
const listens = (facts: Read): boolean =>
  facts.policy !== 'CreatedOnce' && (facts.policy === 'OnChange' || facts.repeats || facts.forced)

const editReason = (facts: Read): Reason => (facts.forced ? 'forced' : facts.specDiffers ? 'changed' : 'touched')

const reasonOf = (facts: Read, intact: boolean): Reason | undefined => {
  if (facts.isNew) return 'first'
  if (facts.versionDiffers && listens(facts)) return editReason(facts)
  if (facts.sourcesChanged && listens(facts)) return 'sources'
  // a clock was wrong, or somebody wrote the status: nothing can be told from it (security.md T32, F18)
  if (facts.repeats && (facts.refreshed ?? 0) > facts.at) return 'clock'
  if (facts.isDue) return 'due'
  return intact ? undefined : 'drift'
}

/** How old a remembered value may be for each reason. */
const maxAge = {
  first: ({ periodMs }) => Math.min(share * periodMs, briefMs),
  clock: ({ periodMs }) => share * periodMs,
  forced: () => 0,
  changed: ({ periodMs }) => Math.min(share * periodMs, briefMs),
  // ESO reads anew at any edit of metadata; where that would cost a lease only force-sync does (decision 18)
  touched: ({ leased, periodMs }) => (leased ? periodMs : 0),
  due: ({ periodMs }) => share * periodMs,
  // the items did not change; what is never read again by time has no period that bounds the age of a lease
  sources: ({ repeats, periodMs }) => (repeats ? periodMs : briefMs),
  drift: ({ repeats, periodMs }) => (repeats ? periodMs : briefMs),
} as const satisfies Record<Reason, (facts: Read) => number>

/**
 * Whether and why an ExternalSecret is synced now (compatibility.md §2.1, decisions 17-19). The next due time is computed, so
 * that ESO's requeue storm for CreatedOnce and OnChange has no counterpart here.
 */
export const decide = (facts: Facts): Decision => {
  const { externalSecret, secret } = facts
  const { metadata, status } = externalSecret
  if (metadata.deletionTimestamp !== undefined) {
    return { do: 'release', finalizers: (metadata.finalizers ?? []).filter(name => name === externalSecretFinalizer) }
  }
  const known = read(facts)
  const reason = reasonOf(known, facts.intact ?? isIntact(externalSecret, secret))
  if (reason !== undefined) {
    const keepsClock = reason === 'drift' || reason === 'sources' || (reason === 'touched' && known.leased)
    return { do: 'sync', reason, maxAgeMs: maxAge[reason](known), keepsClock }
  }
  const afterMs = dueIn(externalSecret, facts.now)
  return { do: readyOf(status?.conditions)?.status === 'True' ? 'skip' : 'affirm', afterMs }
}

/**
 * A wait spread forward by up to a tenth of the interval, so that objects that were applied together do not stay together.
 * Only forward: a timer that fires early would find nothing due, and nobody pays for more reads than the interval says. So a
 * refresh comes at most a tenth of the interval late; a lease, due at two thirds of its life, is then still good.
 */
export const spread = (afterMs: number, intervalMs: number, random: () => number): number =>
  afterMs + Math.min(afterMs, intervalMs) * 0.1 * random()

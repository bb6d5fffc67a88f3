import type { ItemValue } from '#api'
import { Fault } from '#core'
import { type Fetched, materialize, type Values } from '#materialize'
import { readyOf } from './conditions.ts'
import { intervalOf, repeats, type Sync } from './decide.ts'
import { type Age, fetchAll } from './fetch.ts'
import { objectTarget } from './manifest/target.ts'
import { engineOf, type Pass, Refused, Superseded } from './pass.ts'
import { policyOf } from './policy.ts'
import { relabel } from './relabel.ts'
import { secretTarget } from './secret-target.ts'
import { type Stores, storesNamed } from './stores.ts'
import type { Outcome } from './summarize.ts'
import type { Approve, Target } from './target.ts'
import type { Written } from './write.ts'

// A value that was read but could not be written is used once more for so long, so that trouble with our own write costs no
// second lease (security.md I5, F16).
const heldMs = 60e3

/** How long ago the value was read that still waits to be written; undefined where there is none, or it has waited too long. */
const heldFor = ({ unwritten, key, startedAt }: Pass): number | undefined => {
  const held = unwritten.get(key)
  const age = startedAt.getTime() - (held?.at ?? Number.NEGATIVE_INFINITY)
  return held && age >= 0 && age <= held.keepMs ? age : undefined
}

const ageAllowed = (pass: Pass, { maxAgeMs }: Sync): Age => {
  const age = heldFor(pass)
  const values = age === undefined ? maxAgeMs : Math.max(maxAgeMs, age + 1)
  return { values, listings: pass.parts.guard.waits(pass.key) ? 0 : values }
}

const sameStores = (before: Stores, now: Stores): boolean =>
  [...before].every(([id, { metadata }]) => {
    const other = now.get(id)?.metadata
    return other?.uid === metadata.uid && other?.generation === metadata.generation
  })

const stillHolds = ({ deps, key, externalSecret }: Pass, stores: Stores): boolean => {
  const now = deps.externalSecrets.get(key)
  return (
    now !== undefined &&
    now.metadata.uid === externalSecret.metadata.uid &&
    now.metadata.generation === externalSecret.metadata.generation &&
    now.metadata.deletionTimestamp === undefined &&
    sameStores(stores, storesNamed(now, deps))
  )
}

const leased = ({ items }: Fetched): readonly ItemValue[] =>
  [...items.values()]
    .flatMap(read => [...read.values()])
    .flatMap(item => (item instanceof Fault || item.type !== 'DYNAMIC_SECRET' ? [] : [item]))

/**
 * For how long what was read serves passes that fail before they write: a minute, and a lease until it is due anyway. Whoever names a
 * property that a dynamic item has not would otherwise have a new database user made at each retry.
 */
const keepFor = (fetched: Fetched): number =>
  Math.max(heldMs, ...leased(fetched).map(({ ttlMs }) => ((ttlMs ?? 0) * 2) / 3))

/** Two thirds of the shortest lease, or the interval (decision 18); undefined where nothing was leased. */
const leaseDueAt = ({ externalSecret, startedAt }: Pass, fetched: Fetched): Date | undefined => {
  const items = leased(fetched)
  if (items.length === 0 || !repeats(externalSecret)) return undefined
  const lives = items.map(({ ttlMs }) => ttlMs).filter(ttl => ttl !== undefined)
  return new Date(startedAt.getTime() + Math.min(intervalOf(externalSecret), ...lives.map(ttl => (ttl * 2) / 3)))
}

/** Whether a search found so little that the removal of a key needs a second look: nothing at all, or half of the Secret gone. */
const looksCut = ({ found }: Fetched, drops: number, of: number): boolean =>
  drops > 0 &&
  found.size > 0 &&
  (drops * 2 >= of || [...found.values()].some(paths => !(paths instanceof Fault) && paths.length === 0))

/** What was read for a decision, and where it goes. */
interface Reading {
  readonly target: Target
  readonly decision: Sync
  readonly fetched: Fetched
  /** Throws Superseded where the object or a store of it changed since the pass began. */
  readonly mustHold: () => void
}

const write = (pass: Pass, { target, decision, fetched, mustHold }: Reading, data: Values): Promise<Written> => {
  const { parts, key, startedAt } = pass
  const approve: Approve = ({ drops, of }) => {
    // what a person took out of the spec is meant to go
    const edited = decision.reason === 'first' || decision.reason === 'changed'
    if (!edited && looksCut(fetched, drops.length, of)) parts.guard.confirm(key, drops, startedAt)
  }
  return target.write(data, { settled: decision.reason === 'due', approve, mustHold })
}

/** Where the fault below stands in the status, to be known again. */
const everywhere = 'spec'

const emptied = (): Fault =>
  new Fault('ItemNotFound', 'since the last edit nothing is found; the Secret is kept', {
    path: everywhere,
    remedy: 'correct the paths, or delete the Secret if it shall go',
  })

/** Whether an edit is what nothing is found by: before it the Secret was synced, or this has been said already. */
const isSlip = ({ externalSecret: { status } }: Pass, { reason }: Sync): boolean =>
  reason === 'changed' &&
  (readyOf(status?.conditions)?.status === 'True' ||
    (status?.faults ?? []).some(({ code, path }) => code === 'ItemNotFound' && path === everywhere))

export const nothingFound = (): Fault =>
  new Fault('ItemNotFound', 'nothing is found, and there is no Secret yet', {
    path: 'spec.dataFrom',
    remedy: 'correct the path or the expression, or create the items',
  })

/** What the fetched data come to: the deletionPolicy where there are none, else the creationPolicy. */
const conclude = async (pass: Pass, reading: Reading): Promise<Outcome> => {
  const { target, decision, fetched, mustHold } = reading
  const { externalSecret, startedAt } = pass
  const { keepsClock } = decision
  const { spec } = externalSecret
  const made = await materialize(spec, fetched, engineOf(pass))
  mustHold()
  if ('faults' in made) throw new Refused(made.faults)
  const { data, missing } = made
  if (data.size === 0 && spec.target.deletionPolicy === 'Retain') {
    // ESO says that it is retained; but there is nothing to retain
    if (!target.isThere()) throw nothingFound()
    return { did: 'retain', startedAt, keepsClock }
  }
  if (data.size === 0 && spec.target.deletionPolicy === 'Delete') {
    // an edit that finds nothing is more likely a slip than a wish, and the Secret is in use
    if (isSlip(pass, decision) && target.isThere()) throw new Refused([emptied(), ...missing])
    const removed = await target.remove(missing)
    return { did: 'delete', removed, startedAt, keepsClock, missing }
  }
  if (!policyOf(externalSecret).writes) return { did: 'none', startedAt, keepsClock, missing }
  const written = await write(pass, reading, data)
  if (written === 'absent') return { did: 'absent', startedAt, keepsClock }
  return { did: 'sync', written, startedAt, leaseDueAt: leaseDueAt(pass, fetched), keepsClock, missing }
}

/**
 * From a decision to a written Secret: the items are read once, and what was read is dropped where the object or a store changed
 * meanwhile, also while a template was waited for (security.md T22). Throws Fault, Refused or Superseded, and then nothing was written.
 */
export const sync = async (pass: Pass, stores: Stores, decision: Sync): Promise<Outcome> => {
  const { key, startedAt, unwritten } = pass
  const { keepsClock } = decision
  const target = pass.externalSecret.spec.target.manifest ? objectTarget(pass) : secretTarget(pass)
  if ((await target.check()) === 'absent') return { did: 'absent', startedAt, keepsClock }
  const relabelled = await relabel(pass, decision)
  if (relabelled) return relabelled
  const fetched = await fetchAll(pass, stores, ageAllowed(pass, decision))
  const mustHold = (): void => {
    if (!stillHolds(pass, stores)) throw new Superseded()
  }
  mustHold()
  if (heldFor(pass) === undefined) unwritten.set(key, { at: startedAt.getTime(), keepMs: keepFor(fetched) })
  return conclude(pass, { target, decision, fetched, mustHold })
}

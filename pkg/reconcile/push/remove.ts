import type { PushEntry } from '#api'
import { Fault, type Sensitive, show } from '#core'
import { withoutProperty } from '#materialize'
import { accountOf, type Door, isOneAccount } from './door.ts'
import { factKey, type Job, type PushPass, placeKey } from './pass.ts'

/**
 * `left`: it is there, and not ours to delete. `narrowed`: properties of it are still pushed, and nobody knows what else was.
 * `elsewhere`: another store pushes to this path now, and may lead to the same item or to one of another account.
 */
export type Removed = 'gone' | 'left' | 'narrowed' | 'elsewhere'

interface Doomed {
  readonly door: Door
  readonly entry: PushEntry
  /** What is still pushed to the same place. */
  readonly staying: readonly Job[]
}

const path = 'status.syncedPushSecrets'

const protectedFault = (remoteKey: string): Fault =>
  new Fault('RemoteProtected', `item ${show(remoteKey)} is protected from deletion`, { path: 'spec.deletionPolicy' })

const moved = (remoteKey: string): Fault =>
  new Fault('RemoteConflict', `item ${show(remoteKey)} was written by somebody else while it was to be deleted`, {
    path,
  })

/** Whether what is pushed to an item needs what would go. */
const needs = ({ push: { parts } }: Job, { match: { remoteRef } }: PushEntry): boolean => {
  const { property } = remoteRef
  return !property || parts.some(({ gives }) => gives.is === 'value' || gives.members.has(property))
}

/** A whole Secret was pushed, of which single properties are pushed now: the record does not name what it gave. */
const isNarrowed = (staying: readonly Job[], entry: PushEntry): boolean =>
  !entry.match.remoteRef.property &&
  staying.every(({ push }) => push.parts.every(part => part.entry.match.remoteRef.property))

/** What becomes of it without a call, because something is still pushed there; undefined: it is to be deleted. */
const kept = ({ door, entry, staying }: Doomed): Removed | undefined => {
  const needing = staying.filter(job => needs(job, entry))
  if (needing.length === 0) return undefined
  const own = needing.filter(job => isOneAccount(accountOf(job.door), accountOf(door)))
  if (own.length === 0) return 'elsewhere'
  return isNarrowed(own, entry) ? 'narrowed' : 'gone'
}

const removeProperty = async (
  pass: PushPass,
  { door, entry }: Doomed,
  item: { readonly isProtected: boolean; readonly lastVersion: number | undefined },
): Promise<Removed | 'whole'> => {
  const { remote } = pass.deps
  const { remoteKey, property = '' } = entry.match.remoteRef
  const held = await remote.value(door.identity, remoteKey, pass.signal)
  if (held === undefined) return 'gone'
  const left: Sensitive | 'empty' | 'absent' = withoutProperty(held, property)
  if (left === 'absent') return 'gone'
  if (left === 'empty') return 'whole'
  const update = { path: remoteKey, value: left, lastVersion: item.lastVersion }
  const written = await remote.update(door.identity, update, pass.signal)
  if (written === 'conflict') throw moved(remoteKey)
  return 'gone'
}

/**
 * Takes away what was pushed: the property, or the item where nothing else is in it. Only what has our tag is touched, whatever the
 * status says; what is not there counts as deleted (decision 21). Throws Fault.
 */
export const removeEntry = async (pass: PushPass, doomed: Doomed): Promise<Removed> => {
  const still = kept(doomed)
  if (still) return still
  const { door, entry } = doomed
  const { remoteKey, property } = entry.match.remoteRef
  const { remote } = pass.deps
  pass.parts.facts.forget(factKey(door, remoteKey))
  pass.parts.turnstile.touch(placeKey(door, remoteKey))
  // never from memory: it may have been made anew by somebody else
  const item = await remote.look(door.identity, remoteKey, pass.signal)
  if (!item) return 'gone'
  if (!item.isTagged || !item.isStatic) return 'left'
  if (property) {
    const removed = await removeProperty(pass, doomed, item)
    if (removed !== 'whole') return removed
  }
  if (item.isProtected) throw protectedFault(remoteKey)
  await remote.remove(door.identity, remoteKey, pass.signal)
  return 'gone'
}

/** The items that are still pushed, by place: the way there may be another store now. */
export const stayingAt = (jobs: readonly Job[]) => {
  const at = Map.groupBy(jobs, ({ door, push }) => placeKey(door, push.remoteKey))
  return (door: Door, { match }: PushEntry): readonly Job[] => at.get(placeKey(door, match.remoteRef.remoteKey)) ?? []
}

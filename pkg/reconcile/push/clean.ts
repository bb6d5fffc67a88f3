import type { PushEntry, PushSecret } from '#api'
import { Fault, show } from '#core'
import { isReferent } from '../account.ts'
import { ofCredentials } from '../fetch.ts'
import type { Door } from './door.ts'
import { isLeaving, isNamespaceLeaving, refusedBy, storeNamed, type Way, wayBack } from './doors.ts'
import { type Job, type PushPass, placeKey } from './pass.ts'
import { notAllowed } from './policy.ts'
import { minus, type Record } from './record.ts'
import { removeEntry, stayingAt } from './remove.ts'
import { sharerOf } from './shared.ts'

type Doomed = ReturnType<typeof minus>[number]

/** What was to go and how to get there. */
export interface Cleaning {
  readonly doomed: readonly Doomed[]
  readonly ways: ReadonlyMap<string, Way>
}

export interface Cleaned {
  /** Entries that are still to go. */
  readonly remaining: readonly Doomed[]
  readonly faults: readonly Fault[]
  /** Items that are not ours to delete, or that nobody can: they are no longer in the record. */
  readonly left: readonly Fault[]
}

const isDoor = (way: Way | undefined): way is Door => way !== undefined && 'identity' in way

/** Everything in the record that is not pushed any more. */
export const cleaning = async (pass: PushPass, before: Record, staying: Record): Promise<Cleaning> => {
  const doomed = minus(before, staying)
  const ids = [...new Set(doomed.map(({ store }) => store))]
  return { doomed, ways: new Map(await Promise.all(ids.map(async id => [id, await wayBack(pass, id)] as const))) }
}

const named = ({ match: { remoteRef } }: PushEntry): string =>
  remoteRef.property
    ? `property ${show(remoteRef.property)} of item ${show(remoteRef.remoteKey)}`
    : `item ${show(remoteRef.remoteKey)}`

const untagged = (entry: PushEntry): Fault =>
  new Fault('RemoteUnmanaged', `${named(entry)} is left: no PushSecret made the item`, {
    path: 'spec.deletionPolicy',
    remedy: 'delete it in Akeyless if it shall go',
  })

const shared = (entry: PushEntry, { metadata }: PushSecret, pushSecret: PushSecret): Fault => {
  const isNear = metadata.namespace === pushSecret.metadata.namespace
  const who = isNear ? `PushSecret ${show(metadata.name)}` : 'a PushSecret of another namespace'
  return new Fault('RemoteShared', `${named(entry)} is left: ${who} pushes to it too`, { path: 'spec.deletionPolicy' })
}

const narrowed = (entry: PushEntry): Fault =>
  new Fault('RemoteShared', `${named(entry)} is left, and with it what was pushed to it of the whole Secret`, {
    path: 'status.syncedPushSecrets',
    remedy: 'delete in Akeyless the members that are not pushed any more',
  })

const elsewhere = (entry: PushEntry): Fault =>
  new Fault(
    'RemoteShared',
    `${named(entry)} is left: another store pushes to this path now, perhaps of another account`,
    {
      path: 'status.syncedPushSecrets',
      remedy: 'delete it in Akeyless if it is none that is still pushed',
    },
  )

const leftBy = { left: untagged, narrowed, elsewhere } as const

const unreachable = (entry: PushEntry, { code, message, remedy }: Fault): Fault =>
  new Fault(code, `${named(entry)} is left: ${message}`, { path: 'spec.deletionPolicy', remedy })

/**
 * Whether there is no hope for what is in a namespace that goes: with it go its Secrets, with which a store of it logs in, and the
 * labels that a ClusterSecretStore asks for. The credentials of a ClusterSecretStore are elsewhere.
 */
const isHopeless = ({ deps, pushSecret }: PushPass, store: string, { code }: Fault): boolean => {
  if (code === 'StoreDenied') return true
  const found = storeNamed(store, pushSecret.metadata.namespace ?? '', deps)
  return ofCredentials.includes(code) && (found?.kind !== 'ClusterSecretStore' || isReferent(found))
}

type Outcome = { readonly is: 'gone' } | { readonly is: 'left' | 'failed'; readonly fault: Fault }

const failed = (pass: PushPass, { store, entry }: Doomed, fault: Fault): Outcome =>
  isNamespaceLeaving(pass) && isHopeless(pass, store, fault)
    ? { is: 'left', fault: unreachable(entry, fault) }
    : { is: 'failed', fault }

const cleanOne = async (
  pass: PushPass,
  doomed: Doomed,
  way: Way | undefined,
  stayingThere: ReturnType<typeof stayingAt>,
): Promise<Outcome> => {
  const { store, entry } = doomed
  if (way instanceof Fault) return failed(pass, doomed, way)
  if (!isDoor(way)) {
    const fault = way?.nobody ?? new Fault('Unexpected', `no way to ${store}`)
    // an object that goes waits for no store that is gone; one that stays can be mended
    return isLeaving(pass) ? { is: 'left', fault: unreachable(entry, fault) } : { is: 'failed', fault }
  }
  const { kind, metadata } = way.store
  const place = { store: { kind, name: metadata.name }, remoteKey: entry.match.remoteRef.remoteKey }
  // the record is a status, which others may have written
  const forbidden = notAllowed(pass, place, 'spec.deletionPolicy')
  if (forbidden) return { is: 'left', fault: unreachable(entry, forbidden) }
  try {
    const staying = stayingThere(way, entry)
    const { remoteKey } = entry.match.remoteRef
    const sharer = sharerOf(pass, way, entry)
    if (sharer) return { is: 'left', fault: shared(entry, sharer, pass.pushSecret) }
    const removed = await pass.parts.turnstile.hold(placeKey(way, remoteKey), () =>
      removeEntry(pass, { door: way, entry, staying }),
    )
    return removed === 'gone' ? { is: 'gone' } : { is: 'left', fault: leftBy[removed](entry) }
  } catch (thrown) {
    pass.signal.throwIfAborted()
    return failed(pass, doomed, refusedBy(pass, way.store, thrown, 'spec.deletionPolicy'))
  }
}

/** Deletes in Akeyless what is not pushed any more; `jobs`: what still is. */
export const clean = async (pass: PushPass, { doomed, ways }: Cleaning, jobs: readonly Job[]): Promise<Cleaned> => {
  const staying = stayingAt(jobs)
  const remaining: Doomed[] = []
  const faults: Fault[] = []
  const left: Fault[] = []
  // one after the other: two of them may be members of one item
  for (const each of doomed) {
    const outcome = await cleanOne(pass, each, ways.get(each.store), staying)
    if (outcome.is === 'left') left.push(outcome.fault)
    if (outcome.is !== 'failed') continue
    remaining.push(each)
    faults.push(outcome.fault)
  }
  return { remaining, faults, left }
}

import { type Finding, liveItem, liveStore, notChecked, stamp } from '#admission'
import { type ExternalSecret, type Leasable, refKey } from '#api'
import { asFault, Fault } from '#core'
import { type Fetched, findSites, materialize, refsOf, storeId, storesOf, type Turns } from '#materialize'
import { type Age, fetchFrom, type Got, type Job, jobsOf, type Reading } from '../fetch.ts'
import type { Identities } from '../identities.ts'
import { digestOf } from '../pass.ts'
import { policyOf } from '../policy.ts'
import { isOurs, keyOf, type Store } from '../store.ts'
import { lookUp, standing } from '../stores.ts'
import { nothingFound } from '../sync.ts'
import { gatewayName } from './gateway.ts'
import { leaseFindings } from './lease.ts'
import { changesWithUse, isUnread, leaseless, nothingRead, withoutPatterns } from './leaseless.ts'
import type { Patience } from './patience.ts'
import type { PreviewDeps } from './ports.ts'
import { draftOf, findingOf, isDefiniteItem, isEnded, stillSlow, tooSlow } from './verdict.ts'

/** What was read is the reconciler's first read too, if it comes soon (decide.ts, maxAge of `first`). */
const age: Age = { values: 30e3, listings: 30e3 }

export interface Looking {
  readonly deps: PreviewDeps
  readonly identities: Identities
  readonly patience: Patience
  readonly externalSecret: ExternalSecret
  readonly signal: AbortSignal
}

/** A store that can be asked, or what its readers will be told. */
const usable = ({ deps, externalSecret }: Looking): { stores: Map<string, Store>; told: Finding[] } => {
  const { namespace = '' } = externalSecret.metadata
  const stores = new Map<string, Store>()
  const told: Finding[] = []
  for (const name of storesOf(externalSecret.spec).filter(({ used }) => used)) {
    const store = lookUp(name, namespace, deps)
    if (!store || !isOurs(store, deps.controllerClass)) continue
    const verdict = standing(store, namespace, name.path, deps)
    if (!(verdict instanceof Fault)) stores.set(storeId(name), store)
    // that it admits the namespace is a rule's to say
    else if (verdict.code === 'StoreNotReady') told.push(stamp(liveStore.id, draftOf(verdict, 'warn')))
  }
  return { stores, told }
}

interface Asked {
  readonly job: Job
  readonly got: Got
  /** Why it is not all that there is to know. */
  readonly open: readonly Finding[]
}

const empty = ({ refs }: Job): Got => ({ items: nothingRead(refs), found: new Map() })

/** What keeps an identity from being known is told by the read, in its words. */
const isUntouchable = async ({ identities, externalSecret, signal }: Looking, { store }: Job): Promise<boolean> => {
  const identity = await identities.of(store, externalSecret.metadata.namespace ?? '', signal).catch(() => undefined)
  return identity !== undefined && changesWithUse(identity)
}

const ask = async (looking: Looking, reading: Reading, job: Job): Promise<Asked> => {
  const { patience, signal, externalSecret } = looking
  // of one namespace: what it asks for may be what takes so long
  const key = `${externalSecret.metadata.namespace} ${keyOf(job.store)}`
  const who = gatewayName(job.store.spec.provider.akeyless?.akeylessGWApiURL ?? '')
  if (patience.isSpent(key)) return { job, got: empty(job), open: [stillSlow(job.name.path, who)] }
  try {
    if (await isUntouchable(looking, job)) return { job, got: empty(job), open: [] }
    const got = await fetchFrom(reading, job, age)
    patience.answered(key)
    return { job, got, open: [] }
  } catch (thrown) {
    if (isEnded(thrown, signal)) {
      patience.spent(key)
      return { job, got: empty(job), open: [tooSlow(job.name.path, who)] }
    }
    return { job, got: empty(job), open: [stamp(notChecked.id, draftOf(asFault(thrown), 'warn'))] }
  }
}

/** Without what the searches found: those items are not read, and only a search that failed has something to say. */
const fetchedBy = (asked: readonly Asked[]): Fetched => ({
  items: new Map(asked.map(({ job, got }) => [storeId(job.name), got.items])),
  found: new Map(
    asked.flatMap(({ job, got }) =>
      job.finds.map(({ path }) => {
        const found = got.found.get(path)
        return [path, found instanceof Fault ? found : []] as const
      }),
    ),
  ),
})

const nothing = (path: string): Finding =>
  stamp(liveItem.id, {
    path,
    message: 'finds nothing',
    remedy: 'correct the path, the expression or the tags, or create the items',
    level: 'warn',
  })

/** Searches that came to their end and found nothing. */
const emptySearches = (asked: readonly Asked[]): readonly string[] =>
  asked.flatMap(({ job, got }) =>
    job.finds.flatMap(({ path }) => {
      const found = got.found.get(path)
      return found && !(found instanceof Fault) && found.length === 0 ? [path] : []
    }),
  )

/** The Secret stays away where nothing is found for it; else a search that finds nothing is worth a word of its own. */
const searchFindings = (
  { deps, externalSecret }: Looking,
  asked: readonly Asked[],
  keys: number,
): readonly Finding[] => {
  const { spec } = externalSecret
  const searches = emptySearches(asked)
  const isAll = searches.length > 0 && searches.length === findSites(spec).length && keys === 0
  const isThere = !policyOf(externalSecret).creates || digestOf(deps, externalSecret) !== undefined
  return isAll && !isThere && spec.target.deletionPolicy === 'Retain'
    ? [stamp(liveItem.id, draftOf(nothingFound(), 'warn'))]
    : searches.map(nothing)
}

/** What the values make, by the code that makes the Secret. Where items may be gone, that they are is only told. */
const valueFindings = async (looking: Looking, asked: readonly Asked[], mayBeGone: boolean) => {
  const { deps, externalSecret } = looking
  const { spec, metadata } = externalSecret
  const made = await materialize(spec, fetchedBy(asked), withoutPatterns(deps.engine.of(metadata.namespace ?? '')))
  const faults = ('faults' in made ? made.faults : made.missing).filter(fault => !isUnread(fault))
  const keys = 'faults' in made ? 1 : made.data.size
  const isLenient = 'data' in made || (mayBeGone && faults.every(({ code }) => code === 'ItemNotFound'))
  const mode = isLenient ? 'warn' : deps.modes.items
  const wrong = faults.map(fault => findingOf(liveItem, fault, isDefiniteItem(fault), mode))
  return [...wrong, ...searchFindings(looking, asked, keys)]
}

/** A turn after the end: what needs no engine is done by then, and so what has been read is told. */
const ended = async ({ deps, signal }: Looking): Promise<undefined> => {
  if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
  await deps.turns.pause()
}

/** Computing ends with the signal too: a search can look through a hundred thousand names. */
const endingWith = ({ now, pause }: Turns, signal: AbortSignal): Turns => ({
  now,
  pause: async () => {
    await pause()
    signal.throwIfAborted()
  },
})

/**
 * What the status of an ExternalSecret will say, before there is one: every item is looked at under the identity of its store, values
 * are read as the first sync would, dynamic items are described and never leased (decision 28). Ends with the signal.
 */
export const previewItems = async (looking: Looking): Promise<readonly Finding[]> => {
  const { deps, identities, externalSecret, signal } = looking
  const { spec } = externalSecret
  const { stores, told } = usable(looking)
  const leased = new Map<string, Leasable>()
  const named = new Set([...refsOf(spec).refs.values()].flat().map(refKey))
  const reading: Reading = {
    deps: { turns: endingWith(deps.turns, signal), source: leaseless(deps.source, named, leased) },
    parts: { identities },
    externalSecret,
    signal,
  }
  const asked = await Promise.all(jobsOf(spec, stores).map(job => ask(looking, reading, job)))
  const open = asked.flatMap(each => each.open)
  const mayBeGone = spec.target.deletionPolicy === 'Merge'
  const answered =
    asked.length === 0 ? [] : await Promise.race([valueFindings(looking, asked, mayBeGone), ended(looking)])
  const late = answered === undefined ? [tooSlow('spec', 'the template engine')] : answered
  return [...told, ...open, ...late, ...leaseFindings(externalSecret, leased)]
}

import { type Finding, gatewayUrl, judge, settled } from '#admission'
import { Fault, type FaultCode, parseDuration, sentence } from '#core'
import { isReferent } from './account.ts'
import { spread } from './decide.ts'
import { keyFindings } from './long-lived.ts'
import { storeFinalizer } from './marks.ts'
import type { StatusMemory } from './memory.ts'
import { type Next, nextAfter } from './next.ts'
import type { Deps } from './ports.ts'
import { isOurs, refOf, type Store } from './store.ts'
import { isDefinite, type Seen, summarizeStore } from './store-status.ts'
import { tryStore } from './trial.ts'

/** ESO's --store-requeue-interval (compatibility.md §7). */
const usualMs = 5 * 60e3
/** A login each time: nobody needs them closer together, and a tenant must not keep us busy with them (security.md T30). */
const shortestMs = 10e3

/** How often a store is looked at anew. Milliseconds. */
export const recheckMs = ({ spec }: Store): number => {
  const { refreshInterval } = spec
  const ms = typeof refreshInterval === 'number' ? refreshInterval * 1e3 : parseDuration(refreshInterval ?? '')
  return ms !== undefined && ms > 0 ? Math.max(shortestMs, ms) : usualMs
}

const split = (key: string): { kind: string; name: string } => {
  const slash = key.indexOf('/')
  return { kind: key.slice(0, slash), name: key.slice(slash + 1) }
}

const lookUp = (deps: Deps, key: string): Store | undefined => {
  const { kind, name } = split(key)
  return kind === 'SecretStore' ? deps.stores.get(name) : deps.clusterStores.get(name)
}

const denied = (findings: readonly Finding[]) => findings.filter(({ level }) => level === 'deny')

const faultsOf = (findings: readonly Finding[]): readonly Fault[] =>
  findings.map(({ path, message, remedy }) => new Fault('SpecInvalid', message, { path, remedy }))

/** What keeps the store from working: its manifest, its credentials, or a login that is really tried. */
const look = async (deps: Deps, store: Store, signal: AbortSignal): Promise<Seen> => {
  const { policy, localGateways } = deps
  const { denials, warnings } = store.spec.provider.akeyless
    ? judge(store, undefined, { policy, localGateways, now: deps.now() })
    : { denials: [], warnings: [] }
  // plain http does harm for as long as it stays; whoever was warned when it was applied may be long gone
  const notes = warnings.filter(({ rule }) => rule === gatewayUrl.id).map(sentence)
  if (denials.length > 0) {
    return { faults: faultsOf(denials), notes }
  }
  // who it logs in as only those who read can tell
  if (isReferent(store)) return { faults: [], notes, referent: true }
  const tried = await tryStore(deps, store, signal)
  const unwanted = settled(keyFindings(store, tried.identity, policy), store, { policy })
  return { faults: [...tried.faults, ...faultsOf(denied(unwanted))], notes: [...notes, ...tried.notes] }
}

const timed: readonly FaultCode[] = ['CredentialMissing', 'LoginBlocked']

/**
 * A refused login is not tried again in a hurry: five in a row lock an Akeyless auth method (akeyless.md §1.1), and what would
 * cure it (store, Secret, CA) is watched. But what is there already, and only held back to keep refusals few, is tried as soon as
 * it may be. Only where it is open whether the store works is it asked again soon, and where a ServiceAccount is missing, which
 * nobody need have let us watch: such a fault says after how long.
 */
const nextLook = (deps: Deps, store: Store, faults: readonly Fault[]): Next => {
  const usual = recheckMs(store)
  const soon = nextAfter(faults, usual)
  const isOpen = !isDefinite(faults) || faults.every(({ code, retryAfterMs }) => timed.includes(code) && retryAfterMs)
  const isSooner = soon.go === 'retry' || (soon.go === 'wait' && soon.ms < usual)
  return faults.length > 0 && isOpen && isSooner ? soon : { go: 'wait', ms: spread(usual, usual, deps.random) }
}

const release = async (deps: Deps, store: Store, signal: AbortSignal): Promise<Next> => {
  if (store.metadata.finalizers?.includes(storeFinalizer)) {
    await deps.finalizers.remove(refOf(store), storeFinalizer, signal)
  }
  return { go: 'rest' }
}

const sameSpec = (a: Store, b: Store): boolean =>
  a.metadata.uid === b.metadata.uid && a.metadata.generation === b.metadata.generation

const lookAndTell = async (
  deps: Deps,
  memory: StatusMemory,
  key: string,
  store: Store,
  signal: AbortSignal,
): Promise<Next> => {
  const startedAt = deps.now()
  const found = await look(deps, store, signal)
  const { faults } = found
  if (signal.aborted) return { go: 'rest' }
  const seen = lookUp(deps, key)
  if (!seen || !sameSpec(seen, store)) return { go: 'again' }
  const now = deps.now()
  const object = refOf(store)
  deps.observer.synced(object, { faults, tookMs: now.getTime() - startedAt.getTime() })
  const { patch, events } = summarizeStore(memory.read(key, seen), found, now)
  for (const event of events) deps.events.record(object, event)
  if (patch) {
    memory.note(key, seen, patch, await deps.status.patch(object, patch, signal))
  }
  return nextLook(deps, store, faults)
}

/** One look at one store (a storeKey): Ready by a real login (decision 23). Throws only where the API server does not take the status. */
export const storeReconciler =
  (deps: Deps, memory: StatusMemory) =>
  async (key: string, signal: AbortSignal): Promise<Next> => {
    const store = lookUp(deps, key)
    if (!store) {
      memory.forget(key)
      return { go: 'rest' }
    }
    if (!isOurs(store, deps.controllerClass)) {
      deps.observer.ignored(refOf(store), 'it belongs to another controller class')
      return { go: 'rest' }
    }
    return store.metadata.deletionTimestamp === undefined
      ? lookAndTell(deps, memory, key, store, signal)
      : release(deps, store, signal)
  }

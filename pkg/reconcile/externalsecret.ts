import { judge } from '#admission'
import type { ExternalSecret } from '#api'
import { asFault, Fault, never } from '#core'
import { refsOf, unsupported } from '#materialize'
import { type Decision, decide, dueIn, intervalOf, repeats, spread } from './decide.ts'
import { type Next, nextAfter } from './next.ts'
import { digestOf, type Parts, type Pass, Refused, Superseded } from './pass.ts'
import type { Deps } from './ports.ts'
import { release } from './release.ts'
import { resolveStore, storeOf } from './resolve.ts'
import { isOurs, refOf } from './store.ts'
import { type Outcome, summarize } from './summarize.ts'
import { sync } from './sync.ts'

type Acting = Extract<Decision, { do: 'sync' | 'affirm' }>

const faultsOf = (thrown: unknown): readonly Fault[] => (thrown instanceof Refused ? thrown.faults : [asFault(thrown)])

/** The same rules as at admission, so that nothing acts that got past it (decision 29). */
const validate = (externalSecret: ExternalSecret): void => {
  const wrong = judge(externalSecret).denials.filter(({ rule }) => rule !== 'unsupported')
  const paths = new Set<string | undefined>(wrong.map(({ path }) => path))
  // a field that no version would take is wrong, and not merely lacking
  const lacking = unsupported(externalSecret.spec).filter(({ path }) => !paths.has(path))
  const denied = wrong.map(({ path, message, remedy }) => new Fault('SpecInvalid', message, { path, remedy }))
  const faults = [...lacking, ...refsOf(externalSecret.spec).faults, ...denied]
  const said = new Set<string>()
  const distinct = faults.filter(fault => !said.has(fault.line()) && said.add(fault.line()))
  if (distinct.length > 0) throw new Refused(distinct)
}

const isGone = ({ deps, key, externalSecret }: Pass): boolean =>
  deps.externalSecrets.get(key)?.metadata.uid !== externalSecret.metadata.uid

/** Says how the pass ended: one status patch, events, the metric. */
const report = async (pass: Pass, outcome: Outcome): Promise<void> => {
  // its metrics are dropped already, and nothing would drop them again
  if (isGone(pass)) return
  const { deps, parts, key, externalSecret, startedAt, signal } = pass
  const object = refOf(externalSecret)
  const now = deps.now()
  const faults = outcome.did === 'fail' ? outcome.faults : []
  deps.observer.synced(object, { faults, tookMs: now.getTime() - startedAt.getTime() })
  const { patch, events } = summarize(externalSecret, outcome, now)
  // the event first: it tells of a Secret that is written, whether or not the status can be
  for (const event of events) deps.events.record(object, event)
  if (!patch) return
  await deps.status.patch(object, patch, signal)
  parts.memory.note(key, externalSecret, patch)
}

// refreshTime has whole seconds: a shorter interval would be due as soon as it was written
const shortestWaitMs = 1e3

const waitFor = ({ deps, parts, key, externalSecret }: Pass): Next => {
  const ms = dueIn(parts.memory.read(key, externalSecret), deps.now())
  if (ms === undefined) return { go: 'rest' }
  return { go: 'wait', ms: Math.max(shortestWaitMs, spread(ms, intervalOf(externalSecret), deps.random)) }
}

type Ended = Outcome | { readonly did: 'ignore'; readonly why: string } | { readonly did: 'supersede' }

const attempt = async (pass: Pass, decision: Acting): Promise<Ended> => {
  const { deps, externalSecret } = pass
  try {
    validate(externalSecret)
    if (decision.do === 'affirm') return { did: 'affirm' }
    const resolved = resolveStore(externalSecret, deps)
    if (resolved.is === 'refused') throw resolved.fault
    if (resolved.is !== 'usable') return { did: 'ignore', why: `its store is ${resolved.is}` }
    return await sync(pass, resolved.store, decision)
  } catch (thrown) {
    if (thrown instanceof Superseded) return { did: 'supersede' }
    // the process stops: nothing is known about the object that was not known before
    if (pass.signal.aborted) return { did: 'ignore', why: 'the process stops' }
    return { did: 'fail', faults: faultsOf(thrown), secretExists: digestOf(deps, externalSecret) !== undefined }
  }
}

const act = async (pass: Pass, decision: Acting): Promise<Next> => {
  const { deps, externalSecret, key, unwritten } = pass
  const ended = await attempt(pass, decision)
  switch (ended.did) {
    case 'ignore':
      deps.observer.ignored(refOf(externalSecret), ended.why)
      return { go: 'rest' }
    case 'supersede':
      return { go: 'again' }
    case 'fail':
      await report(pass, ended)
      return nextAfter(ended.faults, repeats(externalSecret) ? intervalOf(externalSecret) : 0)
    case 'affirm':
    case 'retain':
    case 'sync':
      await report(pass, ended)
      unwritten.delete(key)
      return waitFor(pass)
    default:
      return never(ended)
  }
}

const follow = async (pass: Pass, decision: Decision): Promise<Next> => {
  const { deps, externalSecret } = pass
  if (!deps.seesClusterStores && externalSecret.spec.secretStoreRef?.kind === 'ClusterSecretStore') {
    deps.observer.ignored(refOf(externalSecret), 'no ClusterSecretStore is watched by this process')
    return { go: 'rest' }
  }
  if (decision.do === 'skip') return waitFor(pass)
  const store = storeOf(externalSecret, deps)
  // before anything is said about the object or done to it: it is not ours
  if (store && !isOurs(store, deps.controllerClass)) {
    deps.observer.ignored(refOf(externalSecret), 'its store belongs to another controller class')
    return { go: 'rest' }
  }
  return decision.do === 'release' ? release(pass, store, decision.finalizers) : act(pass, decision)
}

/**
 * One pass over one ExternalSecret (architecture.md §4): snapshot → decide → rules → store and identity → one read of its items
 * → at most one Secret write → at most one status patch. Whatever fails, the last good Secret stays as it is. Throws only where
 * the API server does not take the status.
 */
export const externalSecretReconciler = (deps: Deps, parts: Parts) => {
  const unwritten = new Map<string, number>()
  return async (key: string, signal: AbortSignal): Promise<Next> => {
    const seen = deps.externalSecrets.get(key)
    if (!seen) {
      parts.memory.forget(key)
      unwritten.delete(key)
      return { go: 'rest' }
    }
    const externalSecret = parts.memory.read(key, seen)
    const startedAt = deps.now()
    const secret = digestOf(deps, externalSecret)
    const pass: Pass = { deps, parts, key, externalSecret, startedAt, signal, unwritten }
    return follow(pass, decide({ externalSecret, secret, now: startedAt }))
  }
}

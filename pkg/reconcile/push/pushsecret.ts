import { judge } from '#admission'
import { asFault, type Fault, never } from '#core'
import { readyOf } from '../conditions.ts'
import { spread } from '../decide.ts'
import { denialFault } from '../denial.ts'
import { type Next, nextAfter } from '../next.ts'
import { Refused, Superseded } from '../pass.ts'
import type { Deps } from '../ports.ts'
import { refOf } from '../store.ts'
import { decidePush, type PushReason, pushDueIn, pushIntervalOf } from './decide.ts'
import { isLeaving } from './doors.ts'
import type { PushParts, PushPass } from './pass.ts'
import { push } from './push.ts'
import { isEmpty, recorded, recordOf } from './record.ts'
import { cleanAll, keepFinalizer, releasePush } from './release.ts'
import { missingSource, readSource, type Source } from './source.ts'
import { isForeignPush, resolvePush } from './stores.ts'
import { type PushOutcome, summarizePush } from './summarize.ts'

type Ended = PushOutcome | { readonly did: 'ignore'; readonly why: string } | { readonly did: 'supersede' }

const faultsOf = (thrown: unknown): readonly Fault[] => (thrown instanceof Refused ? thrown.faults : [asFault(thrown)])

/** The same rules as at admission, so that nothing acts that got past it (decision 29). */
const validate = ({ deps, pushSecret }: PushPass): void => {
  const { denials } = judge(pushSecret, undefined, { policy: deps.policy })
  if (denials.length > 0) throw new Refused(denials.map(denialFault))
}

/** Says how the pass ended: one status patch, events, the metric. */
const report = async (pass: PushPass, outcome: PushOutcome): Promise<void> => {
  const { deps, parts, key, startedAt, signal } = pass
  // its metrics are dropped already, and nothing would drop them again
  if (deps.pushSecrets.get(key)?.metadata.uid !== pass.pushSecret.metadata.uid) return
  // with what the pass itself wrote down on its way
  const before = parts.memory.read(key, pass.pushSecret)
  const object = refOf(before)
  const now = deps.now()
  const faults = outcome.did === 'fail' ? outcome.faults : outcome.did === 'clean' ? [outcome.missing] : []
  deps.observer.synced(object, { faults, tookMs: now.getTime() - startedAt.getTime() })
  deps.observer.left(object, outcome.left)
  const { fields, patch, events } = summarizePush(before, outcome, { now, controllerClass: deps.controllerClass })
  // the event first: it tells of items that are written, whether or not the status can be
  for (const event of events) deps.events.record(object, event)
  if (!fields || !patch) return
  parts.memory.note(key, before, fields, await deps.status.patch(object, patch, signal))
}

/** Without a Secret there is nothing to push; under deletionPolicy Delete what was pushed of it goes (compatibility.md §5). */
const withoutSource = async (pass: PushPass): Promise<PushOutcome> => {
  const { pushSecret } = pass
  const record = recordOf(pushSecret)
  const missing = missingSource(pushSecret)
  const wasCleaned = readyOf(pushSecret.status?.conditions)?.reason === 'SourceDeleted'
  if (pushSecret.spec.deletionPolicy !== 'Delete' || (isEmpty(record) && !wasCleaned)) {
    return { did: 'fail', faults: [missing], record, left: [] }
  }
  const { remaining, faults, left } = await cleanAll(pass)
  pass.parts.pushed.delete(pass.key)
  if (faults.length > 0) return { did: 'fail', faults, record: recorded(remaining), left }
  return { did: 'clean', record: new Map(), missing, left }
}

const attempt = async (pass: PushPass, reason: PushReason): Promise<Ended> => {
  const { deps, pushSecret, signal } = pass
  try {
    validate(pass)
    const source: Source = await readSource(pass)
    if (source.secrets.length === 0) return await withoutSource(pass)
    const resolved = resolvePush(pushSecret, deps)
    if (resolved.is === 'refused') throw new Refused(resolved.faults)
    if (resolved.is === 'pending') return { did: 'ignore', why: 'a store of it is pending' }
    // the other way round it comes once it is written down what is to be deleted
    if (pushSecret.spec.deletionPolicy !== 'Delete') await keepFinalizer(pass)
    return await push(pass, resolved, { source, reason })
  } catch (thrown) {
    if (thrown instanceof Superseded) return { did: 'supersede' }
    // the process stops: nothing is known about the object that was not known before
    if (signal.aborted) return { did: 'ignore', why: 'the process stops' }
    // what it wrote down on its way is kept
    const before = pass.parts.memory.read(pass.key, pushSecret)
    const isHeldBack = thrown instanceof Refused
    return { did: 'fail', faults: faultsOf(thrown), record: recordOf(before), left: [], isHeldBack }
  }
}

// refreshTime has whole seconds: a shorter interval would be due as soon as it was written
const shortestWaitMs = 1e3

const waitFor = ({ deps, parts, key, pushSecret }: PushPass): Next => {
  const ms = pushDueIn(parts.memory.read(key, pushSecret), deps.now())
  if (ms === undefined) return { go: 'rest' }
  return { go: 'wait', ms: Math.max(shortestWaitMs, spread(ms, pushIntervalOf(pushSecret), deps.random)) }
}

const act = async (pass: PushPass, reason: PushReason): Promise<Next> => {
  const { deps, parts, key, pushSecret } = pass
  const heard = parts.news.begin(key)
  const ended = await attempt(pass, reason)
  switch (ended.did) {
    case 'ignore':
      deps.observer.ignored(refOf(pushSecret), ended.why)
      return { go: 'rest' }
    case 'supersede':
      // what came between brings it back itself, once the watch tells
      return { go: 'wait', ms: shortestWaitMs }
    case 'fail':
      await report(pass, ended)
      return nextAfter(ended.faults, pushIntervalOf(pushSecret))
    case 'clean':
      await report(pass, ended)
      heard()
      return { go: 'rest' }
    case 'push':
      await report(pass, ended)
      heard()
      return waitFor(pass)
    default:
      return never(ended)
  }
}

/** Deletes what was pushed, and lets the object go; where that fails, the status says why, and it is tried again. */
const release = async (pass: PushPass): Promise<Next> => {
  const { deps, pushSecret, signal } = pass
  try {
    const cleaned = await releasePush(pass)
    if (cleaned === 'free') return { go: 'rest' }
    const { remaining, faults, left } = cleaned
    if (faults.length > 0) {
      await report(pass, { did: 'fail', faults, record: recorded(remaining), left })
      return nextAfter(faults, pushIntervalOf(pushSecret))
    }
    deps.observer.left(refOf(pushSecret), left)
    for (const fault of left) {
      deps.events.record(refOf(pushSecret), { type: 'Warning', reason: fault.code, message: fault.line() })
    }
    return { go: 'rest' }
  } catch (thrown) {
    if (signal.aborted) return { go: 'rest' }
    throw thrown
  }
}

const namesClusterStore = ({ pushSecret }: PushPass): boolean =>
  pushSecret.spec.secretStoreRefs.some(({ kind }) => kind === 'ClusterSecretStore')

const follow = async (pass: PushPass): Promise<Next> => {
  const { deps, parts, key, pushSecret, startedAt: now } = pass
  const ignore = (why: string): Next => {
    deps.observer.ignored(refOf(pushSecret), why)
    return { go: 'rest' }
  }
  if (!deps.seesClusterStores && namesClusterStore(pass)) {
    return ignore('no ClusterSecretStore is watched by this process')
  }
  // before anything is said about the object or done to it: it is not ours
  if (isForeignPush(pushSecret, deps)) return ignore('a store of it belongs to another controller class')
  const { name } = pushSecret.spec.selector.secret ?? {}
  const sight = name === undefined ? undefined : deps.secretSights.get(`${pushSecret.metadata.namespace ?? ''}/${name}`)
  const sourceVersion = sight?.resourceVersion
  const facts = { pushSecret, sourceVersion, isNews: parts.news.has(key), isLeaving: isLeaving(pass), now }
  const decision = decidePush(facts)
  if (decision.do === 'release') return release(pass)
  return decision.do === 'skip' ? waitFor(pass) : act(pass, decision.reason)
}

/**
 * One pass over one PushSecret: snapshot → decide → rules → Secret and stores → plan → a look at each item → what is about to be
 * made written down → writes → what left the spec deleted → one status patch. Throws only where the API server does not take the
 * status or a finalizer.
 */
export const pushSecretReconciler =
  (deps: Deps, parts: PushParts) =>
  async (key: string, signal: AbortSignal): Promise<Next> => {
    const seen = deps.pushSecrets.get(key)
    if (!seen) {
      parts.memory.forget(key)
      parts.news.forget(key)
      parts.pushed.delete(key)
      return { go: 'rest' }
    }
    const pushSecret = parts.memory.read(key, seen)
    return follow({ deps, parts, key, pushSecret, startedAt: deps.now(), signal })
  }

import { judge, templateFindings } from '#admission'
import { asFault, Fault, never } from '#core'
import { storesOf } from '#materialize'
import { type Decision, decide, dueIn, intervalOf, repeats, spread } from './decide.ts'
import { denialFault } from './denial.ts'
import { lookAgainMs } from './manifest/claim.ts'
import { isObjectIntact, objectAsSecret } from './manifest/target.ts'
import { forceSyncOf } from './marks.ts'
import { type Next, nextAfter } from './next.ts'
import { digestOf, engineOf, type Parts, type Pass, Refused, Superseded, type Unwritten } from './pass.ts'
import { policyOf } from './policy.ts'
import type { Deps } from './ports.ts'
import { release } from './release.ts'
import { refOf } from './store.ts'
import { isForeign, resolveStores, storesNamed } from './stores.ts'
import { type Outcome, summarize } from './summarize.ts'
import { sync } from './sync.ts'

type Acting = Extract<Decision, { do: 'sync' | 'affirm' }>

const faultsOf = (thrown: unknown): readonly Fault[] => (thrown instanceof Refused ? thrown.faults : [asFault(thrown)])

/** Whether the spec may be one that nobody has looked at: what was synced as it is has templates that parse. */
const isUnproved = (decision: Acting): boolean =>
  decision.do === 'sync' && ['first', 'forced', 'changed', 'touched'].includes(decision.reason)

/**
 * The same rules as at admission, so that nothing acts that got past it (decision 29), and all of what they say at once, in the
 * same order. Throws Refused.
 */
const validate = async (pass: Pass, decision: Acting): Promise<void> => {
  const { deps, externalSecret } = pass
  const context = { genericTargets: deps.objects !== undefined, policy: deps.policy }
  const wrong = judge(externalSecret, undefined, context).denials
  const templates = isUnproved(decision) ? await templateFindings(externalSecret, engineOf(pass)) : undefined
  const faults = [
    ...wrong.map(denialFault),
    // what could not be parsed in time is tried again when it is rendered
    ...(templates ?? []).flatMap(({ level, path, message, remedy }) =>
      level === 'deny' ? [new Fault('TemplateInvalid', message, { path, remedy })] : [],
    ),
  ]
  if (faults.length > 0) throw new Refused(faults)
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
  const { patch, events } = summarize(externalSecret, outcome, { now, controllerClass: deps.controllerClass })
  // the event first: it tells of a Secret that is written, whether or not the status can be
  for (const event of events) deps.events.record(object, event)
  if (!patch) return
  parts.memory.note(key, externalSecret, patch, await deps.status.patch(object, patch, signal))
}

// refreshTime has whole seconds: a shorter interval would be due as soon as it was written
const shortestWaitMs = 1e3

const waitFor = ({ deps, parts, key, externalSecret }: Pass): Next => {
  const ms = dueIn(parts.memory.read(key, externalSecret), deps.now())
  if (ms === undefined) return { go: 'rest' }
  // a spread wait could end behind a short window
  const { syncWindows } = externalSecret.spec
  const wait = syncWindows ? ms : spread(ms, intervalOf(externalSecret), deps.random)
  return { go: 'wait', ms: Math.max(shortestWaitMs, wait) }
}

/** No watch tells of an object of another kind that comes without our label. */
const waitForObject = (pass: Pass): Next => {
  const next = waitFor(pass)
  if (!pass.externalSecret.spec.target.manifest) return next
  return { go: 'wait', ms: Math.min(lookAgainMs, next.go === 'wait' ? next.ms : lookAgainMs) }
}

/** Whether there is a Secret with values of an earlier sync. */
const keeps = ({ deps, externalSecret }: Pass): boolean =>
  policyOf(externalSecret).writes &&
  !externalSecret.spec.target.manifest &&
  digestOf(deps, externalSecret) !== undefined

type Ended = Outcome | { readonly did: 'ignore'; readonly why: string } | { readonly did: 'supersede' }

/** A removal waits for its second look. Whatever else a pass comes to, a failure too: the next look is a first one again. */
const awaitsLook = (ended: Ended): boolean =>
  ended.did === 'fail' && ended.faults.some(({ code }) => code === 'RemovalPending')

const attempt = async (pass: Pass, decision: Acting): Promise<Ended> => {
  const { deps, externalSecret } = pass
  try {
    await validate(pass, decision)
    if (decision.do === 'affirm') return { did: 'affirm' }
    const resolved = resolveStores(externalSecret, deps)
    if (resolved.is === 'refused') throw new Refused(resolved.faults)
    if (resolved.is !== 'usable') return { did: 'ignore', why: `a store of it is ${resolved.is}` }
    return await sync(pass, resolved.stores, decision)
  } catch (thrown) {
    if (thrown instanceof Superseded) return { did: 'supersede' }
    // the process stops: nothing is known about the object that was not known before
    if (pass.signal.aborted) return { did: 'ignore', why: 'the process stops' }
    return { did: 'fail', faults: faultsOf(thrown), secretExists: keeps(pass) }
  }
}

const act = async (pass: Pass, decision: Acting): Promise<Next> => {
  const { deps, parts, externalSecret, key, unwritten } = pass
  const heard = parts.sources.begin(key)
  const ended = await attempt(pass, decision)
  if (!awaitsLook(ended)) parts.guard.settle(key)
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
    case 'none':
    case 'absent':
    case 'delete':
    case 'sync':
      await report(pass, ended)
      unwritten.delete(key)
      if (decision.do === 'sync') heard()
      return ended.did === 'absent' ? waitForObject(pass) : waitFor(pass)
    default:
      return never(ended)
  }
}

/** What a write of somebody else's, or of our own, asks for, and no clock and no edit of the object. */
const isRepair = (decision: Decision): boolean =>
  decision.do === 'sync' && (decision.reason === 'drift' || decision.reason === 'sources')

const follow = async (pass: Pass, decision: Decision): Promise<Next> => {
  const { deps, parts, key, externalSecret, startedAt } = pass
  const named = storesOf(externalSecret.spec)
  if (!deps.seesClusterStores && named.some(({ kind }) => kind === 'ClusterSecretStore')) {
    deps.observer.ignored(refOf(externalSecret), 'no ClusterSecretStore is watched by this process')
    return { go: 'rest' }
  }
  if (decision.do === 'skip') return waitFor(pass)
  // before anything is said about the object or done to it: it is not ours
  if (isForeign(externalSecret, deps)) {
    deps.observer.ignored(refOf(externalSecret), 'a store of it belongs to another controller class')
    return { go: 'rest' }
  }
  if (decision.do !== 'release') {
    const pauseMs = isRepair(decision) ? parts.brake.take(key, startedAt) : 0
    return pauseMs > 0 ? { go: 'wait', ms: pauseMs } : act(pass, decision)
  }
  return release(pass, storesNamed(externalSecret, deps).size === named.length, decision.finalizers)
}

/** An object of another kind is looked at only where nothing else asks for a sync. */
const decideNow = async (pass: Pass): Promise<Decision> => {
  const { deps, parts, key, externalSecret, startedAt: now } = pass
  const facts = { externalSecret, sourcesChanged: parts.sources.has(key), now }
  if (!externalSecret.spec.target.manifest) {
    deps.objects?.watches.release(key)
    parts.marks.delete(key)
    return decide({ ...facts, secret: digestOf(deps, externalSecret) })
  }
  const objectFacts = { ...facts, secret: await objectAsSecret(pass) }
  const decision = decide({ ...objectFacts, intact: true })
  const settled = decision.do === 'skip' || decision.do === 'affirm'
  if (!settled || isForeign(externalSecret, deps) || (await isObjectIntact(pass))) return decision
  return decide({ ...objectFacts, intact: false })
}

/**
 * One pass over one ExternalSecret (architecture.md §4): snapshot → decide → rules → stores and identities → one read of its items
 * → template → at most one Secret write → at most one status patch. Whatever fails, the last good Secret stays as it is. Throws only where
 * the API server does not take the status.
 */
export const externalSecretReconciler = (deps: Deps, parts: Parts) => {
  const unwritten = new Map<string, Unwritten>()
  const asked = new Map<string, string | undefined>()
  return async (key: string, signal: AbortSignal): Promise<Next> => {
    const seen = deps.externalSecrets.get(key)
    if (!seen) {
      parts.memory.forget(key)
      parts.guard.settle(key)
      parts.sources.forget(key)
      parts.brake.forget(key)
      parts.marks.delete(key)
      deps.objects?.watches.release(key)
      unwritten.delete(key)
      asked.delete(key)
      return { go: 'rest' }
    }
    const externalSecret = parts.memory.read(key, seen)
    const startedAt = deps.now()
    const force = forceSyncOf(externalSecret.metadata.annotations)
    // decision 19: a new force-sync asks for new values, whatever still waits to be written
    if (asked.get(key) !== force) unwritten.delete(key)
    asked.set(key, force)
    const pass: Pass = { deps, parts, key, externalSecret, startedAt, signal, unwritten }
    return follow(pass, await decideNow(pass))
  }
}

import { type Fault, parseDuration } from '#core'
import type { Brake } from '../brake.ts'
import { spread } from '../decide.ts'
import type { StatusMemory } from '../memory.ts'
import { type Next, nextAfter } from '../next.ts'
import type { Deps, Namespace, Snapshot } from '../ports.ts'
import { isDefault } from '../store.ts'
import { carryOut } from './carry-out.ts'
import { isOurFan } from './class.ts'
import { type Fan, fanOf } from './draft.ts'
import type { Echoes } from './echo.ts'
import { freeNamespaces, freeObject, heldAgain } from './finalizers.ts'
import { heldIndex, makerIndex } from './indexes.ts'
import { fanRef } from './kinds.ts'
import { planFor, type Task } from './plan.ts'
import type { Child, ChildKind, FanKind, FanObject } from './port.ts'
import { type FanOutcome, summarizeFan } from './summarize.ts'
import { refusalsOf } from './validate.ts'

export interface FanParts {
  readonly memory: StatusMemory
  readonly echoes: Echoes
  readonly brake: Brake
  /** By key: the object for which everything was last carried out, whatever came of it. */
  readonly settled: Map<string, string>
  /** By key: what was last told of ESO's finalizers on namespaces. */
  readonly told: Map<string, string>
}

interface FanPass {
  readonly deps: Deps
  readonly parts: FanParts
  readonly key: string
  readonly fan: Fan
  readonly startedAt: Date
  readonly signal: AbortSignal
}

const split = (key: string): { readonly kind: FanKind; readonly name: string } => {
  const slash = key.indexOf('/')
  return {
    kind: key.startsWith('ClusterExternalSecret/') ? 'ClusterExternalSecret' : 'ClusterPushSecret',
    name: key.slice(slash + 1),
  }
}

export const lookUpFan = ({ fans }: Pick<Deps, 'fans'>, key: string): FanObject | undefined => {
  const { kind, name } = split(key)
  return fans[kind].get(name)
}

const childrenOf = (deps: Pick<Deps, 'externalSecrets' | 'pushSecrets'>, kind: ChildKind): Snapshot<Child> =>
  kind === 'ExternalSecret' ? deps.externalSecrets : deps.pushSecrets

const hourMs = 3_600e3
const shortestMs = 1e3

/** How often children are compared though nothing was seen to change. */
const recheckMs = ({ object }: Fan): number => {
  const ms = parseDuration(object.spec.refreshTime ?? '')
  return ms !== undefined && ms > 0 ? Math.max(shortestMs, ms) : hourMs
}

/** Changes with whatever a person changes of the object. */
const versionOf = ({ object: { metadata } }: Fan): string =>
  JSON.stringify([metadata.uid, metadata.generation, metadata.annotations])

const plan = ({ deps, parts, key, fan }: FanPass): readonly Task[] => {
  const children = childrenOf(deps, fan.traits.child.kind)
  const tasks = planFor(fan, {
    namespaces: deps.namespaces.list(),
    mine: children.by(makerIndex, key),
    at: namespace => children.get(`${namespace}/${fan.wish.childName}`),
    echoes: parts.echoes,
  })
  // where it failed before it may fail again: that must not keep the others waiting
  const late = new Set((fan.object.status?.failedNamespaces ?? []).map(({ namespace }) => namespace))
  return [
    ...tasks.filter(({ namespace }) => !late.has(namespace)),
    ...tasks.filter(({ namespace }) => late.has(namespace)),
  ]
}

/** What somebody else's write asks for, and no edit of the object: two who undo each other would go on for ever. */
const isRepair = ({ parts, key, fan }: FanPass, tasks: readonly Task[]): boolean => {
  const before = new Set(fan.object.status?.provisionedNamespaces ?? [])
  const mends = ({ namespace, step }: Task) =>
    step?.do === 'replace' || (step?.do === 'create' && before.has(namespace))
  return parts.settled.get(key) === versionOf(fan) && tasks.some(mends)
}

/** Terminating ones first: somebody waits for those. */
const heldNamespaces = ({ namespaces }: Deps, name: string): readonly Namespace[] =>
  namespaces.by(heldIndex, name).toSorted((a, b) => Number(b.terminating ?? false) - Number(a.terminating ?? false))

const free = async ({ deps, parts, key, fan, startedAt, signal }: FanPass): Promise<Fault | undefined> => {
  if (fan.object.kind !== 'ClusterExternalSecret') return undefined
  const { name } = fan.object.metadata
  const namespaces = heldNamespaces(deps, name)
  const pauseMs = namespaces.length > 0 ? parts.brake.take(`held ${key}`, startedAt) : 0
  const fault = pauseMs > 0 ? heldAgain(pauseMs) : await freeNamespaces(deps, name, namespaces, signal)
  const line = fault?.line() ?? ''
  if (fault && parts.told.get(key) !== line) {
    deps.events.record(fanRef(fan.object), { type: 'Warning', reason: fault.code, message: line })
  }
  parts.told.set(key, line)
  return fault
}

const isSuperseded = ({ deps, key, fan }: FanPass): boolean => {
  const seen = lookUpFan(deps, key)
  return !seen || versionOf(fanOf(seen)) !== versionOf(fan)
}

const faultsIn = (outcome: FanOutcome) =>
  'refused' in outcome ? outcome.refused : outcome.results.flatMap(({ fault }) => fault ?? [])

const report = async (pass: FanPass, outcome: FanOutcome): Promise<void> => {
  const { deps, parts, key, fan, startedAt, signal } = pass
  const now = deps.now()
  const { patch, events } = summarizeFan(fan, outcome, now)
  const ref = fanRef(fan.object)
  deps.observer.synced(ref, { faults: faultsIn(outcome), tookMs: now.getTime() - startedAt.getTime() })
  for (const event of events) deps.events.record(ref, event)
  if (!patch) return
  parts.memory.note(key, fan.object, patch, await deps.status.patch(ref, patch, signal))
}

const byNamespace = <T extends { readonly namespace: string }>(results: readonly T[]): readonly T[] =>
  results.toSorted((a, b) => (a.namespace < b.namespace ? -1 : 1))

const provide = async (pass: FanPass): Promise<FanOutcome | Next> => {
  const { deps, parts, key, fan, startedAt, signal } = pass
  const refused = await refusalsOf(fan, deps)
  if (refused.length > 0) return { refused }
  const tasks = plan(pass)
  const pauseMs = isRepair(pass, tasks) ? parts.brake.take(key, startedAt) : 0
  if (pauseMs > 0) return { go: 'wait', ms: pauseMs }
  const isCurrent = () => !isSuperseded(pass)
  const results = await carryOut({ fan, deps, echoes: parts.echoes, signal, isCurrent }, tasks)
  if (!results) return { go: signal.aborted ? 'rest' : 'again' }
  return { results: byNamespace(results) }
}

const serve = async (pass: FanPass): Promise<Next> => {
  const { deps, parts, key, fan } = pass
  const held = await free(pass)
  const outcome = await provide(pass)
  if ('go' in outcome) return outcome
  const faults = faultsIn(outcome)
  // in one namespace it may fail for ever: that must not let the others be written without end
  if ('results' in outcome) parts.settled.set(key, versionOf(fan))
  await report(pass, outcome)
  const usual = recheckMs(fan)
  const next = nextAfter(held ? [...faults, held] : faults, usual)
  return next.go === 'rest' ? { go: 'wait', ms: spread(usual, usual, deps.random) } : next
}

/** Children go by their owner references, in Kubernetes' own time; what ESO left would keep the object, or namespaces, for ever. */
const release = async (pass: FanPass): Promise<Next> => {
  const held = await free(pass)
  await freeObject(pass.deps, pass.fan.object, pass.signal)
  return held ? nextAfter([held], hourMs) : { go: 'rest' }
}

const forget = async (deps: Deps, parts: FanParts, key: string, signal: AbortSignal): Promise<Next> => {
  parts.memory.forget(key)
  parts.brake.forget(key)
  parts.brake.forget(`held ${key}`)
  parts.settled.delete(key)
  parts.told.delete(key)
  const { kind, name } = split(key)
  // without the object nobody can tell whose it was: only who takes ESO's place cleans up after it
  if (kind !== 'ClusterExternalSecret' || !isDefault(deps.controllerClass)) return { go: 'rest' }
  const held = await freeNamespaces(deps, name, heldNamespaces(deps, name), signal)
  if (held) throw held
  return { go: 'rest' }
}

/**
 * One pass over one cluster-scoped object (a fanKey): rules → namespaces and children from memory → what differs is written → at most one
 * status patch. Where nothing differs, nothing is asked of anybody. Throws only where the API server does not take the status.
 */
export const fanReconciler =
  (deps: Deps, parts: FanParts) =>
  async (key: string, signal: AbortSignal): Promise<Next> => {
    const seen = lookUpFan(deps, key)
    if (!seen) return forget(deps, parts, key, signal)
    if (!isOurFan(seen, deps.controllerClass)) {
      deps.observer.ignored(fanRef(seen), 'it belongs to another controller class')
      return { go: 'rest' }
    }
    const pass = { deps, parts, key, fan: fanOf(parts.memory.read(key, seen)), startedAt: deps.now(), signal }
    return seen.metadata.deletionTimestamp === undefined ? serve(pass) : release(pass)
  }

import { isDeepStrictEqual } from 'node:util'
import { createBrake } from '../brake.ts'
import { isUnedited } from '../edits.ts'
import { createStatusMemory } from '../memory.ts'
import { say } from '../next.ts'
import type { Change, Deps, Namespace } from '../ports.ts'
import { createQueue, type Queue, type QueueOptions, type QueueSize } from '../queue.ts'
import { fanOf, isMadeBy, makerOf } from './draft.ts'
import { createEchoes } from './echo.ts'
import { heldFor } from './finalizers.ts'
import { childIndex } from './indexes.ts'
import { fanKey, fanKinds, fanRef, wishOf } from './kinds.ts'
import { type FanParts, fanReconciler, lookUpFan } from './pass.ts'
import { stepFor } from './plan.ts'
import type { Child, FanKind, FanObject } from './port.ts'
import { isSelected } from './select.ts'

export interface FanOutOptions {
  readonly deps: Deps
  readonly timing: Pick<QueueOptions, 'now' | 'setTimer' | 'backoff'>
  readonly onError: QueueOptions['onError']
}

/** Told by the watches what changed; which of it matters to a cluster-scoped object is decided here. */
export interface FanOut {
  onFan(change: Change<FanObject>): void
  onChild(change: Change<Child>): void
  onNamespace(change: Change<Namespace>): void
  start(): void
  stop(graceMs?: number): Promise<void>
  size(): QueueSize
  idle(): Promise<void>
}

// each writes as many children at once as there are connections
const concurrency = 2
const kinds = Object.keys(fanKinds) as FanKind[] // keys of a constant table

const keyOf = ({ kind, metadata }: FanObject): string => fanKey(kind, metadata.name)
const allFans = ({ fans }: Deps): readonly FanObject[] => kinds.flatMap(kind => fans[kind].list())

const fanChanged = (deps: Deps, queue: Queue, change: Change<FanObject>): void => {
  if (change.type === 'updated' && isUnedited(change.prior.metadata, change.object.metadata)) return
  const key = keyOf(change.object)
  if (change.type === 'deleted') {
    deps.observer.removed(fanRef(change.object))
    queue.forget(key)
  }
  queue.add(key, 'fresh')
}

/** Whether what the watch shows is what the last pass left: our own writes come back too, and wake nobody. */
const isInPlace = (maker: FanObject, child: Child, { echoes }: FanParts): boolean => {
  const fan = fanOf(maker)
  if (child.metadata.name !== fan.wish.childName || !isMadeBy(child, fan)) return false
  return stepFor(fan, child.metadata.namespace ?? '', child, echoes).do === 'keep'
}

/** Those whose child would stand where something else stood until now. */
const waitingFor = ({ fans }: Deps, { kind, metadata }: Child): readonly FanObject[] =>
  kinds.filter(each => fanKinds[each].child.kind === kind).flatMap(each => fans[each].by(childIndex, metadata.name))

const childChanged = (deps: Deps, queue: Queue, parts: FanParts, change: Change<Child>): void => {
  const { object } = change
  const makers = [makerOf(object), ...(change.type === 'updated' ? [makerOf(change.prior)] : [])]
  for (const key of new Set(makers.flatMap(maker => maker?.key ?? []))) {
    const maker = lookUpFan(deps, key)
    if (maker && (change.type === 'deleted' || !isInPlace(maker, object, parts))) queue.add(key, 'fresh')
  }
  if (change.type !== 'deleted') return
  parts.echoes.forget(object)
  for (const fan of waitingFor(deps, object)) queue.add(keyOf(fan), 'fresh')
}

/** What of a namespace decides who has a child in it. */
const standing = ({ uid, labels, terminating = false }: Namespace) => [uid, { ...labels }, terminating]

const namespaceChanged = (deps: Deps, queue: Queue, change: Change<Namespace>): void => {
  const { object } = change
  for (const name of heldFor(object)) queue.add(fanKey('ClusterExternalSecret', name), 'fresh')
  const states = change.type === 'updated' ? [change.prior, object] : [object]
  if (change.type === 'updated' && isDeepStrictEqual(standing(change.prior), standing(object))) return
  for (const fan of allFans(deps)) {
    const wish = wishOf(fan)
    if (states.some(state => isSelected(wish, { ...state, terminating: false }))) queue.add(keyOf(fan), 'fresh')
  }
}

/** ESO's finalizers may be left of objects that are no more. */
const startAll = (deps: Deps, queue: Queue): void => {
  const keys = allFans(deps).map(keyOf)
  const held = deps.namespaces.list().flatMap(heldFor)
  for (const key of new Set([...keys, ...held.map(name => fanKey('ClusterExternalSecret', name))])) {
    queue.add(key, 'routine')
  }
}

/** Wires the watches to the queue of cluster-scoped objects, and that to their reconciler. */
export const createFanOut = ({ deps, timing, onError }: FanOutOptions): FanOut => {
  const parts: FanParts = {
    memory: createStatusMemory(),
    echoes: createEchoes(),
    brake: createBrake(),
    settled: new Map(),
    told: new Map(),
  }
  const reconcile = fanReconciler(deps, parts)
  const queue: Queue = createQueue({
    ...timing,
    random: deps.random,
    onError,
    concurrency,
    work: async (key, signal) => say(queue, key, await reconcile(key, signal)),
  })
  return {
    onFan: change => fanChanged(deps, queue, change),
    onChild: change => childChanged(deps, queue, parts, change),
    onNamespace: change => namespaceChanged(deps, queue, change),
    start: () => startAll(deps, queue),
    stop: graceMs => queue.stop(graceMs),
    size: () => queue.size(),
    idle: () => queue.idle(),
  }
}

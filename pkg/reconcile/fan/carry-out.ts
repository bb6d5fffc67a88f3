import { asFault, Fault, show } from '#core'
import type { Deps } from '../ports.ts'
import { type Fan, isMadeBy } from './draft.ts'
import type { Echoes } from './echo.ts'
import { childOf } from './kinds.ts'
import { isGoing, type Step, stepFor, type Task } from './plan.ts'
import type { Child, ChildBody, ChildPlace, ChildWritten } from './port.ts'

/** What became of one namespace. */
export interface Result {
  readonly namespace: string
  /** Whether there is a child as it should be. */
  readonly stands: boolean
  readonly did: 'created' | 'replaced' | 'nothing'
  readonly removed: number
  readonly fault: Fault | undefined
}

export interface Work {
  readonly fan: Fan
  readonly deps: Pick<Deps, 'children'>
  readonly echoes: Echoes
  readonly signal: AbortSignal
  /** False once the object has changed: what is left is for its next pass. */
  readonly isCurrent: () => boolean
}

// somebody else writes at the same moment: seldom once, never three times (security.md F15)
const tries = 3
// as many connections as there are to the API server: more would only wait in line
const lanes = 8
/** So many times in one pass may the API server, or a webhook behind it, not answer: then it is left in peace for now. */
const mostSilences = 5

const placeOf = ({ traits, wish }: Fan, namespace: string, name = wish.childName): ChildPlace => ({
  ...traits.child,
  namespace,
  name,
})

const read = async ({ fan, deps, signal }: Work, place: ChildPlace): Promise<Child | undefined> => {
  const raw = await deps.children.read(place, signal)
  if (raw === undefined) return undefined
  const child = childOf(fan.traits.child.kind, raw)
  if (child) return child
  throw new Fault('ClusterRefused', `the ${fan.traits.noun} that is there cannot be read`, {
    remedy: 'delete it, or choose another name',
  })
}

/** Says whose it is, in so far as an owner tells: who deletes the child of another maker has it back at once. */
const takenBy = ({ traits }: Fan, { metadata }: Child): Fault => {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller)
  const whose = owner ? `, of ${owner.kind} ${show(owner.name)}` : ''
  return new Fault('NameTaken', `${traits.noun} already exists in namespace: ${show(metadata.name)}${whose}`, {
    remedy: owner ? `choose another spec.${traits.nameField}` : `delete it, or choose another spec.${traits.nameField}`,
  })
}

const noteStored = ({ fan, echoes }: Work, body: ChildBody, written: ChildWritten): void => {
  const stored = written.did === 'written' ? childOf(fan.traits.child.kind, written.object) : undefined
  if (stored) echoes.note(body, stored)
}

type Stood = Pick<Result, 'stands' | 'did'>

/** Does the step; where the watch was behind, what is there is read and decided on again. */
const stand = async (work: Work, namespace: string, first: Step): Promise<Stood> => {
  const { fan, deps, echoes, signal } = work
  let step = first
  for (let left = tries; left > 0; left -= 1) {
    if (step.do === 'leave') throw takenBy(fan, step.child)
    if (step.do === 'keep') return { stands: true, did: 'nothing' }
    const written = await deps.children[step.do](step.body, signal)
    noteStored(work, step.body, written)
    if (written.did === 'written') return { stands: true, did: step.do === 'create' ? 'created' : 'replaced' }
    if (written.did === 'gone') return { stands: false, did: 'nothing' }
    step = stepFor(fan, namespace, await read(work, placeOf(fan, namespace)), echoes)
  }
  throw new Fault('ClusterRefused', `the ${fan.traits.noun} is changed by somebody else at this moment`, {
    remedy: 'nothing; it is tried again by itself',
  })
}

/** Deletes a child that is still this object's; one that was given away, or replaced, stays. */
const remove = async (work: Work, seen: Child): Promise<void> => {
  const { fan, deps, signal } = work
  const place = placeOf(fan, seen.metadata.namespace ?? '', seen.metadata.name)
  let child: Child | undefined = seen
  for (let left = tries; child && isMadeBy(child, fan) && !isGoing(child); left -= 1) {
    const { uid = '', resourceVersion = '' } = child.metadata
    if ((await deps.children.remove({ ...place, uid, resourceVersion }, signal)) === 'done') return
    if (left === 0) throw new Fault('ClusterRefused', `the former ${fan.traits.noun} is changed at this moment`)
    child = await read(work, place)
  }
}

const settle = async (work: Work, { namespace, remove: spent, step }: Task): Promise<Result> => {
  let removed = 0
  try {
    for (const child of spent) {
      await remove(work, child)
      removed += 1
    }
    const stood: Stood = step ? await stand(work, namespace, step) : { stands: false, did: 'nothing' }
    return { namespace, removed, fault: undefined, ...stood }
  } catch (thrown) {
    return { namespace, removed, stands: false, did: 'nothing', fault: asFault(thrown) }
  }
}

const isIdle = ({ remove: spent, step }: Task): boolean => spent.length === 0 && step?.do === 'keep'

/**
 * Carries a plan out, some namespaces at once. What is refused in one namespace stops no other; only where nobody answers, the rest
 * is left for later and fails by the same cause. Undefined where the object changed meanwhile, or the process stops.
 */
export const carryOut = async (work: Work, tasks: readonly Task[]): Promise<readonly Result[] | undefined> => {
  const results = new Map<string, Result>()
  const silences: Fault[] = []
  const queue = [...tasks]
  const goesOn = () => work.isCurrent() && !work.signal.aborted
  const lane = async (): Promise<void> => {
    for (let task = queue.shift(); task && goesOn(); task = queue.shift()) {
      const { namespace } = task
      const silence = silences.length < mostSilences ? undefined : silences[0]
      const result =
        silence && !isIdle(task)
          ? { namespace, removed: 0, stands: false, did: 'nothing' as const, fault: silence }
          : await settle(work, task)
      if (result.fault?.code === 'ClusterUnreachable') silences.push(result.fault)
      results.set(namespace, result)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  if (!goesOn()) return undefined
  return tasks.flatMap(({ namespace }) => results.get(namespace) ?? [])
}

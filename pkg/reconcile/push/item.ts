import { adoptAnnotation } from '#admission'
import { Fault, type FaultCode, type Sensitive, show } from '#core'
import { applied, type PushPart, thereIn } from '#materialize'
import type { Facts } from './facts.ts'
import { loopFault } from './loop.ts'
import { factKey, type Job, type PushPass, placeIn, placeKey } from './pass.ts'
import { look, lookClosely, type Sight } from './sight.ts'

/** What is to be done with one item, and which of its parts are ours there afterwards. */
export type Verdict =
  | { readonly do: 'keep'; readonly ours: readonly PushPart[] }
  | {
      readonly do: 'create'
      readonly ours: readonly PushPart[]
      readonly text: Sensitive
    }
  | {
      readonly do: 'update'
      readonly ours: readonly PushPart[]
      readonly text: Sensitive
      readonly facts: Facts
    }

export type Done = { readonly did: 'kept' | 'created' | 'updated'; readonly ours: readonly PushPart[] }

/** Entries of the status: what earlier passes left there. */
type Recorded = (part: PushPart) => boolean

interface Work {
  readonly job: Job
  readonly recorded: Recorded
}

/** A write under way. `isOpen`: it was sent, and whether it was done nobody knows. */
export interface Writing extends Work {
  readonly considered: Verdict
  /** When it was considered, on the clock of the turnstile. */
  readonly at: number
  isOpen: boolean
}

// answers that leave it open whether a write was done; every other one says that it was not
const open: readonly FaultCode[] = ['GatewayUnreachable', 'GatewayFailed', 'GatewayAnswerInvalid', 'Unexpected']

const unmanaged = (job: Job): Fault =>
  new Fault('RemoteUnmanaged', `item ${show(job.push.remoteKey)} exists, and no PushSecret made it`, {
    path: placeIn(job),
    remedy: `push to another item, or annotate the PushSecret with ${adoptAnnotation}: "true"`,
  })

const isAdopting = ({ pushSecret }: PushPass): boolean => pushSecret.metadata.annotations?.[adoptAnnotation] === 'true'

/** updatePolicy IfNotExists leaves alone what is there; of that, only what we made ourselves is ours. */
const split = ({ pushSecret }: PushPass, { job, recorded }: Work, sight: Sight) => {
  const { parts } = job.push
  if (pushSecret.spec.updatePolicy === 'Replace') return { sent: parts, ours: parts }
  const isThere = thereIn(sight.is === 'there' ? sight.text : undefined)
  const sent = new Set(parts.filter(part => !isThere(part)))
  return { sent: [...sent], ours: parts.filter(part => sent.has(part) || recorded(part)) }
}

/** Whether and how an item is written: never over what somebody else made (decision 26). Throws Fault. */
const judge = async (pass: PushPass, work: Work, sight: Sight): Promise<Verdict> => {
  const { job } = work
  const { sent, ours } = split(pass, work, sight)
  if (sent.length === 0) return { do: 'keep', ours }
  const text = applied(job.push, sent, sight.is === 'there' ? sight.text : undefined)
  if (text instanceof Fault) throw text
  if (sight.is === 'absent') return { do: 'create', ours, text }
  if (text.equals(sight.text)) return { do: 'keep', ours }
  const loop = loopFault(pass, job, sent)
  if (loop) throw loop
  if (!sight.facts) return judge(pass, work, await lookClosely(pass, job))
  if (!sight.facts.isTagged && !isAdopting(pass)) throw unmanaged(job)
  return { do: 'update', ours, text, facts: sight.facts }
}

/** What is to be done with an item, from a look at it. Throws Fault. */
export const consider = async (pass: PushPass, work: Work, isSettled: boolean): Promise<Verdict> =>
  judge(pass, work, await look(pass, work.job, isSettled))

/** Sends one write. `again`: somebody else was faster, and the item must be looked at anew. Throws Fault. */
const send = async (pass: PushPass, { door, push }: Job, verdict: Exclude<Verdict, { do: 'keep' }>) => {
  const { remote } = pass.deps
  const { facts } = pass.parts
  const key = factKey(door, push.remoteKey)
  const value = verdict.text
  const item = { path: push.remoteKey, value }
  // until the answer is there, nothing is known of the item; nor if it never comes
  facts.forget(key)
  if (verdict.do === 'create') {
    if ((await remote.create(door.identity, item, pass.signal)) !== 'written') return 'again'
    facts.note(key, { isTagged: true, lastVersion: 1, mark: value.fingerprint(), grows: false })
    return 'created'
  }
  const { lastVersion, grows, isTagged } = verdict.facts
  const written = await remote.update(door.identity, { ...item, lastVersion }, pass.signal)
  if (written !== 'written') return 'again'
  const next = lastVersion === undefined ? undefined : lastVersion + (grows ? 1 : 0)
  facts.note(key, { isTagged, grows, lastVersion: next, mark: value.fingerprint() })
  return 'updated'
}

/** The same, told to others who looked at the item before, and keeping in mind what is open. */
const write = async (pass: PushPass, writing: Writing, verdict: Exclude<Verdict, { do: 'keep' }>) => {
  const { job } = writing
  writing.isOpen = true
  try {
    const did = await send(pass, job, verdict)
    writing.isOpen = false
    return did
  } catch (thrown) {
    if (thrown instanceof Fault && !open.includes(thrown.code)) writing.isOpen = false
    throw thrown
  } finally {
    pass.parts.turnstile.touch(placeKey(job.door, job.push.remoteKey))
  }
}

/** After a conflict: if the value is the one that we knew and only its version moved, the account counts our own updates. */
const lookAgain = async (pass: PushPass, job: Job, before: Verdict): Promise<Sight> => {
  const sight = await lookClosely(pass, job)
  if (before.do !== 'update' || sight.is !== 'there' || !sight.facts) return sight
  const { mark, lastVersion = 0 } = before.facts
  const grew = sight.facts.mark === mark && sight.facts.lastVersion === lastVersion + 1
  if (!grew) return sight
  const facts = { ...sight.facts, grows: true }
  pass.parts.facts.note(factKey(job.door, job.push.remoteKey), facts)
  return { ...sight, facts }
}

/** Whether another of our passes wrote or deleted the item since it was considered. */
const isStale = ({ parts }: PushPass, { job: { door, push }, at }: Writing): boolean =>
  parts.turnstile.isTouched(placeKey(door, push.remoteKey), at)

const tries = 3

/**
 * Brings an item to what was considered: one write, or none. Somebody else's write in between is read and merged with the same
 * values. Throws Fault; then it is open whether the write was done, and the next pass looks before it sends anything.
 */
export const carryOut = async (pass: PushPass, work: Writing): Promise<Done> => {
  let verdict = isStale(pass, work) ? await judge(pass, work, await lookClosely(pass, work.job)) : work.considered
  for (let count = 0; count < tries; count += 1) {
    if (verdict.do === 'keep') return { did: 'kept', ours: verdict.ours }
    const did = await write(pass, work, verdict)
    if (did !== 'again') return { did, ours: verdict.ours }
    verdict = await judge(pass, work, await lookAgain(pass, work.job, verdict))
  }
  const { remoteKey } = work.job.push
  throw new Fault('RemoteConflict', `item ${show(remoteKey)} was written by somebody else at each of ${tries} tries`, {
    path: placeIn(work.job),
  })
}

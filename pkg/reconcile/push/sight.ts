import type { RemoteItem } from '#api'
import { Fault, type FaultCode, type Sensitive, show } from '#core'
import type { Facts } from './facts.ts'
import { factKey, type Job, type PushPass, placeIn } from './pass.ts'

/** An item as it is now: its value, and what is known of it besides. */
export type Sight =
  | { readonly is: 'absent' }
  /** `facts`: undefined where they are not known for this very value. */
  | { readonly is: 'there'; readonly text: Sensitive; readonly facts: Facts | undefined }

/** Akeyless makes such an item by itself: it is never read for a push, and never written (akeyless.md §5.2). */
const unfit = (job: Job): Fault =>
  new Fault(
    'ItemTypeUnsupported',
    `item ${show(job.push.remoteKey)} is no static item, and no value can be put there`,
    {
      path: placeIn(job),
      remedy: 'push to another item',
    },
  )

const disabled = (job: Job): Fault =>
  new Fault('ItemDisabled', `item ${show(job.push.remoteKey)} is disabled`, { path: placeIn(job) })

/** What an item is; throws Fault where nothing can be pushed to it. */
const describe = async (pass: PushPass, job: Job): Promise<RemoteItem | undefined> => {
  const item = await pass.deps.remote.look(job.door.identity, job.push.remoteKey, pass.signal)
  if (item && !item.isStatic) throw unfit(job)
  if (item && !item.enabled) throw disabled(job)
  return item
}

const readValue = (pass: PushPass, { door, push }: Job): Promise<Sensitive | undefined> =>
  pass.deps.remote.value(door.identity, push.remoteKey, pass.signal)

/** Looks at the item first and reads it then: the version is never newer than the value that goes with it. */
export const lookClosely = async (pass: PushPass, job: Job): Promise<Sight> => {
  const { facts } = pass.parts
  const key = factKey(job.door, job.push.remoteKey)
  const item = await describe(pass, job)
  const text = item && (await readValue(pass, job))
  if (!item || text === undefined) {
    facts.forget(key)
    return { is: 'absent' }
  }
  const known = {
    isTagged: item.isTagged,
    lastVersion: item.lastVersion,
    mark: text.fingerprint(),
    grows: facts.get(key)?.grows ?? false,
  }
  facts.note(key, known)
  return { is: 'there', text, facts: known }
}

// what a refused read may come from besides a right that is missing: an item of another type by now
const explicable: readonly FaultCode[] = ['AccessDenied', 'GatewayFailed', 'GatewayAnswerInvalid', 'ItemEmpty']

/** Reads an item that was static when it was last looked at: one call, shared with all who read now. */
const lookBriefly = async (pass: PushPass, job: Job): Promise<Sight> => {
  const key = factKey(job.door, job.push.remoteKey)
  const known = pass.parts.facts.get(key)
  let text: Sensitive | undefined
  try {
    text = await readValue(pass, job)
  } catch (thrown) {
    // the item may tell why; if it does not, what was thrown stands
    if (thrown instanceof Fault && explicable.includes(thrown.code)) await describe(pass, job)
    throw thrown
  }
  if (text === undefined) {
    pass.parts.facts.forget(key)
    return { is: 'absent' }
  }
  return { is: 'there', text, facts: known?.mark === text.fingerprint() ? known : undefined }
}

/**
 * The item of a job as it is now. One that we know, or that we have pushed before and that is settled, nothing having changed here
 * since, is read at once; any other is looked at first, since reading what is no static item could issue a credential. Throws Fault.
 */
export const look = (pass: PushPass, job: Job, isSettled: boolean): Promise<Sight> => {
  const isKnown = pass.parts.facts.get(factKey(job.door, job.push.remoteKey)) !== undefined
  return isKnown || isSettled ? lookBriefly(pass, job) : lookClosely(pass, job)
}

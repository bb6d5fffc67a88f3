import { Fault, type FaultCode } from '#core'
import { storeId } from '#materialize'
import { refusedBy } from './doors.ts'
import { consider, type Verdict } from './item.ts'
import { type Job, type PushPass, placeKey } from './pass.ts'
import { has, type Record } from './record.ts'

/** `at`: when it was looked at, on the clock of the turnstile. */
export type Considered = { readonly job: Job; readonly verdict: Verdict | Fault; readonly at: number }

// a gateway answers with up to 4 MiB for each, where an item holds some KB
const mostAtOnce = 8

// what a thousand items hold at the 16 KB that Akeyless documents; all that is to be sent is known before anything is sent
const mostBytes = 16 * 1024 * 1024

/** Works on all jobs, a few at once. After a throw nothing more is begun, and what was begun is awaited. */
export const fewAtOnce = async <T, R>(jobs: readonly T[], work: (job: T) => Promise<R>): Promise<readonly R[]> => {
  const results: R[] = []
  const queue = jobs.entries()
  let isOver = false
  const lane = async (): Promise<void> => {
    for (const [index, job] of queue) {
      if (isOver) return
      try {
        results[index] = await work(job)
      } catch (thrown) {
        isOver = true
        throw thrown
      }
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: mostAtOnce }, lane))
  for (const each of lanes) if (each.status === 'rejected') throw each.reason
  return results
}

// of one item, and not of the store: told at the entry that names it
const ofItem: readonly FaultCode[] = ['AccessDenied', 'ItemEmpty', 'GatewayFailed', 'GatewayAnswerInvalid']

/** What came of the work on an item, or why it failed. Throws where the process stops. */
export const settled = async <T>(
  pass: PushPass,
  { door, push: { parts } }: Job,
  work: Promise<T>,
): Promise<T | Fault> => {
  try {
    return await work
  } catch (thrown) {
    pass.signal.throwIfAborted()
    const isItem = thrown instanceof Fault && ofItem.includes(thrown.code)
    const path = (isItem ? parts[0]?.path : undefined) ?? 'spec.secretStoreRefs'
    return refusedBy(pass, door.store, thrown, path)
  }
}

/** One item at a time: whoever else writes it waits for this and no more. */
export const held = <T>({ parts }: PushPass, { door, push }: Job, work: () => Promise<T>): Promise<T> =>
  parts.turnstile.hold(placeKey(door, push.remoteKey), work)

const tooMuch = (): Fault =>
  new Fault('SecretTooLarge', `its items would hold more than ${mostBytes / 1024 / 1024} MiB together`, {
    path: 'spec',
    remedy: 'split it into several PushSecrets, or push to items that hold less',
  })

/** What is to be done with each item. Throws Fault where that is more than is kept in memory. */
export const considerAll = (
  pass: PushPass,
  { jobs, before }: { readonly jobs: readonly Job[]; readonly before: Record },
  isSettled: boolean,
): Promise<readonly Considered[]> => {
  let bytes = 0
  return fewAtOnce(jobs, async job => {
    const id = storeId(job.push.store)
    const known = (part: Job['push']['parts'][number]) => has(before, id, part)
    const isOurs = isSettled && job.push.parts.every(known)
    let at = 0
    const look = () => {
      at = pass.parts.turnstile.now()
      return consider(pass, { job, recorded: known }, isOurs)
    }
    const verdict = await settled(pass, job, held(pass, job, look))
    if ('text' in verdict) bytes += verdict.text.size
    if (bytes > mostBytes) throw tooMuch()
    return { job, verdict, at }
  })
}

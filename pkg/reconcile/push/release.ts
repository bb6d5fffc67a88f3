import { refOf } from '../store.ts'
import { type Cleaned, clean, cleaning } from './clean.ts'
import { pushFinalizer } from './marks.ts'
import type { PushPass } from './pass.ts'
import { recordOf } from './record.ts'

/** Deletes everything that was pushed. */
export const cleanAll = async (pass: PushPass): Promise<Cleaned> =>
  clean(pass, await cleaning(pass, recordOf(pass.pushSecret), new Map()), [])

/** A PushSecret has a finalizer only while it deletes what it pushed (decision 21). */
export const keepFinalizer = async ({ deps, pushSecret, signal }: PushPass): Promise<void> => {
  const { metadata, spec } = pushSecret
  const has = metadata.finalizers?.includes(pushFinalizer) ?? false
  if (spec.deletionPolicy === 'Delete' && !has) await deps.finalizers.add(refOf(pushSecret), pushFinalizer, signal)
  if (spec.deletionPolicy !== 'Delete' && has) await deps.finalizers.remove(refOf(pushSecret), pushFinalizer, signal)
}

/** Lets a PushSecret go: at once with deletionPolicy None, and once everything it pushed is deleted with Delete. */
export const releasePush = async (pass: PushPass): Promise<Cleaned | 'free'> => {
  const { deps, pushSecret, signal } = pass
  if (!pushSecret.metadata.finalizers?.includes(pushFinalizer)) return 'free'
  const cleaned =
    pushSecret.spec.deletionPolicy === 'Delete' ? await cleanAll(pass) : { remaining: [], faults: [], left: [] }
  if (cleaned.faults.length === 0) await deps.finalizers.remove(refOf(pushSecret), pushFinalizer, signal)
  return cleaned
}

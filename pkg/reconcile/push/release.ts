import { Superseded } from '../pass.ts'
import { refOf } from '../store.ts'
import { type Cleaned, clean, cleaning } from './clean.ts'
import { pushFinalizer } from './marks.ts'
import type { PushPass } from './pass.ts'
import { recordOf } from './record.ts'

/** Deletes everything that was pushed. */
export const cleanAll = async (pass: PushPass): Promise<Cleaned> => {
  pass.parts.claims.set(pass.pushSecret.metadata.uid ?? '', [])
  return clean(pass, await cleaning(pass, recordOf(pass.pushSecret), new Map()), [])
}

/**
 * A PushSecret has a finalizer only while it deletes what it pushed (decision 21). Throws Superseded where it cannot have one any
 * more: what is pushed then would stay.
 */
export const keepFinalizer = async ({ deps, parts, key, pushSecret, signal }: PushPass): Promise<void> => {
  const { metadata, spec } = pushSecret
  const isDeleting = spec.deletionPolicy === 'Delete'
  if ((metadata.finalizers?.includes(pushFinalizer) ?? false) === isDeleting) return
  const object = { ...refOf(parts.memory.read(key, pushSecret)), generation: metadata.generation }
  const written = isDeleting
    ? await deps.finalizers.add(object, pushFinalizer, signal)
    : await deps.finalizers.remove(object, pushFinalizer, signal)
  if (written === undefined) throw new Superseded()
  parts.memory.note(key, pushSecret, {}, written)
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

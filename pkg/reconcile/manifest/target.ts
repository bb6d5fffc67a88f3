import type { ExternalSecret } from '#api'
import { asFault } from '#core'
import { place } from '#materialize'
import { readyOf } from '../conditions.ts'
import { forceSyncOf, targetName } from '../marks.ts'
import { engineOf, type Pass, Refused } from '../pass.ts'
import { policyOf } from '../policy.ts'
import type { SecretDigest } from '../ports.ts'
import { renderTexts } from '../render.ts'
import { refOf } from '../store.ts'
import type { Target } from '../target.ts'
import { refusedObject, refusedRemoval } from './claim.ts'
import { holdsItsHash, isIntactObject, isWrittenByUs } from './intact.ts'
import type { ManifestObject } from './object.ts'
import type { ObjectClient, ObjectKind, Objects, ObjectWatches } from './port.ts'
import { manifestsDisabled, resourceReady } from './ready.ts'
import { writeObject } from './write.ts'

interface Opened {
  readonly objects: Objects
  readonly kind: ObjectKind
  readonly existing: ManifestObject | undefined
}

const kindOf = (objects: Objects, { spec }: ExternalSecret, signal: AbortSignal): Promise<ObjectKind> => {
  const { apiVersion = '', kind = '' } = spec.target.manifest ?? {}
  return objects.client.resolve(apiVersion, kind, signal)
}

/** The kind, watched from now on where drift is to be repaired, and the object as it is there. Throws Fault. */
const open = async ({ deps: { objects }, key, externalSecret, signal }: Pass): Promise<Opened> => {
  if (!objects) throw manifestsDisabled()
  const kind = await kindOf(objects, externalSecret, signal)
  if (policyOf(externalSecret).guards) objects.watches.hold(key, kind)
  else objects.watches.release(key)
  const { namespace = '' } = externalSecret.metadata
  const existing = await objects.client.read(kind, namespace, targetName(externalSecret), signal)
  return { objects, kind, existing }
}

const lastSeen = (watches: ObjectWatches, kind: ObjectKind, externalSecret: ExternalSecret) =>
  watches.isSynced(kind)
    ? watches.get(kind, externalSecret.metadata.namespace ?? '', targetName(externalSecret))
    : undefined

/** The object in the shape of a Secret, for whoever asks what it was last written for; undefined where it cannot be told. */
export const objectAsSecret = async (pass: Pass): Promise<SecretDigest | undefined> => {
  const { objects } = pass.deps
  const { externalSecret, signal } = pass
  // nothing else is asked of it, and a sync that was forced leaves its mark
  if (!objects || forceSyncOf(externalSecret.metadata.annotations) === undefined) return undefined
  const { namespace = '' } = externalSecret.metadata
  const name = targetName(externalSecret)
  try {
    const kind = await kindOf(objects, externalSecret, signal)
    const seen =
      lastSeen(objects.watches, kind, externalSecret) ??
      (await objects.client.read(kind, namespace, name, signal))?.metadata
    const { labels = {}, annotations = {}, ownerReferences = [] } = seen ?? {}
    const content = { uid: '', resourceVersion: '', type: '', immutable: false, dataHash: '' }
    return seen && { ...content, namespace, name, labels, annotations, ownerReferences }
  } catch {
    return undefined
  }
}

/** The object as it is there, judged by its content too. What we wrote ourselves needs no hash: it may hold defaults by now. */
const judge = (pass: Pass, client: ObjectClient, live: ManifestObject | undefined): boolean => {
  const { parts, key, externalSecret } = pass
  if (!live) return false
  // the object to merge with has come, and whoever made it may have left it as if we had written it
  if (readyOf(externalSecret.status?.conditions)?.reason === resourceReady.absent.reason) return false
  const mark = client.markOf(live)
  const last = parts.marks.get(key)
  const isContent = mark === last || holdsItsHash(live) || (last === undefined && isWrittenByUs(live, externalSecret))
  const digest = { labels: {}, annotations: {}, ownerReferences: [], ...live.metadata, mark }
  if (!isContent || isIntactObject(externalSecret, digest, mark) !== 'intact') return false
  parts.marks.set(key, mark)
  return true
}

/**
 * Whether the object is as the last sync left it. Costs no call where the watch saw nothing else; a process that has just started
 * looks once. True where it cannot be told: the next sync says why.
 */
export const isObjectIntact = async (pass: Pass): Promise<boolean> => {
  const { deps, parts, key, externalSecret, signal } = pass
  const { objects } = deps
  if (!objects || !policyOf(externalSecret).guards) return true
  try {
    const kind = await kindOf(objects, externalSecret, signal)
    objects.watches.hold(key, kind)
    const { namespace = '' } = externalSecret.metadata
    const name = targetName(externalSecret)
    const seen = lastSeen(objects.watches, kind, externalSecret)
    if (seen && isIntactObject(externalSecret, seen, parts.marks.get(key)) === 'intact') return true
    return judge(pass, objects.client, await objects.client.read(kind, namespace, name, signal))
  } catch {
    return true
  }
}

const remove = async (pass: Pass, missing: Refused['faults']): Promise<boolean> => {
  const { deps, parts, key, externalSecret, startedAt, signal } = pass
  const { objects, kind, existing } = await open(pass)
  if (!existing) return false
  const fault = refusedRemoval(externalSecret, existing)
  // told with the items that are gone: they may come back, and a refusal alone would wait for an edit
  if (fault) throw new Refused([fault, ...missing])
  try {
    parts.guard.confirm(key, ['object', ...missing.map(({ path }) => path ?? '')], startedAt, 'the object')
  } catch (thrown) {
    throw new Refused([asFault(thrown), ...missing])
  }
  const { namespace, name, uid = '', resourceVersion = '' } = existing.metadata
  await objects.client.remove(kind, { namespace, name, uid, resourceVersion }, signal)
  parts.marks.delete(key)
  const message = 'resource deleted due to DeletionPolicy=Delete'
  deps.events.record(refOf(externalSecret), { type: 'Normal', reason: 'Deleted', message })
  return true
}

/** An object of another kind than Secret (compatibility.md §2.8). */
export const objectTarget = (pass: Pass): Target => {
  const { deps, parts, key, externalSecret, signal } = pass
  const { writes, creates } = policyOf(externalSecret)
  let opened: Opened | undefined
  return {
    isThere: () => !creates || opened?.existing !== undefined,
    check: async () => {
      if (!deps.objects) throw manifestsDisabled()
      if (!writes) return undefined
      opened = await open(pass)
      if (!opened.existing && !creates) return 'absent'
      const fault = refusedObject(externalSecret, opened.existing)
      if (fault) throw fault
      return undefined
    },
    write: async (fetched, { approve, mustHold }) => {
      const rendered = await renderTexts(pass, fetched)
      // as it was before the items were read: a write in between is a conflict, and then it is read again
      const { objects, kind, existing } = opened ?? (await open(pass))
      const lay = async (base: ManifestObject) => {
        const placed = await place(base, externalSecret.spec.target.template, fetched, rendered, engineOf(pass))
        if ('faults' in placed) throw new Refused(placed.faults)
        mustHold()
        return placed.object
      }
      const written = await writeObject(objects.client, { externalSecret, kind, existing, lay, approve }, signal)
      if (written.did === 'absent') return 'absent'
      parts.marks.set(key, written.mark)
      return written.did
    },
    remove: missing => remove(pass, missing),
  }
}

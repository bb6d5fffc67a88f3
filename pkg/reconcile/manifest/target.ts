import type { ExternalSecret } from '#api'
import { asFault } from '#core'
import { place } from '#materialize'
import { targetName } from '../marks.ts'
import { type Pass, Refused } from '../pass.ts'
import { policyOf } from '../policy.ts'
import { renderTexts } from '../render.ts'
import { refOf } from '../store.ts'
import type { Target } from '../target.ts'
import { refusedObject, refusedRemoval } from './claim.ts'
import { holdsItsHash, isIntactObject } from './intact.ts'
import type { ManifestObject } from './object.ts'
import type { ObjectKind, Objects } from './port.ts'
import { manifestsDisabled } from './ready.ts'
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

/** The kind, watched from now on, and the object as it is there. Throws Fault. */
const open = async ({ deps: { objects }, key, externalSecret, signal }: Pass): Promise<Opened> => {
  if (!objects) throw manifestsDisabled()
  const kind = await kindOf(objects, externalSecret, signal)
  objects.watches.hold(key, kind)
  const { namespace = '' } = externalSecret.metadata
  const existing = await objects.client.read(kind, namespace, targetName(externalSecret), signal)
  return { objects, kind, existing }
}

/**
 * Whether the object is as the last sync left it. Costs no call once it has been looked at; a process that has just started looks
 * once. True where it cannot be told: the next sync says why.
 */
export const isObjectIntact = async ({ deps, parts, key, externalSecret, signal }: Pass): Promise<boolean> => {
  const { objects } = deps
  if (!objects) return true
  try {
    const kind = await kindOf(objects, externalSecret, signal)
    objects.watches.hold(key, kind)
    const { namespace = '' } = externalSecret.metadata
    const name = targetName(externalSecret)
    const mark = parts.marks.get(key)
    const seen = objects.watches.isSynced(kind) ? objects.watches.get(kind, namespace, name) : undefined
    const known = seen && mark !== undefined ? isIntactObject(externalSecret, seen, mark) : 'unknown'
    if (known !== 'unknown') return known === 'intact'
    const live = await objects.client.read(kind, namespace, name, signal)
    const now = live && {
      labels: {},
      annotations: {},
      ownerReferences: [],
      ...live.metadata,
      mark: objects.client.markOf(live),
    }
    const intact = isIntactObject(externalSecret, now, now && holdsItsHash(live) ? now.mark : '') === 'intact'
    if (now && intact) parts.marks.set(key, now.mark)
    return intact
  } catch {
    return true
  }
}

const remove = async (pass: Pass, missing: Refused['faults']): Promise<boolean> => {
  const { deps, parts, key, externalSecret, startedAt, signal } = pass
  const { objects, kind, existing } = await open(pass)
  if (!existing) {
    parts.guard.settle(key)
    return false
  }
  const fault = refusedRemoval(externalSecret, existing)
  if (fault) throw fault
  try {
    parts.guard.confirm(key, ['object', ...missing.map(({ path }) => path ?? '')], startedAt)
  } catch (thrown) {
    throw new Refused([asFault(thrown), ...missing])
  }
  const { namespace, name, uid = '', resourceVersion = '' } = existing.metadata
  await objects.client.remove(kind, { namespace, name, uid, resourceVersion }, signal)
  parts.guard.settle(key)
  const message = 'resource deleted due to DeletionPolicy=Delete'
  deps.events.record(refOf(externalSecret), { type: 'Normal', reason: 'Deleted', message })
  return true
}

/** An object of another kind than Secret (compatibility.md §2.8). */
export const objectTarget = (pass: Pass): Target => {
  const { deps, parts, key, externalSecret, signal } = pass
  const { writes, creates } = policyOf(externalSecret)
  return {
    check: async () => {
      if (!deps.objects) throw manifestsDisabled()
      if (!writes) return undefined
      const { existing } = await open(pass)
      if (!existing && !creates) return 'absent'
      const fault = refusedObject(externalSecret, existing)
      if (fault) throw fault
      return undefined
    },
    write: async fetched => {
      const rendered = await renderTexts(pass, fetched)
      const { objects, kind, existing } = await open(pass)
      const lay = async (base: ManifestObject) => {
        const placed = await place(base, externalSecret.spec.target.template, fetched, rendered, deps.engine)
        if ('faults' in placed) throw new Refused(placed.faults)
        return placed.object
      }
      const written = await writeObject(objects.client, { externalSecret, kind, existing, lay }, signal)
      if (written.did === 'absent') return 'absent'
      parts.marks.set(key, written.mark)
      return written.did
    },
    remove: missing => remove(pass, missing),
  }
}

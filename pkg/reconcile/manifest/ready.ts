import { Fault } from '#core'
import type { Ready } from '../conditions.ts'

const ready = (reason: string, message: string): Ready => ({ status: 'True', reason, message })

/** The Ready condition of an ExternalSecret with a manifest target, where nothing failed (compatibility.md §1.3). */
export const resourceReady = {
  synced: ready('ResourceSynced', 'resource synced'),
  retained: ready('ResourceSynced', 'resource retained due to DeletionPolicy=Retain'),
  deleted: ready('ResourceDeleted', 'resource deleted due to DeletionPolicy=Delete'),
  absent: ready('ResourceMissing', 'resource will not be created due to CreationPolicy=Merge'),
} as const satisfies Record<string, Ready>

/** Its reason where something failed; the message says what (decision 22). */
export const resourceFailed = 'ResourceSyncedError'

/** Manifest targets are off unless somebody with a hand on the flags says otherwise. */
export const manifestsDisabled = (): Fault =>
  new Fault('NotSupported', 'other targets than Secrets are switched off', {
    path: 'spec.target.manifest',
    remedy: 'start Latchkey with --unsafe-allow-generic-targets and give it rights on the kind, or make a Secret',
  })

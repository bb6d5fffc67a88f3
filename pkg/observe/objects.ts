import { type FaultCode, faults } from '#core'
import type { Metrics } from './metrics.ts'

const perKind = {
  ExternalSecret: { condition: 'externalsecret_status_condition', duration: 'externalsecret_reconcile_duration' },
  SecretStore: { condition: 'secretstore_status_condition', duration: 'secretstore_reconcile_duration' },
  ClusterSecretStore: {
    condition: 'clustersecretstore_status_condition',
    duration: 'clustersecretstore_reconcile_duration',
  },
  PushSecret: { condition: 'pushsecret_status_condition', duration: 'pushsecret_reconcile_duration' },
  ClusterExternalSecret: {
    condition: 'clusterexternalsecret_status_condition',
    duration: 'clusterexternalsecret_reconcile_duration',
  },
  ClusterPushSecret: {
    condition: 'clusterpushsecret_status_condition',
    duration: 'clusterpushsecret_reconcile_duration',
  },
} as const

interface ObjectName {
  readonly kind: keyof typeof perKind
  /** Undefined for cluster-scoped objects; the label is then empty, as ESO's. */
  readonly namespace: string | undefined
  readonly name: string
}

const statuses = ['True', 'False'] as const
const nanosecondsPerMs = 1e6

const isFault = (code: string): code is FaultCode => Object.hasOwn(faults, code)

/** Turns what the reconciler reports into ESO's per-object series; satisfies the Observer of its ports. */
export const objectRecorder = (metrics: Metrics) => ({
  /** `code` is a fault code where the sync failed, any other word where it did not. */
  synced(object: ObjectName, outcome: { readonly code: string; readonly tookMs: number }): void {
    const labels = { name: object.name, namespace: object.namespace ?? '' }
    const { condition, duration } = perKind[object.kind]
    const failed = isFault(outcome.code)
    metrics.set(duration, labels, Math.round(outcome.tookMs * nanosecondsPerMs))
    for (const status of statuses) {
      metrics.set(condition, { ...labels, condition: 'Ready', status }, (status === 'False') === failed ? 1 : 0)
    }
    if (object.kind === 'ExternalSecret') metrics.count('externalsecret_sync_calls_total', labels)
    if (object.kind === 'ExternalSecret' && failed) metrics.count('externalsecret_sync_calls_error', labels)
    if (failed) metrics.count('latchkey_faults_total', { kind: object.kind, code: outcome.code })
  },

  /** A deleted object leaves no series behind; ESO's stay for ever. */
  removed(object: ObjectName): void {
    const labels = { name: object.name, namespace: object.namespace ?? '' }
    const { condition, duration } = perKind[object.kind]
    metrics.drop(duration, labels)
    for (const status of statuses) metrics.drop(condition, { ...labels, condition: 'Ready', status })
    if (object.kind !== 'ExternalSecret') return
    metrics.drop('externalsecret_sync_calls_total', labels)
    metrics.drop('externalsecret_sync_calls_error', labels)
  },
})

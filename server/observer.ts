import { type Log, type Metrics, objectRecorder } from '#observe'
import type { Observer } from '#reconcile'

/** What was done, for people in the log and for machines in the metrics. */
export const createObserver = (log: Log, metrics: Metrics): Observer => {
  const record = objectRecorder(metrics)
  return {
    synced(object, { code, tookMs }) {
      record.synced(object, { code, tookMs })
      const { kind, namespace, name } = object
      log.info('synced', { kind, namespace, name, code, tookMs: Math.round(tookMs * 10) / 10 })
    },
    removed: object => record.removed(object),
    ignored: ({ kind, namespace, name }, why) => log.debug('left alone', { kind, namespace, name, reason: why }),
  }
}

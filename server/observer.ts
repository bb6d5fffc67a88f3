import type { Fault } from '#core'
import { type Log, type Metrics, objectRecorder } from '#observe'
import type { ObjectRef, Observer } from '#reconcile'

/** What each object failed by when it was last looked at, so that a failure is news once. */
const createLastFaults = () => {
  const lines = new Map<string, string>()
  return {
    isNews({ uid }: ObjectRef, fault: Fault): boolean {
      const line = fault.line()
      const told = lines.get(uid) === line
      lines.set(uid, line)
      return !told
    },
    forget: ({ uid }: ObjectRef) => lines.delete(uid),
  }
}

/** What was done, for people in the log and for machines in the metrics. */
export const createObserver = (log: Log, metrics: Metrics): Observer => {
  const record = objectRecorder(metrics)
  const last = createLastFaults()
  return {
    synced(object, { faults, tookMs }) {
      const [fault] = faults
      const code = fault?.code ?? 'ok'
      record.synced(object, { code, tookMs })
      const { kind, namespace, name } = object
      const line = { kind, namespace, name, code, tookMs: Math.round(tookMs * 10) / 10 }
      if (!fault) {
        last.forget(object)
        log.info('synced', line)
        return
      }
      const say = last.isNews(object, fault) ? log.warn : log.debug
      say('not synced', { ...line, fault })
    },
    removed: object => {
      last.forget(object)
      record.removed(object)
    },
    left({ kind, namespace, name }, faults) {
      for (const fault of faults) log.warn('an item is left', { kind, namespace, name, code: fault.code, fault })
    },
    ignored: ({ kind, namespace, name }, why) => log.debug('left alone', { kind, namespace, name, reason: why }),
  }
}

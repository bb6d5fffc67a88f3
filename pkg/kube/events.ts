import { createHash } from 'node:crypto'
import type { Cluster } from './cluster.ts'
import { pause } from './deadline.ts'
import { KubeError } from './error.ts'
import { pathOf } from './path.ts'
import type { ObjectRef } from './status.ts'

export interface EventText {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

export interface EventOptions {
  readonly cluster: Cluster
  /** Name of this process, as the pod's: shown as reportingInstance. */
  readonly instance: string
  readonly date: () => Date
  /** Called with the number of events given up so far in all. */
  readonly onDropped?: (total: number) => void
}

const component = 'latchkey'
// what ESO and every controller on client-go do: repeated events within the window become one with a count
const windowMs = 5 * 60_000
const queueLimit = 512
const rememberLimit = 2_048
// core/v1 does not check it, events.k8s.io allows 1 KiB
const messageLimit = 1_024

interface Sent {
  readonly path: string
  count: number
  lastAt: number
}
interface Pending {
  readonly key: string
  readonly object: ObjectRef
  readonly event: EventText
  readonly at: Date
  times: number
}

const keyOf = (object: ObjectRef, event: EventText): string =>
  createHash('sha256')
    .update(JSON.stringify([object.kind, object.uid, event.type, event.reason, event.message]))
    .digest('hex')

const seconds = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, 'Z')

const manifest = (pending: Pending, own: { name: string; namespace: string; instance: string }) => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: own.name, namespace: own.namespace },
  involvedObject: {
    kind: pending.object.kind,
    apiVersion: pending.object.apiVersion,
    name: pending.object.name,
    uid: pending.object.uid,
    ...(pending.object.namespace ? { namespace: pending.object.namespace } : {}),
  },
  type: pending.event.type,
  reason: pending.event.reason,
  message: pending.event.message.slice(0, messageLimit),
  source: { component },
  reportingComponent: component,
  reportingInstance: own.instance,
  firstTimestamp: seconds(pending.at),
  lastTimestamp: seconds(pending.at),
  count: pending.times,
})

/** Writes one event: a new object, or a higher count of the one that told the same within the window. */
const sender = ({ cluster, instance }: EventOptions, signal: AbortSignal) => {
  const sent = new Map<string, Sent>()
  let serial = 0

  const remember = (key: string, entry: Sent): void => {
    sent.delete(key)
    sent.set(key, entry)
    const oldest = sent.keys().next().value
    if (sent.size > rememberLimit && oldest !== undefined) sent.delete(oldest)
  }
  const create = async ({ key, object, event, at, times }: Pending): Promise<void> => {
    // client-go's place for events of cluster-scoped objects
    const namespace = object.namespace ?? 'default'
    serial += 1
    const name = `${object.name.slice(0, 230).replace(/[-.]+$/, '')}.${at.getTime().toString(16)}${serial.toString(16)}`
    const place = { apiVersion: 'v1', resource: 'events', namespace }
    const body = manifest({ key, object, event, at, times }, { name, namespace, instance })
    await cluster.request({ method: 'POST', path: pathOf(place), body, signal })
    remember(key, { path: pathOf({ ...place, name }), count: times, lastAt: at.getTime() })
  }
  const repeat = async ({ key, at, times }: Pending, { path, count: before }: Sent): Promise<void> => {
    const count = before + times
    const body = { count, lastTimestamp: seconds(at) }
    await cluster.request({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body, signal })
    remember(key, { path, count, lastAt: at.getTime() })
  }
  return async (pending: Pending): Promise<void> => {
    const before = sent.get(pending.key)
    if (!before || pending.at.getTime() - before.lastAt > windowMs) return create(pending)
    try {
      await repeat(pending, before)
    } catch (thrown) {
      // the event itself expired or was deleted: told anew
      if (!(thrown instanceof KubeError) || thrown.status !== 404) throw thrown
      await create(pending)
    }
  }
}

/** The Events of our objects, written one after the other behind a bounded queue; `record` never throws and never waits. */
export const eventRecorder = (options: EventOptions) => {
  const stopping = new AbortController()
  const send = sender(options, stopping.signal)
  const queue = new Map<string, Pending>()
  const waitingIn = new Map<string | undefined, number>()
  let dropped = 0
  let sending: Promise<void> | undefined

  const wait = ({ namespace }: ObjectRef, change: 1 | -1): void => {
    const count = (waitingIn.get(namespace) ?? 0) + change
    if (count > 0) waitingIn.set(namespace, count)
    else waitingIn.delete(namespace)
  }
  const drop = (): void => {
    dropped += 1
    options.onDropped?.(dropped)
  }
  /** What one namespace floods us with must not keep out what others have to say: the one with most in line loses its last. */
  const makeRoom = ({ namespace }: ObjectRef): boolean => {
    if (queue.size < queueLimit) return true
    const most = Math.max(...waitingIn.values())
    if ((waitingIn.get(namespace) ?? 0) + 1 >= most) return false
    const last = [...queue.values()].findLast(({ object }) => waitingIn.get(object.namespace) === most)
    if (!last) return false
    queue.delete(last.key)
    wait(last.object, -1)
    drop()
    return true
  }
  const drain = async (): Promise<void> => {
    // the caller's turn ends first: what it records in one go is joined
    await pause(0, stopping.signal)
    for (const [key, pending] of queue) {
      queue.delete(key)
      wait(pending.object, -1)
      await send(pending).catch(drop)
    }
    sending = undefined
  }
  return {
    record: (object: ObjectRef, event: EventText): void => {
      const key = keyOf(object, event)
      const waiting = queue.get(key)
      if (waiting) waiting.times += 1
      else if (stopping.signal.aborted || !makeRoom(object)) drop()
      else {
        wait(object, 1)
        queue.set(key, { key, object, event, at: options.date(), times: 1 })
        sending ??= drain()
      }
    },
    dropped: (): number => dropped,
    /** Resolves when everything recorded so far is written or dropped. */
    flushed: async (): Promise<void> => {
      await sending
    },
    /** Gives up what is not written yet. */
    stop: async (): Promise<void> => {
      stopping.abort()
      await sending
    },
  }
}

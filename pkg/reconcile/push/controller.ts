import { isDeepStrictEqual } from 'node:util'
import type { ObjectMeta, PushSecret } from '#api'
import { readyOf } from '../conditions.ts'
import type { Identities } from '../identities.ts'
import type { Lane } from '../lanes.ts'
import { createStatusMemory } from '../memory.ts'
import { createSourceNews, type SourceNews } from '../news.ts'
import type { Next } from '../next.ts'
import type { Change, Deps, Namespace } from '../ports.ts'
import { createQueue, type Queue, type QueueOptions } from '../queue.ts'
import { keyOf, refOf, type Store } from '../store.ts'
import { type Claims, createClaims } from './claims.ts'
import { createFactBook } from './facts.ts'
import { pushGroups } from './groups.ts'
import { anySecret, anyStore, pushSourceIndex, pushStoreIndex } from './indexes.ts'
import { createLastDoors, type LastDoors } from './last-doors.ts'
import { pushSecretReconciler } from './pushsecret.ts'
import { createTurnstile } from './turnstile.ts'

export interface PushOptions {
  readonly deps: Deps
  readonly queue: Omit<QueueOptions, 'work' | 'groups'>
  /** Tells the queue when a key is looked at again. */
  readonly say: (queue: Queue, key: string, next: Next) => void
  readonly identities: Identities
  readonly suspect: (storeKey: string) => void
}

/** PushSecrets: their queue, and what brings them into it. */
export interface Pushes {
  readonly queue: Queue
  onPushSecret(change: Change<PushSecret>): void
  /** A store came, was edited or is gone; `onStore` follows. */
  onStoreEdit(change: Change<Store>): void
  /** A store became ready or not, or what it logs in with changed. */
  onStore(store: Store): void
  /** A Secret or ConfigMap came, changed or went. */
  onObject(namespace: string, name: string): void
  onNamespace(change: Change<Namespace>): void
  start(): void
}

/** What of metadata a person changes; the finalizer that we put on is no edit. */
const edits = ({ uid, generation, labels, annotations, deletionTimestamp }: ObjectMeta) => [
  uid,
  generation,
  { ...labels },
  { ...annotations },
  deletionTimestamp,
]

const nameOf = ({ metadata }: PushSecret): string => `${metadata.namespace ?? ''}/${metadata.name}`

/** Objects that were pushed before come as routine: their due time is in their status. One that goes is no routine. */
const laneOf = ({ status, metadata }: PushSecret): Lane =>
  status?.refreshTime && metadata.deletionTimestamp === undefined ? 'routine' : 'fresh'

/** What is kept for objects of their own, and not for names. */
interface Own {
  readonly lastDoors: LastDoors
  readonly claims: Claims
}

const pushSecretChanged = (deps: Deps, queue: Queue, own: Own, change: Change<PushSecret>): void => {
  const { object } = change
  const ended = change.type === 'deleted' ? object : change.type === 'updated' ? change.prior : undefined
  if (ended && (change.type === 'deleted' || ended.metadata.uid !== object.metadata.uid)) {
    own.lastDoors.forget(ended.metadata.uid ?? '')
    own.claims.forget(ended.metadata.uid ?? '')
  }
  if (change.type === 'updated' && isDeepStrictEqual(edits(change.prior.metadata), edits(object.metadata))) return
  if (change.type === 'deleted') {
    deps.observer.removed(refOf(object))
    queue.forget(change.key)
  }
  queue.add(change.key, change.type === 'added' ? laneOf(object) : 'fresh')
}

const dependentsOf = (deps: Deps, store: Store): readonly PushSecret[] => [
  ...deps.pushSecrets.by(pushStoreIndex, keyOf(store)),
  ...deps.pushSecrets.by(pushStoreIndex, anyStore(store.kind, store.metadata.namespace)),
]

const isAnother = (a: ObjectMeta, b: ObjectMeta): boolean =>
  a.uid !== b.uid || a.generation !== b.generation || a.deletionTimestamp !== b.deletionTimestamp

/** Those for whom an edit of a store leads elsewhere: of its labels for those that choose by labels, of its annotations for none. */
const movedBy = (deps: Deps, change: Change<Store>): readonly PushSecret[] => {
  const { object } = change
  if (change.type !== 'updated' || isAnother(change.prior.metadata, object.metadata)) return dependentsOf(deps, object)
  if (isDeepStrictEqual({ ...change.prior.metadata.labels }, { ...object.metadata.labels })) return []
  return deps.pushSecrets.by(pushStoreIndex, anyStore(object.kind, object.metadata.namespace))
}

const objectChanged = (
  deps: Deps,
  queue: Queue,
  news: SourceNews,
  place: { namespace: string; name: string },
): void => {
  const { namespace, name } = place
  const own = deps.pushSecrets.by(pushSourceIndex, `${namespace}/${name}`)
  for (const pushSecret of [...own, ...deps.pushSecrets.by(pushSourceIndex, anySecret(namespace))]) {
    news.note(nameOf(pushSecret))
    queue.add(nameOf(pushSecret), 'fresh')
  }
}

/**
 * Labels decide which ClusterSecretStores admit a namespace. One that goes lets its objects go at once: for five seconds Kubernetes
 * deletes nothing in it, so stores and credentials are still there, and where it finds a finalizer then it waits for eight more.
 */
const namespaceChanged = (deps: Deps, queue: Queue, change: Change<Namespace>): void => {
  if (change.type === 'deleted') return
  const told = ({ labels, terminating = false }: Namespace) => [{ ...labels }, terminating]
  if (change.type === 'updated' && isDeepStrictEqual(told(change.prior), told(change.object))) return
  const lane = change.object.terminating ? 'fresh' : 'routine'
  for (const pushSecret of deps.pushSecrets.list()) {
    if (pushSecret.metadata.namespace === change.object.name) queue.add(nameOf(pushSecret), lane)
  }
}

/** While nobody looked, a Secret that labels choose may have changed: its version is in no snapshot. */
const mayHaveChanged = ({ spec, status }: PushSecret): boolean =>
  (spec.selector.secret?.name === undefined || spec.template?.templateFrom !== undefined) &&
  readyOf(status?.conditions)?.status === 'True'

export const createPushes = ({ deps, queue: options, say, identities, suspect }: PushOptions): Pushes => {
  const news = createSourceNews()
  const lastDoors = createLastDoors()
  const pushed = new Map<string, string>()
  const claims = createClaims()
  const reconcile = pushSecretReconciler(deps, {
    identities,
    suspect,
    news,
    memory: createStatusMemory(),
    lastDoors,
    claims,
    facts: createFactBook(),
    turnstile: createTurnstile(),
    pushed,
  })
  const queue: Queue = createQueue({
    ...options,
    groups: key => pushGroups(deps.pushSecrets.get(key), deps),
    work: async (key, signal) => say(queue, key, await reconcile(key, signal)),
  })
  return {
    queue,
    onPushSecret: change => pushSecretChanged(deps, queue, { lastDoors, claims }, change),
    onStoreEdit: change => {
      if (change.type === 'deleted') lastDoors.lose(change.object, deps.now())
      for (const dependent of movedBy(deps, change)) {
        news.note(nameOf(dependent))
        // whatever it pushed last, it was elsewhere
        pushed.delete(nameOf(dependent))
      }
    },
    onStore: store => {
      for (const dependent of dependentsOf(deps, store)) queue.add(nameOf(dependent), 'fresh')
    },
    onObject: (namespace, name) => objectChanged(deps, queue, news, { namespace, name }),
    onNamespace: change => namespaceChanged(deps, queue, change),
    start: () => {
      for (const pushSecret of deps.pushSecrets.list()) {
        if (mayHaveChanged(pushSecret)) news.note(nameOf(pushSecret))
        queue.add(nameOf(pushSecret), laneOf(pushSecret))
      }
    },
  }
}

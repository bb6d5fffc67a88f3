import { isDeepStrictEqual } from 'node:util'
import type { ExternalSecret, PushSecret } from '#api'
import { accountNews } from './account-news.ts'
import { createBrake } from './brake.ts'
import { readyOf } from './conditions.ts'
import { isIntact } from './decide.ts'
import { isUnedited } from './edits.ts'
import { externalSecretReconciler } from './externalsecret.ts'
import { createFanOut } from './fan/controller.ts'
import type { FanObject } from './fan/port.ts'
import { changesComputed } from './given.ts'
import { groupsOf, groupsOfStore } from './groups.ts'
import { createGuard } from './guard.ts'
import { createIdentities } from './identities.ts'
import { credentialIndex, sourceIndex, storeIndex, targetIndex } from './indexes.ts'
import type { Lane } from './lanes.ts'
import { isIntactObject } from './manifest/intact.ts'
import type { ObjectDigest } from './manifest/object.ts'
import { resourceReady } from './manifest/ready.ts'
import { createStatusMemory } from './memory.ts'
import { createSourceNews, type SourceNews } from './news.ts'
import { say } from './next.ts'
import { ownerName } from './owner.ts'
import type { AccountDigest, Change, Deps, Namespace, SecretDigest } from './ports.ts'
import { createPushes } from './push/controller.ts'
import { createQueue, type Queue, type QueueOptions, type QueueSize } from './queue.ts'
import { keyOf, refOf, type Store } from './store.ts'
import { storeReconciler } from './store-pass.ts'

export interface ControllerOptions {
  readonly deps: Deps
  /** Clock and timers of the queues. */
  readonly timing: Pick<QueueOptions, 'now' | 'setTimer' | 'backoff'>
  readonly concurrency: { readonly externalSecrets: number; readonly stores: number; readonly pushSecrets: number }
  /** A pass that threw; its object is tried again with back-off. */
  readonly onError: (error: unknown, key: string) => void
}

/** Told by the watches what changed; does nothing before start and after stop. */
export interface Controller {
  onExternalSecret(change: Change<ExternalSecret>): void
  onPushSecret(change: Change<PushSecret>): void
  onStore(change: Change<Store>): void
  /** Secrets with the managed label. */
  onSecret(change: Change<SecretDigest>): void
  /** A Secret or ConfigMap changed, came or went: it may hold credentials, a CA or texts, be pushed, or block a target. */
  onCredentialObject(namespace: string, name: string): void
  /** A ServiceAccount; nobody need tell of them, then what waits for one looks again by itself. */
  onAccount(change: Change<AccountDigest>): void
  onNamespace(change: Change<Namespace>): void
  /** A ClusterExternalSecret or a ClusterPushSecret. */
  onFan(change: Change<FanObject>): void
  /** An object of another kind that carries the managed label, or no longer does: then its mark is empty. */
  onObject(key: string, object: ObjectDigest): void
  /** Call once all snapshots are complete: before that, everything that is not seen yet looks as if it did not exist. */
  start(): void
  /** Drains: passes that run are ended and awaited. */
  stop(graceMs?: number): Promise<void>
  size(): Readonly<Record<'externalSecrets' | 'stores' | 'pushSecrets' | 'fans', QueueSize>>
  /** Resolves when nothing is ready or running. */
  idle(): Promise<void>
}

const esKey = ({ metadata }: ExternalSecret): string => `${metadata.namespace ?? ''}/${metadata.name}`

/** Whether dependents see another store: ready or not, and for which spec. */
const standing = ({ status }: Store) => [readyOf(status?.conditions)?.status, status?.observedGeneration]

/** Objects that were synced before come as routine: their due time is in their status (decision 17). */
const laneOf = ({ status }: ExternalSecret): Lane => (status?.refreshTime ? 'routine' : 'fresh')

const createQueues = ({ deps, timing, concurrency, onError }: ControllerOptions) => {
  const common = { ...timing, random: deps.random, onError }
  const identities = createIdentities(deps, deps.now)
  const memory = createStatusMemory()
  const sources = createSourceNews()
  const marks = new Map<string, string>()
  const lookAtStore = storeReconciler(deps, createStatusMemory())
  const stores: Queue = createQueue({
    ...common,
    concurrency: concurrency.stores,
    groups: groupsOfStore,
    work: async (key, signal) => say(stores, key, await lookAtStore(key, signal)),
  })
  const suspect = (key: string): void => {
    identities.drop(key)
    stores.add(key, 'fresh')
  }
  const reconcile = externalSecretReconciler(deps, {
    identities,
    memory,
    guard: createGuard(),
    brake: createBrake(),
    sources,
    marks,
    suspect,
  })
  const externalSecrets: Queue = createQueue({
    ...common,
    concurrency: concurrency.externalSecrets,
    groups: key => groupsOf(deps.externalSecrets.get(key)),
    work: async (key, signal) => say(externalSecrets, key, await reconcile(key, signal)),
  })
  const pushes = createPushes({
    ...{ deps, say, identities, suspect },
    queue: { ...common, concurrency: concurrency.pushSecrets },
  })
  return { stores, externalSecrets, pushes, identities, memory, sources, marks, suspect }
}
type Queues = ReturnType<typeof createQueues>

const addDependents = (deps: Deps, queue: Queue, store: string): void => {
  for (const dependent of deps.externalSecrets.by(storeIndex, store)) queue.add(esKey(dependent), 'fresh')
}

const storeChanged = (
  { deps }: ControllerOptions,
  { identities, stores, externalSecrets, pushes }: Queues,
  change: Change<Store>,
) => {
  const key = keyOf(change.object)
  const edited = change.type !== 'updated' || !isUnedited(change.prior.metadata, change.object.metadata)
  if (edited) {
    identities.drop(key)
    pushes.onStoreEdit(change)
    stores.add(key, 'fresh')
  }
  if (change.type === 'deleted') deps.observer.removed(refOf(change.object))
  if (edited || !isDeepStrictEqual(standing(change.prior), standing(change.object))) {
    addDependents(deps, externalSecrets, key)
    pushes.onStore(change.object)
  }
}

const externalSecretChanged = ({ deps }: ControllerOptions, queue: Queue, change: Change<ExternalSecret>): void => {
  if (change.type === 'updated' && isUnedited(change.prior.metadata, change.object.metadata)) return
  if (change.type === 'deleted') {
    deps.observer.removed(refOf(change.object))
    queue.forget(change.key)
  }
  queue.add(change.key, change.type === 'added' ? laneOf(change.object) : 'fresh')
}

/** Templates that take texts from a ConfigMap or Secret (`namespace/name`) are rendered anew. */
const sourceChanged = (
  { deps }: ControllerOptions,
  { externalSecrets, sources }: { externalSecrets: Queue; sources: SourceNews },
  source: string,
): void => {
  for (const reader of deps.externalSecrets.by(sourceIndex, source)) {
    sources.note(esKey(reader))
    externalSecrets.add(esKey(reader), 'fresh')
  }
}

/** Our own writes come back as events too: a Secret that is as it should be wakes nobody. */
const secretChanged = (options: ControllerOptions, queues: Queues, change: Change<SecretDigest>): void => {
  const { deps } = options
  const { externalSecrets: queue, memory, sources } = queues
  if (change.type !== 'updated' || change.prior.dataHash !== change.object.dataHash) {
    sourceChanged(options, queues, change.key)
  }
  const { namespace, ownerReferences } = change.object
  const owner = ownerName(ownerReferences)
  const owning = owner === undefined ? undefined : deps.externalSecrets.get(`${namespace}/${owner}`)
  const makers = [...deps.externalSecrets.by(targetIndex, change.key), ...(owning ? [owning] : [])]
  for (const maker of makers) {
    const key = esKey(maker)
    if (change.type === 'updated' && changesComputed(maker, change.prior, change.object)) {
      sources.note(key)
      queue.add(key, 'fresh')
    }
    // its status as we wrote it, which may be on its way back
    if (change.type === 'deleted' || !isIntact(memory.read(key, maker), change.object)) queue.add(key, 'fresh')
  }
}

/** Only with the Secret in place, or out of the way, can this ExternalSecret go on. */
const waitsForTarget = ({ status }: ExternalSecret): boolean => {
  const ready = readyOf(status?.conditions)
  return ready?.status === 'False' || ready?.reason === 'SecretMissing' || ready?.reason === resourceReady.absent.reason
}

/** A Secret or ConfigMap that is not ours: credentials of a store, a source of templates, or what a target waits for. */
const foreignChanged = (options: ControllerOptions, queues: Queues, key: string): void => {
  const { deps } = options
  const { suspect, externalSecrets, pushes } = queues
  sourceChanged(options, queues, key)
  const readers = [...deps.stores.by(credentialIndex, key), ...deps.clusterStores.by(credentialIndex, key)]
  for (const store of readers) {
    suspect(keyOf(store))
    // decision 23: who may read more now need not wait for the store, which may have been ready all the time
    addDependents(deps, externalSecrets, keyOf(store))
    pushes.onStore(store)
  }
  for (const maker of deps.externalSecrets.by(targetIndex, key)) {
    if (waitsForTarget(maker)) externalSecrets.add(esKey(maker), 'fresh')
  }
}

const accountChanged = ({ deps }: ControllerOptions, queues: Queues, change: Change<AccountDigest>): void => {
  const { stores, stale, readers } = accountNews(deps, change)
  for (const key of stale) queues.identities.drop(key)
  for (const key of stores) queues.stores.add(key, 'fresh')
  for (const reader of readers) queues.externalSecrets.add(esKey(reader), 'fresh')
}

/** Of another kind: our own writes come back too, and those of a controller to its status; neither wakes anybody. */
const objectChanged = ({ deps }: ControllerOptions, queues: Queues, key: string, object: ObjectDigest): void => {
  for (const maker of deps.externalSecrets.by(targetIndex, key)) {
    if (!maker.spec.target.manifest) continue
    const intact = isIntactObject(maker, object, queues.marks.get(esKey(maker)))
    if (intact !== 'intact') queues.externalSecrets.add(esKey(maker), 'fresh')
  }
}

/** Labels decide which ClusterSecretStores admit a namespace. */
const namespaceChanged = ({ deps }: ControllerOptions, queue: Queue, change: Change<Namespace>): void => {
  if (change.type === 'deleted') return
  if (change.type === 'updated' && isDeepStrictEqual({ ...change.prior.labels }, { ...change.object.labels })) return
  for (const object of deps.externalSecrets.list()) {
    if (object.metadata.namespace === change.object.name) queue.add(esKey(object), 'routine')
  }
}

/** Wires watches to queues, and queues to the two reconcilers. */
export const createController = (options: ControllerOptions): Controller => {
  const { deps } = options
  const queues = createQueues(options)
  const { stores, externalSecrets, pushes } = queues
  const fans = createFanOut(options)
  let running = false
  const whileRunning =
    <T extends readonly unknown[]>(handle: (...args: T) => void) =>
    (...args: T): void => {
      if (running) handle(...args)
    }
  return {
    onExternalSecret: whileRunning(change => {
      externalSecretChanged(options, externalSecrets, change)
      fans.onChild(change)
    }),
    onPushSecret: whileRunning(change => {
      pushes.onPushSecret(change)
      fans.onChild(change)
    }),
    onFan: whileRunning(fans.onFan),
    onStore: whileRunning(change => storeChanged(options, queues, change)),
    onSecret: whileRunning(change => secretChanged(options, queues, change)),
    onCredentialObject: whileRunning((namespace, name) => {
      foreignChanged(options, queues, `${namespace}/${name}`)
      pushes.onObject(namespace, name)
    }),
    onObject: whileRunning((key, object) => objectChanged(options, queues, key, object)),
    onAccount: whileRunning(change => accountChanged(options, queues, change)),
    onNamespace: whileRunning(change => {
      namespaceChanged(options, externalSecrets, change)
      pushes.onNamespace(change)
      fans.onNamespace(change)
    }),
    start: () => {
      running = true
      for (const store of [...deps.stores.list(), ...deps.clusterStores.list()]) stores.add(keyOf(store), 'routine')
      for (const object of deps.externalSecrets.list()) externalSecrets.add(esKey(object), laneOf(object))
      pushes.start()
      fans.start()
    },
    stop: async graceMs => {
      running = false
      await Promise.all([stores, externalSecrets, pushes.queue, fans].map(each => each.stop(graceMs)))
    },
    size: () => ({
      externalSecrets: externalSecrets.size(),
      stores: stores.size(),
      pushSecrets: pushes.queue.size(),
      fans: fans.size(),
    }),
    idle: async () => {
      await Promise.all([stores, externalSecrets, pushes.queue, fans].map(each => each.idle()))
    },
  }
}

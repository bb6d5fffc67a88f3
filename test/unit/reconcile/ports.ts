import type { ExternalSecret, Identity, ItemRef, ItemValue, PushSecret } from '#api'
import { type ClusterSecretStore, refKey, type SecretStore } from '#api'
import { Fault, Sensitive } from '#core'
import type { FanObject } from '../../../pkg/reconcile/fan/port.ts'
import { indexes } from '../../../pkg/reconcile/indexes.ts'
import type { Deps, Namespace, ObjectRef, SecretDigest, SecretObject, Snapshot } from '../../../pkg/reconcile/ports.ts'
import { namespace, now } from './build.ts'
import { type ChildTurn, childrenIn } from './children.ts'
import { credentialsIn } from './credentials.ts'

type Indexes<T> = Readonly<Record<string, (object: T) => readonly string[]>>

/** A snapshot that is as mutable as the list behind it. */
export const snapshot = <T>(objects: T[], key: (object: T) => string, by: Indexes<T> = {}): Snapshot<T> => ({
  get: wanted => objects.find(object => key(object) === wanted),
  list: () => objects,
  by: (index, value) => objects.filter(object => by[index]?.(object).includes(value)),
})

const nameOf = ({ metadata }: { metadata: { namespace?: string | undefined; name: string } }) =>
  metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name

export interface World {
  readonly deps: Deps
  /** Everything that left the reconciler, in order: reads of items, writes, patches, events. */
  readonly log: string[]
  readonly externalSecrets: ExternalSecret[]
  readonly stores: SecretStore[]
  readonly clusterStores: ClusterSecretStore[]
  readonly digests: SecretDigest[]
  readonly pushSecrets: PushSecret[]
  readonly fans: FanObject[]
  readonly namespaces: Namespace[]
  /** Secrets of the API server by `namespace/name`. */
  readonly live: Map<string, SecretObject>
  readonly items: Map<string, ItemValue | Fault>
  readonly statuses: { object: ObjectRef; status: Readonly<Record<string, unknown>> }[]
  readonly credentials: ReturnType<typeof credentialsIn>
  readonly reads: { identity: Identity; refs: readonly ItemRef[]; maxAgeMs: number; scope: string }[]
  /** Turns of the next calls: what they do instead of their work. */
  readonly next: {
    login?: () => void
    read?: () => void
    write?: () => 'conflict' | undefined
    status?: () => void
    child?: ChildTurn
  }
  at: Date
}

export const text = (value: string, type: ItemValue['type'] = 'STATIC_SECRET'): ItemValue => ({
  type,
  text: Sensitive.text(value),
})

/** Nothing that is plain needs the engine: whoever asks it without a template fails. */
const asked = (): never => {
  throw new Error('the engine was asked')
}

const noPush = (): never => {
  throw new Error('something was pushed')
}

/** For whoever reconciles no PushSecrets. */
const nothingToPush = {
  remote: { look: noPush, value: noPush, create: noPush, update: noPush, remove: noPush },
  sources: { read: noPush, list: noPush },
  secretSights: snapshot<{ resourceVersion: string }>([], () => ''),
}

/** The outside of the reconciler in memory: ports are ours, so they may be played. The real ones are met in test/live. */
export const world = (
  parts: Partial<
    Pick<World, 'externalSecrets' | 'stores' | 'clusterStores' | 'digests' | 'pushSecrets' | 'fans' | 'namespaces'>
  > = {},
): World => {
  const log: string[] = []
  const live = new Map<string, SecretObject>()
  const items = new Map<string, ItemValue | Fault>()
  const { externalSecrets = [], stores = [], clusterStores = [], digests = [], pushSecrets = [], fans = [] } = parts
  const { namespaces = [{ name: namespace, labels: {} }] } = parts
  const credentials = credentialsIn({
    'demo/creds': { accessId: 'p-x', accessType: 'api_key', accessTypeParam: 'key' },
    'ops/creds': { accessId: 'p-ops', accessType: 'api_key', accessTypeParam: 'key' },
  })
  const put = (verb: string, secret: SecretObject): 'written' | 'conflict' => {
    const key = nameOf(secret)
    const existing = live.get(key)
    const turned = state.next.write?.()
    const stale =
      verb === 'create'
        ? existing !== undefined
        : existing?.metadata.resourceVersion !== secret.metadata.resourceVersion
    const verdict = turned === 'conflict' || stale ? 'conflict' : 'written'
    log.push(`${verb} Secret ${key}${verdict === 'conflict' ? ' conflict' : ''}`)
    if (verdict === 'written') {
      const resourceVersion = `${Number(existing?.metadata.resourceVersion ?? 100) + 1}`
      live.set(key, {
        ...secret,
        metadata: { ...secret.metadata, uid: existing?.metadata.uid ?? 'uid-live', resourceVersion },
      })
    }
    return verdict
  }
  const state: World = {
    log,
    live,
    items,
    externalSecrets,
    stores,
    clusterStores,
    digests,
    pushSecrets,
    fans,
    namespaces,
    credentials,
    statuses: [],
    reads: [],
    next: {},
    at: now,
    deps: {
      source: {
        login: async identity => {
          log.push(`login ${identity.login.accessId}`)
          state.next.login?.()
        },
        read: async (identity, refs, options) => {
          log.push(`read ${refs.map(refKey).join(' ')}`)
          state.reads.push({ identity, refs, ...options })
          state.next.read?.()
          const missing = new Fault('ItemNotFound', 'item is not there', { remedy: 'check the path' })
          return new Map(refs.map(ref => [refKey(ref), items.get(ref.path) ?? missing]))
        },
        list: async (_identity, { path = '/', tags = [] }) => {
          log.push(`list ${[path, ...tags].join(' ')}`)
          return [...items].flatMap(([each, item]) =>
            item instanceof Fault || !each.startsWith(path) ? [] : [{ path: each, type: item.type }],
          )
        },
      },
      engine: { of: () => ({ render: asked, renderEach: asked, check: asked, get: asked, json: asked }) },
      turns: { now: () => 0, pause: async () => {} },
      externalSecrets: snapshot(externalSecrets, nameOf, indexes.externalSecrets),
      stores: snapshot(stores, nameOf, indexes.stores),
      clusterStores: snapshot(clusterStores, nameOf, indexes.clusterStores),
      seesClusterStores: true,
      namespaces: snapshot(namespaces, ({ name }) => name, indexes.namespaces),
      pushSecrets: snapshot(pushSecrets, nameOf, indexes.pushSecrets),
      fans: {
        ClusterExternalSecret: fansIn(fans, 'ClusterExternalSecret'),
        ClusterPushSecret: fansIn(fans, 'ClusterPushSecret'),
      },
      children: childrenIn({ log, externalSecrets, pushSecrets, next: () => state.next }),
      secrets: snapshot(digests, object => `${object.namespace}/${object.name}`, indexes.secrets),
      secretWriter: {
        read: async (where, name) => {
          log.push(`get Secret ${where}/${name}`)
          return live.get(`${where}/${name}`)
        },
        create: async secret => put('create', secret),
        replace: async secret => put('replace', secret),
        remove: async secret => {
          log.push(`delete Secret ${secret.namespace}/${secret.name}`)
          live.delete(`${secret.namespace}/${secret.name}`)
        },
      },
      credentials,
      trustedGateways: ['*.akeyless.io'],
      status: {
        patch: async (object, status) => {
          log.push(`patch ${object.kind} ${object.name}: ${Object.keys(status).join(' ')}`)
          state.next.status?.()
          state.statuses.push({ object, status })
          return { version: `${Number(object.resourceVersion ?? '1') + 1}`, generation: object.generation }
        },
      },
      finalizers: {
        add: async (object, name) => {
          log.push(`finalize ${object.kind} ${object.name} ${name}`)
          return { version: `${Number(object.resourceVersion ?? '1') + 1}`, generation: object.generation }
        },
        remove: async (object, name) => {
          log.push(`unfinalize ${object.kind} ${object.name} ${name}`)
          return { version: `${Number(object.resourceVersion ?? '1') + 1}`, generation: object.generation }
        },
      },
      ...nothingToPush,
      events: { record: (object, { type, reason }) => void log.push(`event ${object.kind} ${type} ${reason}`) },
      observer: { synced: () => {}, removed: () => {}, left: () => {}, ignored: () => {} },
      controllerClass: 'default',
      now: () => state.at,
      random: () => 0,
    },
  }
  return state
}

/** Those of one kind, each time anew: the list behind it may change. */
const fansIn = (fans: FanObject[], kind: FanObject['kind']): Snapshot<FanObject> => {
  const mine = () =>
    snapshot(
      fans.filter(fan => fan.kind === kind),
      nameOf,
      indexes.fans,
    )
  return { get: key => mine().get(key), list: () => mine().list(), by: (index, value) => mine().by(index, value) }
}

interface Shown {
  metadata: { name: string; resourceVersion?: string | undefined }
  status?: unknown
}

const show = <T extends Shown>(list: T[], name: string, patch: Readonly<Record<string, unknown>>): void => {
  const index = list.findIndex(({ metadata }) => metadata.name === name)
  const seen = list[index]
  if (!seen) return
  const resourceVersion = `${Number(seen.metadata.resourceVersion) + 1}`
  list[index] = {
    ...seen,
    status: { ...(seen.status ?? {}), ...patch },
    metadata: { ...seen.metadata, resourceVersion },
  }
}

/** Lets the watch show every status patch so far. */
export const settle = (state: World): void => {
  for (const { object, status } of state.statuses.splice(0)) {
    if (object.kind === 'ExternalSecret') show(state.externalSecrets, object.name, status)
    else if (object.kind === 'SecretStore') show(state.stores, object.name, status)
    else if (object.kind === 'ClusterExternalSecret' || object.kind === 'ClusterPushSecret')
      show(state.fans, object.name, status)
    else show(state.clusterStores, object.name, status)
  }
}

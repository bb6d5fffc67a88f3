// PushSecrets in the real queue of their controller, before an Akeyless in memory that tests can have wait, refuse or be changed.
import { setImmediate } from 'node:timers/promises'
import { PushSecret } from '#api'
import { Sensitive } from '#core'
import { originOf } from '../../../pkg/reconcile/gateway.ts'
import { createIdentities } from '../../../pkg/reconcile/identities.ts'
import { say } from '../../../pkg/reconcile/next.ts'
import { createPushes } from '../../../pkg/reconcile/push/controller.ts'
import { pushIndexes } from '../../../pkg/reconcile/push/indexes.ts'
import type { RemoteItems } from '../../../pkg/reconcile/push/ports.ts'
import { ago } from './build.ts'
import { snapshot, type World, world } from './ports.ts'

interface Parts {
  readonly metadata?: object
  readonly spec?: object
  readonly status?: object
}

/** A PushSecret of SecretStore main: key k of Secret source to item /a. */
export const pushSecret = ({ metadata, spec, status }: Parts = {}): PushSecret =>
  PushSecret.parse({
    apiVersion: 'external-secrets.io/v1alpha1',
    kind: 'PushSecret',
    metadata: { name: 'push', namespace: 'demo', resourceVersion: '1', generation: 1, ...metadata },
    spec: {
      secretStoreRefs: [{ name: 'main' }],
      selector: { secret: { name: 'source' } },
      data: [{ match: { secretKey: 'k', remoteRef: { remoteKey: '/a' } } }],
      ...spec,
    },
    ...(status ? { status } : {}),
  })

/** An entry of spec.data. */
export const to = (remoteKey: string) => ({ match: { secretKey: 'k', remoteRef: { remoteKey } } })

/** status.syncedPushSecrets with these items of one store. */
export const pushedTo = (store: string, ...remoteKeys: string[]) => ({
  syncedPushSecrets: {
    [store]: Object.fromEntries(remoteKeys.map(each => [each, { ...to(each), conversionStrategy: 'None' }])),
  },
})

/** Metadata of one that goes and deletes what it pushed. */
export const leaving = { finalizers: ['pushsecret.externalsecrets.io/finalizer'], deletionTimestamp: ago(1) }

export interface Call {
  readonly op: keyof RemoteItems
  /** Scheme, host and port of the gateway, and the path of the item. */
  readonly at: string
  readonly accessId: string
}

/** Lets everything go on that can: nothing here waits for anything but other turns of the event loop. */
export const turns = async (): Promise<void> => {
  for (let count = 0; count < 500; count += 1) await setImmediate()
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** JSON merge patch. */
const merged = (before: unknown, patch: unknown): unknown => {
  if (!isObject(patch)) return patch
  const base = isObject(before) ? before : {}
  const fields = Object.entries(patch).map(([name, value]) => [name, merged(base[name], value)] as const)
  return Object.fromEntries(Object.entries({ ...base, ...Object.fromEntries(fields) }).filter(([, v]) => v !== null))
}

interface Given extends Pick<NonNullable<Parameters<typeof world>[0]>, 'stores' | 'clusterStores'> {
  readonly pushSecrets: PushSecret[]
  readonly namespaces?: readonly string[]
  readonly concurrency?: number
  /** Before a call does anything; a throw is its answer. */
  readonly before?: (call: Call) => Promise<void> | void
}

export interface PushStage {
  readonly state: World
  /** Texts by `https://gateway /path`. */
  readonly items: Map<string, string>
  readonly calls: Call[]
  /** What users were told: messages of conditions and events. */
  readonly said: string[]
  readonly pushes: ReturnType<typeof createPushes>
  /** Starts, and waits until all is done. */
  run(): Promise<void>
  /** The object as the watch shows it now. */
  seen(name: string): PushSecret
  /** Puts the object into the watch, in place of one of its name, and waits until all is done. */
  show(object: PushSecret): Promise<void>
}

const nameOf = ({ metadata }: PushSecret): string => `${metadata.namespace}/${metadata.name}`

/** Items have our tag, from whomever; every namespace has its Secret `source`, and `creds` with an access id `p-<namespace>`. */
const remoteIn = ({ items, calls }: Pick<PushStage, 'items' | 'calls'>, before: Given['before']): RemoteItems => {
  const call =
    <Rest extends [{ path: string } | string, ...unknown[]], T>(
      op: Call['op'],
      act: (at: string, ...rest: Rest) => T,
    ) =>
    async (identity: Parameters<RemoteItems['look']>[0], ...rest: Rest): Promise<T> => {
      const [item] = rest
      const at = `${originOf(identity.gateway)} ${typeof item === 'string' ? item : item.path}`
      const one = { op, at, accessId: identity.login.accessId ?? '' }
      calls.push(one)
      await before?.(one)
      return act(at, ...rest)
    }
  const seen = { isStatic: true, enabled: true, isTagged: true, isProtected: false, lastVersion: 1 }
  type Item = Parameters<RemoteItems['create']>[1]
  return {
    look: call('look', (at, _path: string) => (items.has(at) ? seen : undefined)),
    value: call('value', (at, _path: string) => (items.has(at) ? Sensitive.text(items.get(at) ?? '') : undefined)),
    create: call('create', (at, { value }: Item) => {
      if (items.has(at)) return 'conflict'
      items.set(at, value.reveal().toString())
      return 'written'
    }),
    update: call('update', (at, { value }: Item) => {
      items.set(at, value.reveal().toString())
      return 'written'
    }),
    remove: call('remove', (at, _path: string) => (items.delete(at) ? 'written' : 'absent')),
  }
}

/** Not started yet. */
export const pushStage = (given: Given): PushStage => {
  const { stores = [], clusterStores = [], pushSecrets: list, namespaces = ['demo'], concurrency = 16 } = given
  const spaces = namespaces.map(name => ({ name, labels: {} }))
  const state = world({ stores, clusterStores, namespaces: spaces, pushSecrets: list })
  for (const each of namespaces) {
    const login = { accessId: `p-${each}`, accessType: 'api_key', accessTypeParam: 'key' }
    state.credentials.secrets[`${each}/creds`] = login
  }
  const [items, calls, said] = [new Map<string, string>(), [] as Call[], [] as string[]]
  const put = (object: PushSecret): void => {
    const at = list.findIndex(each => nameOf(each) === nameOf(object))
    list.splice(at < 0 ? list.length : at, at < 0 ? 0 : 1, object)
  }
  const source = (namespace: string) => new Map([['k', Sensitive.text(`of ${namespace}`)]])
  const deps: World['deps'] = {
    ...state.deps,
    pushSecrets: snapshot(list, nameOf, pushIndexes),
    sources: {
      read: async (namespace, name) => ({ name, resourceVersion: '7', values: source(namespace) }),
      list: async () => {},
    },
    remote: remoteIn({ items, calls }, given.before),
    status: {
      patch: async ({ namespace, name }, patch) => {
        const prior = list.find(each => nameOf(each) === `${namespace}/${name}`)
        if (!prior) return undefined
        const metadata = { ...prior.metadata, resourceVersion: `${Number(prior.metadata.resourceVersion) + 1}` }
        const status = merged(prior.status, JSON.parse(JSON.stringify(patch)))
        const object = PushSecret.parse({ ...prior, metadata, status })
        said.push(...(object.status?.conditions ?? []).map(({ message }) => message ?? ''))
        put(object)
        return { version: metadata.resourceVersion, generation: metadata.generation }
      },
    },
    events: { record: (_, { message }) => void said.push(message) },
  }
  const queue = {
    concurrency,
    now: () => 0,
    setTimer: () => () => {},
    random: () => 0,
    onError: (error: unknown) => void said.push(String(error)),
  }
  const identities = createIdentities(deps, deps.now)
  const pushes = createPushes({ deps, say, identities, suspect: () => {}, queue })
  return {
    state,
    items,
    calls,
    said,
    pushes,
    run: async () => {
      pushes.start()
      await pushes.queue.idle()
    },
    seen: name => {
      const found = list.find(each => nameOf(each) === name)
      if (!found) throw new Error(`no PushSecret ${name}`)
      return found
    },
    show: async object => {
      const prior = list.find(each => nameOf(each) === nameOf(object))
      put(object)
      const key = nameOf(object)
      pushes.onPushSecret(prior ? { type: 'updated', key, object, prior } : { type: 'added', key, object })
      await pushes.queue.idle()
    },
  }
}

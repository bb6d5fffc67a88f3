// Cluster-scoped kinds, the namespaces that they select, and a process that serves those of its own class and no others: test files run
// beside each other in one cluster.
import { randomBytes } from 'node:crypto'
import { group } from '#api'
import { type Audit, startAudit } from '../support/audit.ts'
import { request, until } from '../support/cluster.ts'
import { type Started, startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import { create, get, type Json, readyOf, settled } from '../support/objects.ts'

interface Ending {
  teardown(fn: () => unknown): unknown
}

const api = `/apis/${group}`
export const collections = {
  ClusterExternalSecret: `${api}/v1/clusterexternalsecrets`,
  ClusterPushSecret: `${api}/v1alpha1/clusterpushsecrets`,
} as const
export type FanKind = keyof typeof collections

const children = { ClusterExternalSecret: ['v1', 'externalsecrets'], ClusterPushSecret: ['v1alpha1', 'pushsecrets'] }

/** Path of the children of a kind in one namespace. */
export const childrenIn = (kind: FanKind, namespace: string): string => {
  const [version, plural] = children[kind] as [string, string]
  return `${api}/${version}/namespaces/${namespace}/${plural}`
}

/** Children of a kind with this name, in the whole cluster. */
export const childrenNamed = async (kind: FanKind, name: string): Promise<readonly Json[]> => {
  const [version, plural] = children[kind] as [string, string]
  const { items } = await get(`${api}/${version}/${plural}?fieldSelector=metadata.name%3D${name}`)
  return items
}

export interface Ground {
  /** Class of the process, and label of the namespaces; names nothing else in the cluster. */
  readonly mark: string
  readonly audit: Audit
  readonly gateway: Awaited<ReturnType<typeof startTlsGateway>>
  start(options?: { readonly kubeconfig?: string; readonly args?: readonly string[] }): Promise<Started>
  /** A namespace with the label, or with others. */
  space(name: string, metadata?: object): Promise<string>
  /** Makes an object of the class of the process for the namespaces with the label. */
  make(kind: FanKind, name: string, spec?: object, metadata?: object): Promise<Json>
}

export const externalSecretSpec = {
  secretStoreRef: { name: 'absent' },
  data: [{ secretKey: 'user', remoteRef: { key: '/apps/db-username' } }],
}
export const pushSecretSpec = {
  secretStoreRefs: [{ name: 'absent' }],
  selector: { secret: { name: 'source' } },
  data: [{ match: { secretKey: 'user', remoteRef: { remoteKey: '/apps/pushed' } } }],
}

export const labelKey = 'test.latchkey.dev/fan'
const classKey = 'latchkey.dev/controller-class'

/** Nobody waits for what is deleted; the namespaces take their children along. */
export const setUp = async (t: Ending): Promise<Ground> => {
  const mark = `fan-${randomBytes(4).toString('hex')}`
  const gateway = await startTlsGateway(t)
  const audit = await startAudit(t)
  return {
    mark,
    audit,
    gateway,
    start: ({ kubeconfig = audit.kubeconfig, args = [] } = {}) =>
      startLatchkey(t, { gateway, kubeconfig, args: ['--controller-class', mark, ...args] }),
    space: async (name, metadata = {}) => {
      const full = `${mark}-${name}`
      await create('/api/v1/namespaces', { metadata: { name: full, labels: { [labelKey]: mark }, ...metadata } })
      t.teardown(() => request('DELETE', `/api/v1/namespaces/${full}`))
      return full
    },
    make: async (kind, name, spec = {}, metadata: { annotations?: object } = {}) => {
      const full = `${mark}-${name}`
      const inner = kind === 'ClusterExternalSecret' ? { externalSecretSpec } : { pushSecretSpec }
      t.teardown(() => request('DELETE', `${collections[kind]}/${full}`))
      return create(collections[kind], {
        apiVersion: `${group}/${kind === 'ClusterExternalSecret' ? 'v1' : 'v1alpha1'}`,
        kind,
        metadata: { ...metadata, name: full, annotations: { [classKey]: mark, ...metadata.annotations } },
        spec: { ...inner, namespaceSelectors: [{ matchLabels: { [labelKey]: mark } }], ...spec },
      })
    },
  }
}

export const pathOf = ({ kind, metadata }: Json): string => `${collections[kind as FanKind]}/${metadata.name}`

/** Waits until exactly these namespaces are provisioned; gives the object. */
export const provisioned = (t: Ending, object: Json, namespaces: readonly string[], timeoutMs?: number) => {
  const wanted = JSON.stringify(namespaces.toSorted())
  return settled(
    t,
    pathOf(object),
    ({ status }) => status !== undefined && JSON.stringify(status.provisionedNamespaces ?? []) === wanted,
    timeoutMs,
  )
}

/** Waits for a Ready condition with this message. */
export const saying = (t: Ending, object: Json, message: RegExp, timeoutMs?: number) =>
  settled(t, pathOf(object), each => message.test(readyOf(each)?.message ?? ''), timeoutMs)

/** How often the object was looked at so far, by the log. */
export const looks = (process: Started, { kind, metadata }: Json): number =>
  process
    .lines()
    .filter(line => line['kind'] === kind && line['name'] === metadata.name && /synced/.test(line.msg ?? '')).length

/** Waits until a path has nothing any more. */
export const gone = (t: Ending, path: string, timeoutMs?: number): Promise<true> =>
  until(t, `the end of ${path}`, async () => ((await get(path)) === undefined ? true : undefined), timeoutMs)

export const namespacePath = (name: string): string => `/api/v1/namespaces/${name}`

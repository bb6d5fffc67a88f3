import { z } from 'zod'
import { recordOf } from '#api'
import { dataHash } from '#core'
import type { Cluster, KubeRequest } from './cluster.ts'
import { clusterFault, KubeError } from './error.ts'
import { pathOf } from './path.ts'

const Owner = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().exactOptional(),
  blockOwnerDeletion: z.boolean().exactOptional(),
})
const texts = z.record(z.string(), z.string())
// Go writes an empty byte slice as "" or as null
const bytes = recordOf(z.string().nullable()).transform(data =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, value ?? ''])),
)

const statusOf = (thrown: unknown): number => (thrown instanceof KubeError ? thrown.status : 0)

/** A Secret as JSON on the wire: unknown fields stay, so that a replace loses none. */
export const RawSecret = z.looseObject({
  apiVersion: z.literal('v1').default('v1'),
  kind: z.literal('Secret').default('Secret'),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string(),
    uid: z.string().exactOptional(),
    resourceVersion: z.string().exactOptional(),
    labels: texts.exactOptional(),
    annotations: texts.exactOptional(),
    ownerReferences: z.array(Owner).exactOptional(),
    finalizers: z.array(z.string()).exactOptional(),
    managedFields: z
      .array(z.looseObject({ manager: z.string().exactOptional(), fieldsV1: z.unknown().exactOptional() }))
      .exactOptional(),
  }),
  type: z.string().exactOptional(),
  immutable: z.boolean().exactOptional(),
  data: bytes.exactOptional(),
})
type Deep<T> = { readonly [K in keyof T]: T[K] extends object | undefined ? Deep<T[K]> : T[K] }
export type RawSecret = Deep<z.infer<typeof RawSecret>>

/** What stays in memory of a Secret: enough to see drift and ownership, and no byte of its data. */
export type SecretDigest = ReturnType<typeof secretDigest>

/** Reduces a Secret as it goes by: the data is hashed (compatibility.md §2.4) and let go. Throws where it is no Secret. */
export const secretDigest = (raw: unknown) => {
  const { metadata, type, immutable, data } = RawSecret.parse(raw)
  const decoded = new Map(Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]))
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    type: type ?? 'Opaque',
    immutable: immutable ?? false,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    ownerReferences: metadata.ownerReferences ?? [],
    dataHash: dataHash(decoded),
  }
}

const table = 'application/json;as=Table;g=meta.k8s.io;v=v1'
const Table = z.object({
  columnDefinitions: z.array(z.object({ name: z.string() })),
  rows: z.array(z.object({ cells: z.array(z.unknown()), object: z.unknown() })),
})

/**
 * A Secret as `kubectl get` shows it: its type and metadata, and no byte of its data, which the API server keeps to itself.
 * Undefined when absent; whether it is immutable is not told. Throws Fault.
 */
export const secretCards =
  (cluster: Cluster) =>
  async (namespace: string, name: string, signal: AbortSignal): Promise<RawSecret | undefined> => {
    const path = pathOf({ apiVersion: 'v1', resource: 'secrets', namespace, name })
    try {
      const query = { includeObject: 'Metadata' }
      const answer = Table.safeParse(await cluster.request({ method: 'GET', path, query, accept: table, signal }))
      const [row] = answer.data?.rows ?? []
      const place = answer.data?.columnDefinitions.findIndex(column => column.name === 'Type') ?? -1
      const metadata = z.object({ metadata: z.unknown() }).safeParse(row?.object).data?.metadata
      const card = RawSecret.safeParse({ metadata, type: row?.cells[place] })
      if (card.success) return card.data
      throw new KubeError({ status: 0, reason: 'Garbled' })
    } catch (thrown) {
      if (statusOf(thrown) === 404) return undefined
      throw signal.aborted ? thrown : clusterFault(thrown, `look at Secret ${namespace}/${name}`)
    }
  }

type Written = 'written' | 'conflict'

/** A Secret as it is to be written; `data` is base64. */
export interface SecretBody {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly resourceVersion?: string
    readonly [field: string]: unknown
  }
  readonly [field: string]: unknown
}

/**
 * Secrets, live. Each call throws Fault (ClusterRefused, ClusterUnreachable), and tells a conflict by its result. The path of a
 * Secret refused as invalid is the field that the API server names.
 */
export const secretWriter = (cluster: Cluster) => {
  const place = (namespace: string, name?: string): string =>
    pathOf({ apiVersion: 'v1', resource: 'secrets', namespace, ...(name === undefined ? {} : { name }) })

  const write = async (request: KubeRequest, what: string, conflicts: readonly number[]): Promise<Written> => {
    try {
      await cluster.request(request)
      return 'written'
    } catch (thrown) {
      if (conflicts.includes(statusOf(thrown))) return 'conflict'
      if (request.signal.aborted) throw thrown
      const [field] = thrown instanceof KubeError && thrown.status === 422 ? thrown.fields : []
      const fault = clusterFault(thrown, what)
      throw field === undefined ? fault : fault.at(field)
    }
  }
  return {
    /** Undefined when absent. */
    read: async (namespace: string, name: string, signal: AbortSignal): Promise<RawSecret | undefined> => {
      try {
        return RawSecret.parse(await cluster.request({ method: 'GET', path: place(namespace, name), signal }))
      } catch (thrown) {
        if (statusOf(thrown) === 404) return undefined
        throw signal.aborted ? thrown : clusterFault(thrown, `read Secret ${namespace}/${name}`)
      }
    },
    create: (secret: SecretBody, fieldManager: string, signal: AbortSignal): Promise<Written> => {
      const { namespace, name } = secret.metadata
      return write(
        { method: 'POST', path: place(namespace), query: { fieldManager }, body: secret, signal },
        `create Secret ${namespace}/${name}`,
        [409],
      )
    },
    /** A Secret that is gone by now counts as a conflict too: reading it again shows the way on. */
    replace: async (secret: SecretBody, fieldManager: string, signal: AbortSignal): Promise<Written> => {
      const { namespace, name, resourceVersion } = secret.metadata
      // without it the API server would overwrite whatever is there
      if (!resourceVersion) throw new Error('a replace needs metadata.resourceVersion')
      return write(
        { method: 'PUT', path: place(namespace, name), query: { fieldManager }, body: secret, signal },
        `write Secret ${namespace}/${name}`,
        [404, 409],
      )
    },
    /** Deletes only what has this uid and resourceVersion. Gone or replaced by another is done; a newer version is ClusterRefused. */
    remove: async (
      secret: { namespace: string; name: string; uid: string; resourceVersion: string },
      signal: AbortSignal,
    ): Promise<void> => {
      const { namespace, name, uid, resourceVersion } = secret
      const what = `delete Secret ${namespace}/${name}`
      try {
        await cluster.request({
          method: 'DELETE',
          path: place(namespace, name),
          body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } },
          signal,
        })
      } catch (thrown) {
        if (statusOf(thrown) === 404) return
        throw signal.aborted ? thrown : clusterFault(thrown, what)
      }
    },
  }
}

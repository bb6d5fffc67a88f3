import { z } from 'zod'
import { recordOf } from '#api'
import { Sensitive } from '#core'
import type { Cluster } from './cluster.ts'
import { clusterFault, KubeError } from './error.ts'
import { list } from './list.ts'
import { pathOf } from './path.ts'

// Go writes an empty byte slice as "" or as null
const Source = z.object({
  metadata: z.object({ name: z.string(), resourceVersion: z.string() }),
  data: recordOf(z.string().nullable()).nullish(),
})

/** A Secret to push: read when it is pushed, never kept. */
export interface SourceSecret {
  readonly name: string
  readonly resourceVersion: string
  readonly values: ReadonlyMap<string, Sensitive>
}

const parse = (raw: unknown): SourceSecret => {
  const parsed = Source.safeParse(raw)
  // zod's own error could show a value
  if (!parsed.success) throw new KubeError({ status: 0, reason: 'Garbled' })
  const { metadata, data } = parsed.data
  const values = Object.entries(data ?? {}).map(
    ([key, value]) => [key, Sensitive.bytes(Buffer.from(value ?? '', 'base64'))] as const,
  )
  return { ...metadata, values: new Map(values) }
}

// each can be as large as etcd takes, 1.5 MiB, and a page is in memory as a whole
const pageSize = 10

/** Secrets to push, live. Throws Fault. */
export const sourceReader = (cluster: Cluster) => ({
  /** Undefined when absent. */
  read: async (namespace: string, name: string, signal: AbortSignal): Promise<SourceSecret | undefined> => {
    try {
      const path = pathOf({ apiVersion: 'v1', resource: 'secrets', namespace, name })
      return parse(await cluster.request({ method: 'GET', path, signal }))
    } catch (thrown) {
      if (thrown instanceof KubeError && thrown.status === 404) return undefined
      throw signal.aborted ? thrown : clusterFault(thrown, `read Secret ${namespace}/${name}`)
    }
  },
  /** All that have the labels, as they come, in the order of their names; what `visit` throws ends it. */
  list: async (
    namespace: string,
    labelSelector: string,
    visit: (secret: SourceSecret) => void,
    signal: AbortSignal,
  ): Promise<void> => {
    try {
      const path = pathOf({ apiVersion: 'v1', resource: 'secrets', namespace })
      const query = labelSelector === '' ? {} : { labelSelector }
      const collection = { cluster, path, query, metadataOnly: false, signal }
      await list(collection, { pageSize, visit: raw => visit(parse(raw)) })
    } catch (thrown) {
      throw signal.aborted ? thrown : clusterFault(thrown, `list the Secrets of ${namespace}`)
    }
  },
})

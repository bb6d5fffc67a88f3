import { z } from 'zod'
import { recordOf } from '#api'
import { Sensitive } from '#core'
import type { Cluster } from './cluster.ts'
import { clusterFault, KubeError } from './error.ts'
import { pathOf } from './path.ts'
import { serviceAccounts } from './service-accounts.ts'

const Data = z.object({ data: recordOf(z.string()).nullish() })

/** What stores point at: read when used, never kept. Throws Fault; undefined when absent. */
export const credentialReader = (cluster: Cluster) => {
  const accounts = serviceAccounts(cluster)
  const read = async (resource: 'secrets' | 'configmaps', namespace: string, name: string, signal: AbortSignal) => {
    try {
      const path = pathOf({ apiVersion: 'v1', resource, namespace, name })
      const parsed = Data.safeParse(await cluster.request({ method: 'GET', path, signal }))
      if (parsed.success) return Object.entries(parsed.data.data ?? {})
      // zod's own error could show a value
      throw new KubeError({ status: 0, reason: 'Garbled' })
    } catch (thrown) {
      if (thrown instanceof KubeError && thrown.status === 404) return undefined
      const kind = resource === 'secrets' ? 'Secret' : 'ConfigMap'
      throw signal.aborted ? thrown : clusterFault(thrown, `read ${kind} ${namespace}/${name}`)
    }
  }
  return {
    secret: async (
      namespace: string,
      name: string,
      signal: AbortSignal,
    ): Promise<ReadonlyMap<string, Sensitive> | undefined> => {
      const data = await read('secrets', namespace, name, signal)
      return data && new Map(data.map(([key, value]) => [key, Sensitive.bytes(Buffer.from(value, 'base64'))]))
    },
    configMap: async (
      namespace: string,
      name: string,
      signal: AbortSignal,
    ): Promise<ReadonlyMap<string, string> | undefined> => {
      const data = await read('configmaps', namespace, name, signal)
      return data && new Map(data)
    },
    serviceAccount: accounts.read,
  }
}

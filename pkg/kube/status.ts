import { z } from 'zod'
import type { Cluster } from './cluster.ts'
import { clusterFault, KubeError } from './error.ts'
import { pathOf } from './path.ts'

/** One object of our kinds, as far as its status and its events need it. */
export interface ObjectRef {
  readonly kind: 'ExternalSecret' | 'SecretStore' | 'ClusterSecretStore'
  readonly apiVersion: string
  /** Undefined for cluster-scoped objects. */
  readonly namespace: string | undefined
  readonly name: string
  readonly uid: string
}

const resources = {
  ExternalSecret: 'externalsecrets',
  SecretStore: 'secretstores',
  ClusterSecretStore: 'clustersecretstores',
} as const satisfies Record<ObjectRef['kind'], string>

const Live = z.object({ metadata: z.object({ uid: z.string() }) })

const is = (thrown: unknown, status: number): boolean => thrown instanceof KubeError && thrown.status === status

/** URL path of one object of our kinds. */
export const placeOf = ({ kind, apiVersion, namespace, name }: ObjectRef): string =>
  pathOf({ apiVersion, resource: resources[kind], namespace, name })

const stillThere = async (cluster: Cluster, object: ObjectRef, signal: AbortSignal): Promise<boolean> => {
  try {
    const live = Live.parse(await cluster.request({ method: 'GET', path: placeOf(object), signal }))
    return live.metadata.uid === object.uid
  } catch (thrown) {
    if (is(thrown, 404)) return false
    throw thrown
  }
}

/** Merge patches of /status. An object that is gone, or that another one of the same name replaced, is passed over in silence. */
export const statusWriter = (cluster: Cluster) => {
  const write = async (object: ObjectRef, status: unknown, signal: AbortSignal): Promise<void> => {
    try {
      await cluster.request({
        method: 'PATCH',
        path: `${placeOf(object)}/status`,
        query: { fieldManager: 'latchkey' },
        contentType: 'application/merge-patch+json',
        // the API server compares the uid and answers 409 for another object of that name
        body: { metadata: { uid: object.uid }, status },
        signal,
      })
    } catch (thrown) {
      if (is(thrown, 404)) return
      if (!is(thrown, 409) || (await stillThere(cluster, object, signal))) throw thrown
    }
  }
  return {
    patch: async (object: ObjectRef, status: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void> => {
      try {
        await write(object, status, signal)
      } catch (thrown) {
        const name = object.namespace ? `${object.namespace}/${object.name}` : object.name
        throw signal.aborted ? thrown : clusterFault(thrown, `write the status of ${object.kind} ${name}`)
      }
    },
  }
}

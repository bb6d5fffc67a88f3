import { z } from 'zod'
import type { Cluster } from './cluster.ts'
import { clusterFault, KubeError } from './error.ts'
import { pathOf } from './path.ts'

const resources = {
  ExternalSecret: 'externalsecrets',
  SecretStore: 'secretstores',
  ClusterSecretStore: 'clustersecretstores',
  PushSecret: 'pushsecrets',
  ClusterExternalSecret: 'clusterexternalsecrets',
  ClusterPushSecret: 'clusterpushsecrets',
  Namespace: 'namespaces',
} as const

/** One object of our kinds, or a namespace, as far as its status and its events need it. */
export interface ObjectRef {
  readonly kind: keyof typeof resources
  readonly apiVersion: string
  /** Undefined for cluster-scoped objects. */
  readonly namespace: string | undefined
  readonly name: string
  readonly uid: string
  /** As last seen; with it a status patch needs no read before it. */
  readonly resourceVersion?: string
  /** Where it is given, an object that was edited since, or is being deleted, is one that is gone. */
  readonly generation?: number | undefined
}

export const Live = z.object({
  metadata: z.object({
    uid: z.string(),
    resourceVersion: z.string(),
    generation: z.number().optional(),
    deletionTimestamp: z.string().optional(),
    finalizers: z.array(z.string()).optional(),
  }),
})
export type LiveMetadata = z.infer<typeof Live>['metadata']

/** An object as a write left it. */
export interface Written {
  readonly version: string
  readonly generation: number | undefined
}
export const writtenAs = ({ resourceVersion, generation }: LiveMetadata): Written => ({
  version: resourceVersion,
  generation,
})

/** Whether it is the object that is meant. */
export const isMeant = ({ uid, generation }: ObjectRef, live: LiveMetadata): boolean =>
  live.uid === uid &&
  (generation === undefined || (live.generation === generation && live.deletionTimestamp === undefined))

const is = (thrown: unknown, status: number): boolean => thrown instanceof KubeError && thrown.status === status

/** URL path of one object of our kinds. */
export const placeOf = ({ kind, apiVersion, namespace, name }: ObjectRef): string =>
  pathOf({ apiVersion, resource: resources[kind], namespace, name })

/** The version of now; undefined when the object is gone. */
const liveVersion = async (cluster: Cluster, object: ObjectRef, signal: AbortSignal): Promise<string | undefined> => {
  try {
    const { metadata } = Live.parse(await cluster.request({ method: 'GET', path: placeOf(object), signal }))
    return isMeant(object, metadata) ? metadata.resourceVersion : undefined
  } catch (thrown) {
    if (is(thrown, 404)) return undefined
    throw thrown
  }
}

// security.md F15
const tries = 5

/**
 * Merge patches of /status. An object that is gone, or that another one of the same name replaced, is passed over in silence:
 * each patch carries a resourceVersion, for the API server ignores a uid in a patch of a status.
 */
export const statusWriter = (cluster: Cluster) => {
  /** What it made; undefined when the object is gone; what was thrown when its version is another by now. */
  const send = async (object: ObjectRef, resourceVersion: string, status: unknown, signal: AbortSignal) => {
    try {
      const answer = await cluster.request({
        method: 'PATCH',
        path: `${placeOf(object)}/status`,
        query: { fieldManager: 'latchkey' },
        contentType: 'application/merge-patch+json',
        body: { metadata: { resourceVersion }, status },
        signal,
      })
      return { written: writtenAs(Live.parse(answer).metadata) }
    } catch (thrown) {
      if (is(thrown, 404)) return { written: undefined }
      if (is(thrown, 409)) return { conflict: thrown }
      throw thrown
    }
  }
  const write = async (object: ObjectRef, status: unknown, signal: AbortSignal): Promise<Written | undefined> => {
    let version = object.resourceVersion
    let conflict: unknown
    for (let left = tries; left > 0; left -= 1) {
      version ??= await liveVersion(cluster, object, signal)
      if (version === undefined) return undefined
      const sent = await send(object, version, status, signal)
      if (!('conflict' in sent)) return sent.written
      conflict = sent.conflict
      version = undefined
    }
    throw conflict
  }
  return {
    /** The object with this status; undefined when it is gone. */
    patch: async (
      object: ObjectRef,
      status: Readonly<Record<string, unknown>>,
      signal: AbortSignal,
    ): Promise<Written | undefined> => {
      try {
        return await write(object, status, signal)
      } catch (thrown) {
        const name = object.namespace ? `${object.namespace}/${object.name}` : object.name
        throw signal.aborted ? thrown : clusterFault(thrown, `write the status of ${object.kind} ${name}`)
      }
    },
  }
}

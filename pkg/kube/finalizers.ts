import { z } from 'zod'
import type { Cluster } from './cluster.ts'
import { clusterFault, KubeError } from './error.ts'
import { type ObjectRef, placeOf } from './status.ts'

const Live = z.object({
  metadata: z.object({
    uid: z.string(),
    resourceVersion: z.string(),
    deletionTimestamp: z.string().optional(),
    finalizers: z.array(z.string()).optional(),
  }),
})
type Metadata = z.infer<typeof Live>['metadata']

/** Puts one finalizer on an object, or takes one off. An object that is gone, or needs no change, is passed over in silence. */
export const finalizerWriter = (cluster: Cluster) => {
  /** `change`: the finalizers that there shall be; undefined where they are right. */
  const write = async (
    object: ObjectRef,
    verb: string,
    change: (metadata: Metadata) => readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<void> => {
    const path = placeOf(object)
    try {
      const { metadata } = Live.parse(await cluster.request({ method: 'GET', path, signal }))
      const finalizers = metadata.uid === object.uid ? change(metadata) : undefined
      if (finalizers === undefined) return
      // the list is replaced whole: the version keeps a finalizer that somebody adds meanwhile
      const body = { metadata: { resourceVersion: metadata.resourceVersion, finalizers } }
      await cluster.request({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body, signal })
    } catch (thrown) {
      if (thrown instanceof KubeError && thrown.status === 404) return
      throw signal.aborted ? thrown : clusterFault(thrown, `${verb} a finalizer of ${object.kind} ${object.name}`)
    }
  }
  return {
    /** An object that is being deleted takes none. */
    add: (object: ObjectRef, name: string, signal: AbortSignal): Promise<void> =>
      write(
        object,
        'add',
        ({ finalizers = [], deletionTimestamp }) =>
          finalizers.includes(name) || deletionTimestamp !== undefined ? undefined : [...finalizers, name],
        signal,
      ),
    remove: (object: ObjectRef, name: string, signal: AbortSignal): Promise<void> =>
      write(
        object,
        'remove',
        ({ finalizers = [] }) => (finalizers.includes(name) ? finalizers.filter(other => other !== name) : undefined),
        signal,
      ),
  }
}

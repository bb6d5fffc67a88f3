import { z } from 'zod'
import type { Cluster } from './cluster.ts'
import { clusterFault, KubeError } from './error.ts'
import { type ObjectRef, placeOf } from './status.ts'

const Live = z.object({
  metadata: z.object({ uid: z.string(), resourceVersion: z.string(), finalizers: z.array(z.string()).optional() }),
})

/** Takes one finalizer off an object. An object that is gone, or without that finalizer, is passed over in silence. */
export const finalizerRemover = (cluster: Cluster) => ({
  remove: async (object: ObjectRef, name: string, signal: AbortSignal): Promise<void> => {
    const path = placeOf(object)
    try {
      const { metadata } = Live.parse(await cluster.request({ method: 'GET', path, signal }))
      if (metadata.uid !== object.uid || !metadata.finalizers?.includes(name)) return
      // the list is replaced whole: the version keeps a finalizer that somebody adds meanwhile
      const finalizers = metadata.finalizers.filter(finalizer => finalizer !== name)
      const body = { metadata: { resourceVersion: metadata.resourceVersion, finalizers } }
      await cluster.request({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body, signal })
    } catch (thrown) {
      if (thrown instanceof KubeError && thrown.status === 404) return
      throw signal.aborted ? thrown : clusterFault(thrown, `remove a finalizer of ${object.kind} ${object.name}`)
    }
  },
})

import type { Cluster } from './cluster.ts'
import { clusterFault, KubeError } from './error.ts'
import { isMeant, Live, type LiveMetadata, type ObjectRef, placeOf, type Written, writtenAs } from './status.ts'

const is = (thrown: unknown, status: number): boolean => thrown instanceof KubeError && thrown.status === status

/** The finalizers that there shall be; `right`: those that there are; `never`: there cannot be such. */
type Change = (metadata: LiveMetadata) => readonly string[] | 'right' | 'never'

// security.md F15
const tries = 5

/** Puts one finalizer on an object, or takes one off. */
export const finalizerWriter = (cluster: Cluster) => {
  /** What it made; undefined where there is no such object; what was thrown, and whether somebody else wrote in between. */
  const attempt = async (object: ObjectRef, change: Change, signal: AbortSignal) => {
    const path = placeOf(object)
    try {
      const { metadata } = Live.parse(await cluster.request({ method: 'GET', path, signal }))
      const finalizers = isMeant(object, metadata) ? change(metadata) : 'never'
      if (finalizers === 'never') return { written: undefined }
      if (finalizers === 'right') return { written: writtenAs(metadata) }
      // the list is replaced whole: the version keeps a finalizer that somebody adds meanwhile
      const body = { metadata: { resourceVersion: metadata.resourceVersion, finalizers } }
      const patch = { method: 'PATCH', path, contentType: 'application/merge-patch+json', body, signal } as const
      return { written: writtenAs(Live.parse(await cluster.request(patch)).metadata) }
    } catch (thrown) {
      if (is(thrown, 404)) return { written: undefined }
      return { conflict: is(thrown, 409), thrown }
    }
  }
  const write = async (object: ObjectRef, verb: string, change: Change, signal: AbortSignal) => {
    let last = await attempt(object, change, signal)
    for (let left = tries - 1; left > 0 && 'thrown' in last && last.conflict; left -= 1) {
      last = await attempt(object, change, signal)
    }
    if (!('thrown' in last)) return last.written
    throw signal.aborted
      ? last.thrown
      : clusterFault(last.thrown, `${verb} a finalizer of ${object.kind} ${object.name}`)
  }
  return {
    /** The object with it; undefined when the object is gone or being deleted: then it takes none. */
    add: (object: ObjectRef, name: string, signal: AbortSignal): Promise<Written | undefined> => {
      const change: Change = ({ finalizers = [], deletionTimestamp }) => {
        if (finalizers.includes(name)) return 'right'
        return deletionTimestamp === undefined ? [...finalizers, name] : 'never'
      }
      return write(object, 'add', change, signal)
    },
    /** The object without it; undefined when the object is gone. */
    remove: (object: ObjectRef, name: string, signal: AbortSignal): Promise<Written | undefined> => {
      const change: Change = ({ finalizers = [] }) =>
        finalizers.includes(name) ? finalizers.filter(other => other !== name) : 'right'
      return write(object, 'remove', change, signal)
    },
  }
}

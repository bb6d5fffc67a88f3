import type { Cluster } from './cluster.ts'
import type { ObjectKind } from './discovery.ts'
import type { Change } from './mirror.ts'
import { type ObjectDigest, objectDigest } from './objects.ts'
import { pathOf } from './path.ts'
import { type Limits, type Reflector, reflect } from './reflector.ts'

export interface OnDemandOptions {
  readonly cluster: Cluster
  /** Watches this namespace alone; undefined: all of them. */
  readonly namespace: string | undefined
  /** Only objects with these labels are told and kept; one that loses them is told as deleted. */
  readonly labelSelector: string
  /** What was deleted has an empty mark: whoever knows its last one sees that it is not as it was. */
  readonly onChange: (kind: ObjectKind, change: Change<ObjectDigest>) => void
  readonly onError: (error: unknown, where: { path: string; key: string | undefined }) => void
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly random: () => number
  readonly limits?: Partial<Limits>
}

interface Watched {
  readonly reflector: Reflector<ObjectDigest>
  readonly holders: Set<string>
}

const pathTo = ({ apiVersion, resource }: ObjectKind, namespace: string | undefined): string =>
  pathOf({ apiVersion, resource, namespace })

const told = (change: Change<ObjectDigest>): Change<ObjectDigest> =>
  change.type === 'deleted' ? { ...change, object: { ...change.object, mark: '' } } : change

/**
 * One watch a kind, metadata only, for as long as somebody holds the kind. A holder (an ExternalSecret, by its key) holds one at a
 * time: another kind takes the place of the first. Nothing here waits or throws.
 */
export const watchOnDemand = (options: OnDemandOptions) => {
  const watched = new Map<string, Watched>()
  const held = new Map<string, string>()
  const ending = new Set<Promise<void>>()

  const start = (kind: ObjectKind, path: string): Watched => {
    const { cluster, labelSelector, onError, now, random, limits } = options
    const reflector = reflect<ObjectDigest>({
      cluster,
      path,
      query: { labelSelector },
      metadataOnly: true,
      transform: objectDigest,
      onChange: change => options.onChange(kind, told(change)),
      onError,
      now,
      random,
      ...(limits ? { limits } : {}),
    })
    const fresh = { reflector, holders: new Set<string>() }
    watched.set(path, fresh)
    return fresh
  }
  const release = (holder: string): void => {
    const path = held.get(holder)
    const entry = path === undefined ? undefined : watched.get(path)
    held.delete(holder)
    if (path === undefined || !entry) return
    entry.holders.delete(holder)
    if (entry.holders.size > 0) return
    watched.delete(path)
    const end = entry.reflector.stop().finally(() => ending.delete(end))
    ending.add(end)
  }
  return {
    hold: (holder: string, kind: ObjectKind): void => {
      const path = pathTo(kind, options.namespace)
      if (held.get(holder) === path) return
      release(holder)
      const entry = watched.get(path) ?? start(kind, path)
      entry.holders.add(holder)
      held.set(holder, path)
    },
    release,
    /** As last seen; undefined where it is not there, or the watch has not seen it yet. */
    get: (kind: ObjectKind, namespace: string, name: string): ObjectDigest | undefined =>
      watched.get(pathTo(kind, options.namespace))?.reflector.snapshot.get(`${namespace}/${name}`),
    /** Whether the first list of this kind is complete, so that what is not there is absent. */
    isSynced: (kind: ObjectKind): boolean =>
      watched.get(pathTo(kind, options.namespace))?.reflector.healthy().synced ?? false,
    /** How many watches are open. */
    size: (): number => watched.size,
    stop: async (): Promise<void> => {
      for (const holder of [...held.keys()]) release(holder)
      await Promise.all(ending)
    },
  }
}

import { identify, lighten } from './object.ts'
import { createStore, type Indexes, type Snapshot } from './store.ts'

export type Change<T> =
  | { readonly type: 'added'; readonly key: string; readonly object: T }
  | { readonly type: 'updated'; readonly key: string; readonly object: T; readonly prior: T }
  /** The object as it was last seen. */
  | { readonly type: 'deleted'; readonly key: string; readonly object: T }

export interface MirrorOptions<T> {
  /** What is kept of an object; undefined leaves it out. A throw keeps what was known before and is reported. */
  readonly transform: (raw: unknown) => T | undefined
  readonly indexes?: Indexes<T> | undefined
  readonly onChange?: ((change: Change<T>) => void) | undefined
  readonly onError: (error: unknown, key: string | undefined) => void
}

export interface Mirror<T> {
  readonly snapshot: Snapshot<T>
  /** True where something changed by it. */
  put(raw: unknown): boolean
  drop(raw: unknown): boolean
  /** Removes what a complete list did not name; gives the number of objects that went. */
  retain(keys: ReadonlySet<string>): number
}

/** A copy of the server's objects that tells each difference once, in the order it learns of them. */
export const createMirror = <T>(options: MirrorOptions<T>): Mirror<T> => {
  const store = createStore<T>(options.indexes)

  const tell = (change: Change<T>): void => {
    try {
      const returned: unknown = options.onChange?.(change)
      // an async handler fits the type; its rejection must not end the process
      if (returned instanceof Promise) returned.catch((error: unknown) => options.onError(error, change.key))
    } catch (error) {
      options.onError(error, change.key)
    }
  }
  const forget = (key: string): boolean => {
    const gone = store.remove(key)
    if (gone) tell({ type: 'deleted', key, object: gone.object })
    return gone !== undefined
  }
  const put = (raw: unknown): boolean => {
    const id = identify(raw)
    if (!id) throw new Error('no Kubernetes object')
    const known = store.get(id.key)
    if (known?.uid === id.uid && known.resourceVersion === id.resourceVersion) return false
    const object = options.transform(lighten(raw))
    if (object === undefined) return forget(id.key)
    // same name, other object: the deletion in between was not seen
    if (known && known.uid !== id.uid) forget(id.key)
    const prior = store.put({ ...id, object })
    tell(prior ? { type: 'updated', key: id.key, object, prior: prior.object } : { type: 'added', key: id.key, object })
    return true
  }
  return {
    snapshot: store.snapshot,
    put: raw => {
      try {
        return put(raw)
      } catch (error) {
        options.onError(error, identify(raw)?.key)
        return false
      }
    },
    drop: raw => {
      const id = identify(raw)
      return id !== undefined && forget(id.key)
    },
    retain: keys => [...store.keys()].filter(key => !keys.has(key) && forget(key)).length,
  }
}

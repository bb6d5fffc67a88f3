import type { ClusterSecretStore, SecretStore } from '#api'
import type { Change } from '#kube'
import { accountNamed, isOurs, storeKey } from '#reconcile'

interface Opened {
  stop(): Promise<void>
}

interface Options {
  /** Begins to follow the ServiceAccounts of a namespace, or of the whole cluster. */
  readonly open: (namespace: string | undefined) => Opened
  /** A watch for each namespace, and not one for the cluster. */
  readonly scoped: boolean
  /** Stores of another class need nothing from us. */
  readonly controllerClass: string
}

/** Follows ServiceAccounts where a store that we serve names one, and only for as long as it does. Nothing here waits or throws. */
export interface AccountWatches {
  onStore(change: Change<SecretStore | ClusterSecretStore>): void
  stop(): Promise<void>
}

interface Place {
  readonly opened: Opened
  /** Keys of the stores that need it. */
  readonly holders: Set<string>
}

export const createAccountWatches = ({ open, scoped, controllerClass }: Options): AccountWatches => {
  const places = new Map<string | undefined, Place>()
  const ending = new Set<Promise<void>>()

  const hold = (namespace: string | undefined, holder: string): void => {
    const place = places.get(namespace) ?? { opened: open(namespace), holders: new Set() }
    places.set(namespace, place)
    place.holders.add(holder)
  }
  const close = (namespace: string | undefined, { opened }: Place): void => {
    places.delete(namespace)
    const end = opened.stop().finally(() => ending.delete(end))
    ending.add(end)
  }
  const release = (namespace: string | undefined, holder: string): void => {
    const place = places.get(namespace)
    if (place?.holders.delete(holder) && place.holders.size === 0) close(namespace, place)
  }

  return {
    onStore: ({ type, object }) => {
      const { kind, metadata } = object
      const needs = type !== 'deleted' && isOurs(object, controllerClass) && accountNamed(object) !== undefined
      const change = needs ? hold : release
      change(scoped ? metadata.namespace : undefined, storeKey(kind, metadata.namespace, metadata.name))
    },
    stop: async () => {
      for (const [namespace, place] of places) close(namespace, place)
      await Promise.all(ending)
    },
  }
}

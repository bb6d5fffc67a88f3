import type { ClusterSecretStore, SecretStore } from '#api'
import type { ObjectRef } from './ports.ts'

export type Store = SecretStore | ClusterSecretStore

/** `SecretStore/namespace/name` or `ClusterSecretStore/name`: names a store in indexes and queues. */
export const storeKey = (kind: Store['kind'], namespace: string | undefined, name: string): string =>
  kind === 'SecretStore' ? `${kind}/${namespace ?? ''}/${name}` : `${kind}/${name}`

export const keyOf = ({ kind, metadata }: Store): string => storeKey(kind, metadata.namespace, metadata.name)

/** How people read it: `SecretStore "main"`. */
export const showStore = (kind: string, name: string): string => `${kind} ${JSON.stringify(name)}`

const defaultClass = 'default'

/** Whether no class of its own was given: then nobody else is expected in the cluster. */
export const isDefault = (controllerClass: string): boolean => controllerClass === defaultClass

/** The class that a name stands for: no name, or an empty one, is the default class. */
export const classOf = (controllerClass: string | undefined): string => controllerClass || defaultClass

/**
 * Whether a store is ours to serve. A store without a class is for the default class alone: under a class of its own Latchkey
 * shares the cluster with ESO, which takes those (decision 3).
 */
export const isOurs = ({ spec }: Store, controllerClass: string): boolean =>
  classOf(spec.controller) === controllerClass

/** An object as events, status writes and metrics name it. */
export const refOf = (object: {
  apiVersion: string
  kind: ObjectRef['kind']
  metadata: {
    name: string
    namespace?: string | undefined
    uid?: string | undefined
    resourceVersion?: string | undefined
  }
}): ObjectRef => ({
  kind: object.kind,
  apiVersion: object.apiVersion,
  namespace: object.metadata.namespace,
  name: object.metadata.name,
  uid: object.metadata.uid ?? '',
  ...(object.metadata.resourceVersion === undefined ? {} : { resourceVersion: object.metadata.resourceVersion }),
})

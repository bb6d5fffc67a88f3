import { type ClusterSecretStore, type ExternalSecret, group, type PushSecret, type SecretStore } from '#api'
import { accountDigest, type Change, secretDigest } from '#kube'
import {
  type AccountDigest,
  type FanObject,
  indexes,
  managedLabel,
  type Namespace,
  type SecretDigest,
  type SecretSight,
} from '#reconcile'
import {
  readClusterExternalSecret,
  readClusterPushSecret,
  readClusterStore,
  readExternalSecret,
  readPushSecret,
  readStore,
} from './readable.ts'

/** Who hears of changes; the webhook alone needs none. */
export interface Listeners {
  onExternalSecret(change: Change<ExternalSecret>): void
  onPushSecret(change: Change<PushSecret>): void
  onStore(change: Change<SecretStore | ClusterSecretStore>): void
  onSecret(change: Change<SecretDigest>): void
  onCredentialObject(namespace: string, name: string): void
  onAccount(change: Change<AccountDigest>): void
  onNamespace(change: Change<Namespace>): void
  onFan(change: Change<FanObject>): void
}

/** One collection to follow, and what is kept of its objects. */
export interface Kind<T> {
  readonly resource: string
  readonly apiVersion: string
  readonly scope: 'namespaced' | 'cluster'
  readonly transform: (raw: unknown) => T | undefined
  readonly query?: Readonly<Record<string, string>>
  readonly metadataOnly?: boolean
  /** Nobody waits for it where the kind is not installed: ESO's chart can leave it out. */
  readonly optional?: boolean
  /** How many come in one answer; left out, so many as is right for small objects. */
  readonly pageSize?: number
  /** How long to wait at most where the right to watch is not given; left out, a few seconds. */
  readonly waitMaxMs?: number
  readonly indexes?: Readonly<Record<string, (object: T) => readonly string[]>>
  readonly onChange: (change: Change<T>) => void
}

// of a ConfigMap only that it changed is of interest: it may hold a CA or texts of templates
const seen = Object.freeze({})

interface Raw {
  readonly metadata?: {
    readonly name?: string
    readonly uid?: string
    readonly labels?: Record<string, string>
    readonly finalizers?: readonly string[]
    readonly resourceVersion?: string
    readonly deletionTimestamp?: string
  }
}

const readNamespace = (raw: unknown): Namespace | undefined => {
  const { metadata } = raw as Raw // an object of the API server
  if (!metadata?.name) return undefined
  const { name, uid, labels = {}, finalizers = [], deletionTimestamp } = metadata
  return { name, uid, labels, finalizers, terminating: deletionTimestamp !== undefined }
}

// of a Secret that no ExternalSecret made, whether it is another than it was: it may hold credentials, or be pushed
const readSight = (raw: unknown): SecretSight => {
  const { metadata } = raw as Raw // an object of the API server
  return { resourceVersion: metadata?.resourceVersion ?? '' }
}

// each can be as large as etcd takes, 1.5 MiB, and a tenant may make thousands of them
const large = { pageSize: 50 } as const
const ours = { apiVersion: `${group}/v1` } as const
const alpha = { apiVersion: `${group}/v1alpha1` } as const
const core = { apiVersion: 'v1' } as const

/** What a process that only judges needs to know. */
export const storeKinds = (listeners: Listeners) => {
  const stores: Kind<SecretStore> = {
    ...ours,
    resource: 'secretstores',
    scope: 'namespaced',
    transform: readStore,
    indexes: indexes.stores,
    onChange: change => listeners.onStore(change),
  }
  const clusterStores: Kind<ClusterSecretStore> = {
    ...ours,
    resource: 'clustersecretstores',
    scope: 'cluster',
    transform: readClusterStore,
    indexes: indexes.clusterStores,
    onChange: change => listeners.onStore(change),
  }
  return { stores, clusterStores }
}

/** What a process that reconciles needs beside that. Of Secrets it did not make it keeps name and version alone. */
export const reconcileKinds = (listeners: Listeners) => {
  const externalSecrets: Kind<ExternalSecret> = {
    ...ours,
    ...large,
    resource: 'externalsecrets',
    scope: 'namespaced',
    transform: readExternalSecret,
    indexes: indexes.externalSecrets,
    onChange: change => listeners.onExternalSecret(change),
  }
  const namespaces: Kind<Namespace> = {
    ...core,
    resource: 'namespaces',
    scope: 'cluster',
    metadataOnly: true,
    transform: readNamespace,
    indexes: indexes.namespaces,
    onChange: change => listeners.onNamespace(change),
  }
  const secrets: Kind<SecretDigest> = {
    ...core,
    ...large,
    resource: 'secrets',
    scope: 'namespaced',
    query: { labelSelector: `${managedLabel}=true` },
    transform: secretDigest,
    indexes: indexes.secrets,
    onChange: change => listeners.onSecret(change),
  }
  const named = {
    ...core,
    scope: 'namespaced',
    metadataOnly: true,
    onChange: ({ key }: Change<object>) => {
      const [namespace = '', name = ''] = key.split('/')
      listeners.onCredentialObject(namespace, name)
    },
  } as const
  const credentials: Kind<SecretSight> = { ...named, resource: 'secrets', transform: readSight }
  const authorities: Kind<object> = { ...named, resource: 'configmaps', transform: () => seen }
  const pushSecrets: Kind<PushSecret> = {
    ...alpha,
    ...large,
    resource: 'pushsecrets',
    scope: 'namespaced',
    optional: true,
    transform: readPushSecret,
    indexes: indexes.pushSecrets,
    onChange: change => listeners.onPushSecret(change),
  }
  return { externalSecrets, namespaces, secrets, credentials, authorities, pushSecrets }
}

/** Followed only while a store needs it. The right to is given apart (deploy/permissions.ts), and may never come. */
export const accountKind = (listeners: Listeners): Kind<AccountDigest> => ({
  ...core,
  resource: 'serviceaccounts',
  scope: 'namespaced',
  metadataOnly: true,
  waitMaxMs: 60_000,
  transform: accountDigest,
  onChange: change => listeners.onAccount(change),
})

/** What is made in many namespaces. */
export const fanOutKinds = (listeners: Listeners) => {
  const fan = {
    ...large,
    scope: 'cluster',
    optional: true,
    indexes: indexes.fans,
    onChange: (change: Change<FanObject>) => listeners.onFan(change),
  } as const
  const clusterExternalSecrets: Kind<FanObject> = {
    ...fan,
    ...ours,
    resource: 'clusterexternalsecrets',
    transform: readClusterExternalSecret,
  }
  const clusterPushSecrets: Kind<FanObject> = {
    ...fan,
    ...alpha,
    resource: 'clusterpushsecrets',
    transform: readClusterPushSecret,
  }
  return { clusterExternalSecrets, clusterPushSecrets }
}

import { ClusterSecretStore, ExternalSecret, SecretStore } from '#api'
import { createdByHash, dataHash, fieldManager, metadataHash } from '#core'
import { createdByLabel, dataHashAnnotation, managedLabel } from '../../../pkg/reconcile/marks.ts'
import type { SecretDigest, SecretObject } from '../../../pkg/reconcile/ports.ts'

export const now = new Date('2026-11-21T12:00:00Z')
export const ago = (seconds: number): string =>
  new Date(now.getTime() - seconds * 1000).toISOString().replace('.000', '')
export const namespace = 'demo'

const data = [{ secretKey: 'user', remoteRef: { key: '/db', property: 'user' } }]

/** An ExternalSecret as the API server hands it out: spec defaults filled in, metadata and status as given. */
export const externalSecret = (
  parts: {
    metadata?: Record<string, unknown>
    spec?: Record<string, unknown>
    status?: Record<string, unknown> | undefined
  } = {},
): ExternalSecret =>
  ExternalSecret.parse({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: 'app', namespace, uid: 'uid-app', resourceVersion: '10', generation: 1, ...parts.metadata },
    spec: { secretStoreRef: { name: 'main', kind: 'SecretStore' }, data, ...parts.spec },
    ...(parts.status ? { status: parts.status } : {}),
  })

/** The status that a successful sync `seconds` ago left. */
export const syncedStatus = (
  { metadata }: ExternalSecret,
  seconds: number,
  more: Record<string, unknown> = {},
): Record<string, unknown> => ({
  refreshTime: ago(seconds),
  syncedResourceVersion: `${metadata.generation}-${metadataHash(metadata.annotations, metadata.labels)}`,
  observedGeneration: metadata.generation,
  binding: { name: metadata.name },
  conditions: [
    { type: 'Ready', status: 'True', reason: 'SecretSynced', message: 'secret synced', lastTransitionTime: ago(9999) },
  ],
  ...more,
})

/** An ExternalSecret that was synced `seconds` ago and not edited since. */
export const synced = (
  seconds: number,
  parts: Parameters<typeof externalSecret>[0] = {},
  status: Record<string, unknown> = {},
): ExternalSecret => {
  const base = externalSecret(parts)
  return externalSecret({ ...parts, status: syncedStatus(base, seconds, status) })
}

export const bytes = (texts: Record<string, string>): Map<string, Uint8Array> =>
  new Map(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text)]))

export const base64 = (texts: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]))

export const owner = {
  apiVersion: 'external-secrets.io/v1',
  kind: 'ExternalSecret',
  name: 'app',
  uid: 'uid-app',
  controller: true,
  blockOwnerDeletion: true,
}

/** The Secret that a sync of `app` with this data left, as the watch sees it. */
export const digest = (
  texts: Record<string, string> = { user: 'u' },
  more: Partial<SecretDigest> = {},
): SecretDigest => ({
  namespace,
  name: 'app',
  uid: 'uid-secret',
  resourceVersion: '20',
  type: 'Opaque',
  immutable: false,
  labels: { [managedLabel]: 'true', [createdByLabel]: createdByHash(namespace, 'app') },
  annotations: { [dataHashAnnotation]: dataHash(bytes(texts)) },
  ownerReferences: [owner],
  dataHash: dataHash(bytes(texts)),
  ...more,
})

/** The same Secret as the API server hands it out, with the managedFields that our write left. */
export const secretObject = (
  texts: Record<string, string> = { user: 'u' },
  more: { metadata?: Record<string, unknown>; [field: string]: unknown } = {},
): SecretObject => {
  const { labels, annotations } = digest(texts)
  const { metadata, ...rest } = more
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    data: base64(texts),
    metadata: {
      name: 'app',
      namespace,
      uid: 'uid-secret',
      resourceVersion: '20',
      labels,
      annotations,
      ownerReferences: [owner],
      managedFields: managedFields(Object.keys(labels), Object.keys(annotations)),
      ...metadata,
    },
    ...rest,
  }
}

const fields = (keys: readonly string[]) => Object.fromEntries(keys.map(key => [`f:${key}`, {}]))

export const managedFields = (
  labels: readonly string[],
  annotations: readonly string[],
  manager = fieldManager('app'),
): { manager: string; fieldsV1: unknown }[] => [
  {
    manager,
    fieldsV1: {
      'f:metadata': {
        'f:labels': { '.': {}, ...fields(labels) },
        'f:annotations': { '.': {}, ...fields(annotations) },
      },
    },
  },
]

const credentials = (extra: Record<string, unknown> = {}) => ({
  accessID: { name: 'creds', key: 'accessId', ...extra },
  accessType: { name: 'creds', key: 'accessType', ...extra },
  accessTypeParam: { name: 'creds', key: 'accessTypeParam', ...extra },
})

const ready = {
  conditions: [
    { type: 'Ready', status: 'True', reason: 'Valid', message: 'store validated', lastTransitionTime: ago(500) },
  ],
  capabilities: 'ReadWrite',
  observedGeneration: 1,
}

interface StoreParts {
  metadata?: Record<string, unknown>
  spec?: Record<string, unknown>
  akeyless?: Record<string, unknown>
  status?: Record<string, unknown> | undefined
}

const storeJson = (kind: string, parts: StoreParts, selectors: unknown) => ({
  apiVersion: 'external-secrets.io/v1',
  kind,
  metadata: { name: 'main', uid: `uid-${kind}`, resourceVersion: '5', generation: 1, ...parts.metadata },
  spec: {
    provider: {
      akeyless: {
        akeylessGWApiURL: 'https://gateway.example.com',
        authSecretRef: { secretRef: selectors },
        ...parts.akeyless,
      },
    },
    ...parts.spec,
  },
  ...('status' in parts ? (parts.status ? { status: parts.status } : {}) : { status: ready }),
})

export const secretStore = (parts: StoreParts = {}): SecretStore =>
  SecretStore.parse(storeJson('SecretStore', { ...parts, metadata: { namespace, ...parts.metadata } }, credentials()))

export const clusterStore = (parts: StoreParts = {}): ClusterSecretStore =>
  ClusterSecretStore.parse(storeJson('ClusterSecretStore', parts, credentials({ namespace: 'ops' })))

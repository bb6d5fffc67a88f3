import { externalSecret } from './manifests.ts'

const resource = { group: 'external-secrets.io', version: 'v1', resource: 'externalsecrets' }
const kind = { group: 'external-secrets.io', version: 'v1', kind: 'ExternalSecret' }
const refs = Array.from({ length: 20 }, (_, index) => [
  `database-password-${index}`,
  { key: `/apps/production/team-a/service-${index}/database`, property: `credentials.users.${index}.password` },
])

const manifest = externalSecret('database-passwords', 'store', Object.fromEntries(refs))

/** As the API server sends it for a CREATE: defaults filled in, the manifest once more in kubectl's annotation. */
const object = {
  ...manifest,
  metadata: {
    ...manifest.metadata,
    namespace: 'production',
    uid: '7d0b6f6e-6d70-4a33-9a4e-0f1f6e1a7c55',
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { 'app.kubernetes.io/name': 'database', 'app.kubernetes.io/part-of': 'shop' },
  },
  spec: {
    ...manifest.spec,
    refreshPolicy: 'Periodic',
    target: { ...manifest.spec.target, deletionPolicy: 'Retain' },
    data: manifest.spec.data.map(({ secretKey, remoteRef }) => ({
      secretKey,
      remoteRef: { ...remoteRef, conversionStrategy: 'Default', decodingStrategy: 'None', metadataPolicy: 'None' },
    })),
  },
}

/** The body of one review of a valid ExternalSecret with 20 refs. */
export const review = JSON.stringify({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
    kind,
    resource,
    requestKind: kind,
    requestResource: resource,
    name: object.metadata.name,
    namespace: object.metadata.namespace,
    operation: 'CREATE',
    userInfo: {
      username: 'system:serviceaccount:ci:deployer',
      groups: ['system:serviceaccounts', 'system:authenticated'],
    },
    object,
    oldObject: null,
    dryRun: false,
    options: { apiVersion: 'meta.k8s.io/v1', kind: 'CreateOptions', fieldManager: 'kubectl-client-side-apply' },
  },
})

import { externalSecret } from './manifests.ts'

const resource = { group: 'external-secrets.io', version: 'v1', resource: 'externalsecrets' }
const kind = { group: 'external-secrets.io', version: 'v1', kind: 'ExternalSecret' }
const count = 60
const refs = Array.from({ length: count }, (_, index) => [`key-${index}`, { key: `/prod/db-${index}`, property: 'pw' }])

/** A valid ExternalSecret of the size that the budgets are for: 60 refs, and its review has 5 KB. */
export const manifest = externalSecret('database-passwords', 'store', Object.fromEntries(refs))

/** As the API server sends it for a CREATE, defaults filled in. */
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
  spec: { ...manifest.spec, refreshPolicy: 'Periodic', target: { ...manifest.spec.target, deletionPolicy: 'Retain' } },
}

/** The body of its review. */
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

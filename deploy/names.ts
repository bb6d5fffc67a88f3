/** Names that manifests, server and tests share (decision 4). */
export const names = {
  app: 'latchkey',
  namespace: 'latchkey-system',
  serviceAccount: 'latchkey',
  service: 'latchkey',
  lease: 'latchkey',
  /** Secret that holds the CA of the webhook. */
  ca: 'latchkey-webhook-ca',
  /** Both webhook configurations, validating and mutating. */
  webhooks: 'latchkey',
  /** Replaced by kustomize or by the release. */
  image: 'latchkey:0.1.0',
} as const

export const ports = { webhook: 10250, metrics: 8080, health: 8081, service: 443 } as const

/** What the Deployment, its Service, its disruption budget and its network policy select by. */
export const selector = { 'app.kubernetes.io/name': names.app } as const

export const labels = { ...selector, 'app.kubernetes.io/part-of': names.app } as const

/** Metadata of one of our objects; without a namespace it is cluster-scoped. */
export const metadata = (name: string, namespace?: string, more: Readonly<Record<string, string>> = {}) => ({
  name,
  ...(namespace !== undefined && { namespace }),
  labels: { ...labels, ...more },
})

/** A Kubernetes object as data. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly [field: string]: unknown
}

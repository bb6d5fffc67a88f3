import { labels, type Manifest, metadata, names, ports, selector } from './names.ts'

// heap at 75 % of the limit: V8 then fails with a trace before the kernel kills without one
const memoryMiB = 256
const heapMiB = memoryMiB * 0.75

const probe = (path: string, periodSeconds: number, failureThreshold: number) => ({
  httpGet: { path, port: 'health' },
  periodSeconds,
  failureThreshold,
  timeoutSeconds: 2,
})

const container = {
  name: names.app,
  image: names.image,
  args: ['serve', '--leader-elect'],
  env: [
    { name: 'LATCHKEY_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
    // four by default, and a lookup that hangs holds one: tenants name the hosts
    { name: 'UV_THREADPOOL_SIZE', value: '32' },
    // the young generation comes on top of the old one: unbounded, 5,000 objects took 275 MiB of the 256 allowed; so they take 164
    { name: 'NODE_OPTIONS', value: `--max-old-space-size=${heapMiB} --max-semi-space-size=8` },
    { name: 'MALLOC_ARENA_MAX', value: '2' },
    // what V8's compiler frees in large pieces makes glibc raise this limit by itself, and keep 10 MiB that nobody uses
    { name: 'MALLOC_TRIM_THRESHOLD_', value: '131072' },
  ],
  ports: [
    { name: 'webhook', containerPort: ports.webhook },
    { name: 'metrics', containerPort: ports.metrics },
    { name: 'health', containerPort: ports.health },
  ],
  startupProbe: probe('/healthz', 1, 60),
  readinessProbe: probe('/readyz', 5, 2),
  livenessProbe: probe('/healthz', 10, 3),
  resources: { requests: { cpu: '50m', memory: `${memoryMiB}Mi` }, limits: { memory: `${memoryMiB}Mi` } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
}

const spread = (topologyKey: string) => ({
  maxSkew: 1,
  topologyKey,
  whenUnsatisfiable: 'ScheduleAnyway',
  labelSelector: { matchLabels: selector },
})

/** The Pod of the Deployment: within the restricted Pod Security Standard. */
export const podTemplate = {
  metadata: { labels },
  spec: {
    serviceAccountName: names.serviceAccount,
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    // more than the 15 s that an orderly end takes (security.md F19)
    terminationGracePeriodSeconds: 30,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    topologySpreadConstraints: [spread('kubernetes.io/hostname'), spread('topology.kubernetes.io/zone')],
    containers: [container],
  },
}

/** The namespace, which admits restricted Pods only. */
export const namespace: Manifest = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: metadata(names.namespace, undefined, {
    'pod-security.kubernetes.io/enforce': 'restricted',
    'pod-security.kubernetes.io/enforce-version': 'latest',
  }),
}

/** Two replicas that both answer admission; one of them reconciles. */
export const workload: readonly Manifest[] = [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(names.app, names.namespace),
    spec: {
      replicas: 2,
      revisionHistoryLimit: 3,
      selector: { matchLabels: selector },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: podTemplate,
    },
  },
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata(names.app, names.namespace),
    spec: { maxUnavailable: 1, selector: { matchLabels: selector } },
  },
]

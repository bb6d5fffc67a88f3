import { group } from '#api'
import { names } from './names.ts'

/** One thing that the process may do. `cluster` rows become the ClusterRole, `namespace` rows the Role beside the process. */
export interface Permission {
  readonly where: 'cluster' | 'namespace'
  readonly apiGroup: string
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  /** Only these objects; `create` cannot be limited so, the name is not known to the authorizer then. */
  readonly only?: readonly string[]
  /** One sentence for docs/reference/permissions.md. */
  readonly why: string
}

const read = ['get', 'list', 'watch'] as const

/** All that Latchkey may do, and why: RBAC manifests and their documentation are made from this (security.md §5). */
export const permissions: readonly Permission[] = [
  {
    where: 'cluster',
    apiGroup: group,
    resources: ['externalsecrets', 'secretstores', 'clustersecretstores', 'pushsecrets'],
    verbs: read,
    why: 'The manifests to act on.',
  },
  {
    where: 'cluster',
    apiGroup: group,
    resources: ['clusterexternalsecrets', 'clusterpushsecrets'],
    verbs: read,
    why: 'Manifests for many namespaces.',
  },
  {
    where: 'cluster',
    apiGroup: group,
    resources: ['externalsecrets', 'pushsecrets'],
    verbs: ['create', 'update', 'delete'],
    why: 'What is made of ClusterExternalSecrets and ClusterPushSecrets; nothing else is written or deleted.',
  },
  {
    where: 'cluster',
    apiGroup: group,
    resources: ['externalsecrets/status', 'secretstores/status', 'clustersecretstores/status', 'pushsecrets/status'],
    verbs: ['patch'],
    why: 'Conditions and refresh times.',
  },
  {
    where: 'cluster',
    apiGroup: group,
    resources: ['clusterexternalsecrets/status', 'clusterpushsecrets/status'],
    verbs: ['patch'],
    why: 'Conditions, and the namespaces that have what they should.',
  },
  {
    where: 'cluster',
    apiGroup: group,
    resources: ['externalsecrets', 'secretstores', 'clustersecretstores', 'clusterexternalsecrets'],
    verbs: ['patch'],
    why: 'Takes the finalizer that ESO left off an object that is being deleted.',
  },
  {
    where: 'cluster',
    apiGroup: group,
    resources: ['pushsecrets'],
    verbs: ['patch'],
    why: 'The finalizer of a PushSecret that deletes what it pushed.',
  },
  {
    where: 'cluster',
    apiGroup: group,
    resources: ['externalsecrets/finalizers', 'clusterexternalsecrets/finalizers', 'clusterpushsecrets/finalizers'],
    verbs: ['update'],
    why: 'Owner references that block deletion, where the cluster guards them.',
  },
  {
    where: 'cluster',
    apiGroup: '',
    resources: ['secrets'],
    verbs: [...read, 'create', 'update', 'delete'],
    why: 'The Secrets to make and to push, and those that hold credentials.',
  },
  {
    where: 'cluster',
    apiGroup: '',
    resources: ['configmaps'],
    verbs: read,
    why: 'CA certificates that a store names, and when they change.',
  },
  {
    where: 'cluster',
    apiGroup: '',
    resources: ['namespaces'],
    verbs: read,
    why: 'Names and labels, for the conditions of a ClusterSecretStore and for selectors of namespaces.',
  },
  {
    where: 'cluster',
    apiGroup: '',
    resources: ['events'],
    verbs: ['create', 'patch'],
    why: 'What happened, for kubectl describe.',
  },
  {
    where: 'cluster',
    apiGroup: 'admissionregistration.k8s.io',
    resources: ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
    verbs: ['get', 'patch'],
    only: [names.webhooks],
    why: 'The CA of the webhook in its own two configurations.',
  },
  {
    where: 'namespace',
    apiGroup: 'coordination.k8s.io',
    resources: ['leases'],
    verbs: ['create'],
    why: 'The first leader makes the lease.',
  },
  {
    where: 'namespace',
    apiGroup: 'coordination.k8s.io',
    resources: ['leases'],
    verbs: ['get', 'update'],
    only: [names.lease],
    why: 'One replica reconciles at a time.',
  },
  {
    where: 'namespace',
    apiGroup: '',
    resources: ['secrets'],
    verbs: ['create'],
    why: 'The first replica makes the CA of the webhook.',
  },
  {
    where: 'namespace',
    apiGroup: '',
    resources: ['secrets'],
    verbs: ['get', 'update'],
    only: [names.ca],
    why: 'The CA of the webhook, shared by the replicas and rotated.',
  },
]

/**
 * What logging in as a ServiceAccount takes besides, in a manifest of its own: a token of any ServiceAccount is much to give
 * (security.md T5). Without it only the stores that log in so are not ready.
 */
export const tokenPermissions: readonly Permission[] = [
  {
    where: 'cluster',
    apiGroup: '',
    resources: ['serviceaccounts'],
    verbs: read,
    why: 'The workload identity of a ServiceAccount that a store names, and when one comes, goes or changes: without list and watch a store that waits for one looks every ten seconds. Watched only while a store names one.',
  },
  {
    where: 'cluster',
    apiGroup: '',
    resources: ['serviceaccounts/token'],
    verbs: ['create'],
    why: 'A token of a ServiceAccount that a store logs in as.',
  },
]

/**
 * What it takes to free namespaces from the finalizers that ESO's ClusterExternalSecrets left on them, in a manifest of its own: who may
 * patch a namespace may change its labels too, and on those hang pod security, network policies and who may use which store. It is
 * needed once, by whoever comes from ESO.
 */
export const finalizerPermissions: readonly Permission[] = [
  {
    where: 'cluster',
    apiGroup: '',
    resources: ['namespaces'],
    verbs: ['patch'],
    why: 'Takes the finalizers off namespaces that ESO left for its ClusterExternalSecrets.',
  },
]

import { type Kubectl, must } from './kubectl.ts'

const reviewer = 'akeyless-gateway'
const namespace = 'default'

const manifests = [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: reviewer, namespace } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: reviewer },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:auth-delegator' },
    subjects: [{ kind: 'ServiceAccount', name: reviewer, namespace }],
  },
]

/** What the gateway needs to have a cluster review tokens: a Kubernetes auth config of this name, for the section `kubernetes`. */
export const reviewingCluster = async (kubectl: Kubectl, plane: { server: string; ca: string }, name: string) => {
  await must(kubectl(['apply', '-f', '-'], manifests.map(manifest => JSON.stringify(manifest)).join('\n---\n')))
  const token = await must(kubectl(['create', 'token', reviewer, '-n', namespace, '--duration=24h']))
  return { name, server: plane.server, ca: plane.ca, token: token.trim() }
}

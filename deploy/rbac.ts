import { group, kinds } from '#api'
import { type Manifest, metadata, names } from './names.ts'
import { finalizerPermissions, type Permission, permissions, tokenPermissions } from './permissions.ts'

const api = 'rbac.authorization.k8s.io'
const subjects = [{ kind: 'ServiceAccount', name: names.serviceAccount, namespace: names.namespace }]

const ruleOf = ({ apiGroup, resources, verbs, only }: Permission) => ({
  apiGroups: [apiGroup],
  resources,
  ...(only && { resourceNames: only }),
  verbs,
})
const rulesFor = (where: Permission['where']) => permissions.filter(row => row.where === where).map(ruleOf)

const role = (kind: 'ClusterRole' | 'Role', name: string, rules: readonly object[], namespace?: string): Manifest[] => [
  { apiVersion: `${api}/v1`, kind, metadata: metadata(name, namespace), rules },
  {
    apiVersion: `${api}/v1`,
    kind: `${kind}Binding`,
    metadata: metadata(name, namespace),
    roleRef: { apiGroup: api, kind, name },
    subjects,
  },
]

const aggregate = (...roles: readonly string[]) =>
  Object.fromEntries(roles.map(role => [`${api}/aggregate-to-${role}`, 'true']))

const namespaced = kinds.filter(({ scope }) => scope === 'Namespaced')

/** What people with the built-in roles may do with our kinds. Those of the whole cluster are for administrators to write. */
const forPeople: readonly Manifest[] = [
  {
    apiVersion: `${api}/v1`,
    kind: 'ClusterRole',
    metadata: metadata('latchkey-view', undefined, aggregate('view', 'edit', 'admin')),
    rules: [
      {
        apiGroups: [group],
        resources: kinds.map(({ plural }) => plural),
        verbs: ['get', 'list', 'watch'],
      },
    ],
  },
  {
    apiVersion: `${api}/v1`,
    kind: 'ClusterRole',
    metadata: metadata('latchkey-edit', undefined, aggregate('edit', 'admin')),
    rules: [
      {
        apiGroups: [group],
        resources: namespaced.map(({ plural }) => plural),
        verbs: ['create', 'delete', 'deletecollection', 'patch', 'update'],
      },
    ],
  },
]

/** ServiceAccount, its two roles, and the roles that extend view, edit and admin. */
export const rbac: readonly Manifest[] = [
  {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata(names.serviceAccount, names.namespace),
    // the Pod asks for the token by itself: nothing else that runs under this account gets one
    automountServiceAccountToken: false,
  },
  ...role('ClusterRole', names.app, rulesFor('cluster')),
  ...role('Role', names.app, rulesFor('namespace'), names.namespace),
  ...forPeople,
]

/** The right to log in as ServiceAccounts, for who wants that. */
export const tokenRole: readonly Manifest[] = role('ClusterRole', `${names.app}-tokens`, tokenPermissions.map(ruleOf))

/** The right to free namespaces from ESO's finalizers, for whoever comes from ESO. */
export const finalizerRole: readonly Manifest[] = role(
  'ClusterRole',
  `${names.app}-eso-finalizers`,
  finalizerPermissions.map(ruleOf),
)

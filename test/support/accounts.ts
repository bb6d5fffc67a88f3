// ServiceAccounts, their tokens, and the API server as the one who vouches for them.
import { createPublicKey, randomBytes } from 'node:crypto'
import { apiServer, request } from './cluster.ts'
import { create, remove } from './objects.ts'

interface Ending {
  teardown(fn: () => unknown): unknown
}

export const accountsOf = (namespace: string): string => `/api/v1/namespaces/${namespace}/serviceaccounts`

export const createAccount = (namespace: string, name: string, annotations: Record<string, string> = {}) =>
  create(accountsOf(namespace), { metadata: { name, annotations } })

/** A token by TokenRequest; without audiences it is for the API server itself. */
export const tokenOf = async (namespace: string, name: string, audiences?: readonly string[]): Promise<string> => {
  const spec = { expirationSeconds: 3600, ...(audiences && { audiences }) }
  return (await create(`${accountsOf(namespace)}/${name}/token`, { spec })).status.token
}

/** The section `kubernetes` of a seed: this API server, asked by a ServiceAccount that may review tokens and nothing else. */
export const reviewingCluster = async (t: Ending, namespace: string, name = 'live') => {
  const account = `reviewer-${randomBytes(4).toString('hex')}`
  const bindings = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings'
  await createAccount(namespace, account)
  await create(bindings, {
    metadata: { name: account },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:auth-delegator' },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
  })
  t.teardown(() => remove(`${bindings}/${account}`))
  return { name, server: apiServer.url, ca: apiServer.ca, token: await tokenOf(namespace, account) }
}

/** Whose tokens the ServiceAccounts' are, as an auth method of type jwt, or a cloud, is told: issuer and key set. */
export const clusterIssuer = async () => {
  const [{ body: discovery }, { body: keySet }] = await Promise.all([
    request('GET', '/.well-known/openid-configuration'),
    request('GET', '/openid/v1/jwks'),
  ])
  // application/jwk-set+json, which `request` leaves as text
  const jwks: { keys: [object, ...object[]] } = typeof keySet === 'string' ? JSON.parse(keySet) : keySet
  return {
    issuer: String(discovery.issuer),
    jwks,
    publicKey: createPublicKey({ key: { ...jwks.keys[0] }, format: 'jwk' }),
  }
}

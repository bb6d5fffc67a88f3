// Manifests that live tests work with, and how they are made, read and waited for.
import { group } from '#api'
import { type Reply, request, until } from './cluster.ts'
import { accessKey, identities } from './gateway.ts'

interface Ending {
  teardown(fn: () => unknown): unknown
}

/** An object as JSON; a wrong guess at a field fails the test anyway. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Json = any

const api = `/apis/${group}/v1`
const encode = (text: string) => Buffer.from(text).toString('base64')

/** Paths of the collections in one namespace, and of the cluster-scoped stores. */
export const pathsOf = (namespace: string) => ({
  secrets: `/api/v1/namespaces/${namespace}/secrets`,
  events: `/api/v1/namespaces/${namespace}/events`,
  externalSecrets: `${api}/namespaces/${namespace}/externalsecrets`,
  stores: `${api}/namespaces/${namespace}/secretstores`,
  clusterStores: `${api}/clustersecretstores`,
  pushSecrets: `/apis/${group}/v1alpha1/namespaces/${namespace}/pushsecrets`,
})

/** A Secret with what a store logs in with. */
export const credentials = (
  login: { name?: string; accessId?: string; accessKey?: string; accessType?: string } = {},
) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: login.name ?? 'creds' },
  data: {
    accessId: encode(login.accessId ?? identities.admin),
    accessType: encode(login.accessType ?? 'api_key'),
    accessTypeParam: encode(login.accessKey ?? accessKey),
  },
})

/** spec of a store that logs in with the Secret that `credentials` makes. */
export const storeSpec = ({ secret = 'creds', namespace }: { secret?: string; namespace?: string } = {}) => {
  const from = (key: string) => ({ name: secret, key, ...(namespace && { namespace }) })
  const secretRef = {
    accessID: from('accessId'),
    accessType: from('accessType'),
    accessTypeParam: from('accessTypeParam'),
  }
  return { provider: { akeyless: { akeylessGWApiURL: 'https://api.akeyless.io', authSecretRef: { secretRef } } } }
}

export const secretStore = (name = 'store', spec: object = storeSpec()) => ({
  apiVersion: `${group}/v1`,
  kind: 'SecretStore',
  metadata: { name },
  spec,
})

/** spec of a store with these fields of the provider; the gateway is the one of all tests. */
export const akeylessSpec = (akeyless: object, rest: object = {}) => ({
  ...rest,
  provider: { akeyless: { akeylessGWApiURL: 'https://api.akeyless.io', ...akeyless } },
})

/** A ClusterSecretStore, which every namespace of the cluster sees. */
export const clusterSecretStore = (name: string, spec: object) => ({
  ...secretStore(name, spec),
  kind: 'ClusterSecretStore',
})

/** An entry of spec.data. */
export const entry = (secretKey: string, key: string, property?: string) => ({
  secretKey,
  remoteRef: { key, ...(property !== undefined && { property }) },
})

/** An ExternalSecret of the SecretStore `store`; `spec` is laid on top. */
export const externalSecret = (name: string, spec: object, metadata: object = {}) => ({
  apiVersion: `${group}/v1`,
  kind: 'ExternalSecret',
  metadata: { name, ...metadata },
  spec: { refreshInterval: '1h', secretStoreRef: { name: 'store' }, ...spec },
})

const expect = (what: string, wanted: number, { status, body }: Reply): Json => {
  if (status !== wanted) throw new Error(`${what}: HTTP ${status}: ${body?.message ?? ''}`)
  return body
}

/** POSTs to a collection; the object as it was made. */
export const create = async (collection: string, object: object): Promise<Json> =>
  expect(`create in ${collection}`, 201, await request('POST', collection, object))

/** JSON merge patch; the object as it is now. */
export const patch = async (path: string, changes: object): Promise<Json> =>
  expect(`patch ${path}`, 200, await request('PATCH', path, changes))

export const remove = async (path: string): Promise<Json> =>
  expect(`delete ${path}`, 200, await request('DELETE', path))

/** Undefined where there is none. */
export const get = async (path: string): Promise<Json | undefined> => {
  const reply = await request('GET', path)
  return reply.status === 404 ? undefined : expect(`get ${path}`, 200, reply)
}

/** The Ready condition; undefined while there is none. */
export const readyOf = (object: Json): Json | undefined =>
  object?.status?.conditions?.find(({ type }: { type: string }) => type === 'Ready')

/** Waits until the object at the path passes; gives it. What it said last is in the failure. */
export const settled = async (
  t: Ending,
  path: string,
  passes: (object: Json) => boolean,
  timeoutMs?: number,
): Promise<Json> => {
  let last: Json
  const probe = async () => {
    last = await get(path)
    return last !== undefined && passes(last) ? last : undefined
  }
  try {
    return await until(t, `${path} as expected`, probe, timeoutMs)
  } catch (thrown) {
    throw new Error(`it says last: ${readyOf(last)?.message ?? (last ? 'nothing' : 'there is none')}`, {
      cause: thrown,
    })
  }
}

/** Waits for the Ready condition with this status; gives the object. */
export const whenReady = (t: Ending, path: string, status: 'True' | 'False' = 'True', timeoutMs?: number) =>
  settled(t, path, object => readyOf(object)?.status === status, timeoutMs)

/** The data of a Secret as text. */
export const textsOf = (secret: Json): Record<string, string> =>
  Object.fromEntries(
    Object.entries<string>(secret?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  )

/** Credentials and the SecretStore `store`, ready to be used. */
export const readyStore = async (t: Ending, namespace: string, spec: object = {}): Promise<void> => {
  const { secrets, stores } = pathsOf(namespace)
  await create(secrets, credentials())
  await create(stores, secretStore('store', { ...storeSpec(), ...spec }))
  await whenReady(t, `${stores}/store`)
}

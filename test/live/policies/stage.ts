// A namespace with a store, a gateway and Latchkey, and the short words in which the tests of policies speak.
import type { Test } from 'tap'
import type { SeedInput } from '#devgateway'
import { namespace as namespaceFor } from '../../support/cluster.ts'
import { testSeed } from '../../support/gateway.ts'
import { startLatchkey, startTlsGateway } from '../../support/latchkey.ts'
import {
  create,
  entry,
  externalSecret,
  get,
  type Json,
  patch,
  pathsOf,
  readyOf,
  readyStore,
  settled,
  textsOf,
} from '../../support/objects.ts'
import { install } from '../twin.ts'

const createdBy = 'reconcile.external-secrets.io/created-by'

export const base64 = (texts: Record<string, string>) =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]))

/** Each static item named by path and value. */
export const staticItems = (values: Record<string, string>): SeedInput['items'] =>
  Object.entries(values).map(([path, value]) => ({ path, type: 'STATIC_SECRET' as const, value }))

/** What a Secret holds and whose it is: `{...}` `owned by NAME`, `marked` where a created-by label says so. */
export const told = (secret: Json | undefined) =>
  secret && {
    data: textsOf(secret),
    owners: (secret.metadata.ownerReferences ?? []).map(({ name }: Json) => name),
    marked: secret.metadata.labels?.[createdBy] !== undefined,
  }

/** The Ready condition in one line. */
export const readyLine = (object: Json): string => {
  const { status, reason, message } = readyOf(object) ?? {}
  return `${status} ${reason}: ${message}`
}

export const openStage = async (t: Test, items: SeedInput['items'], { kubeconfig }: { kubeconfig?: string } = {}) => {
  const namespace = await namespaceFor(t)
  const paths = pathsOf(namespace)
  await install()
  const gateway = await startTlsGateway(t, { ...testSeed, items: [...testSeed.items, ...(items ?? [])] })
  const options = { namespace, gateway, ...(kubeconfig === undefined ? {} : { kubeconfig }) }
  const latchkey = await startLatchkey(t, options)
  await readyStore(t, namespace)
  const esOf = (name: string) => `${paths.externalSecrets}/${name}`
  const secretOf = (name: string) => `${paths.secrets}/${name}`
  const force = (name: string, value = '1') => patch(esOf(name), { metadata: { annotations: { 'force-sync': value } } })
  return {
    ...{ namespace, paths, gateway, latchkey, options, esOf, secretOf, force },
    secret: (name: string): Promise<Json | undefined> => get(secretOf(name)),
    /** A Secret that a person makes. */
    person: (name: string, texts: Record<string, string>, more: object = {}) =>
      create(paths.secrets, { ...more, metadata: { name }, data: base64(texts) }),
    make: (name: string, target: object, data: Record<string, string>, more: object = {}) =>
      create(
        paths.externalSecrets,
        externalSecret(name, { target, data: Object.entries(data).map(([key, item]) => entry(key, item)), ...more }),
      ),
    /** Waits for a Ready condition whose line passes; the object. */
    says: (t: Test, name: string, line: string | RegExp, timeoutMs?: number): Promise<Json> =>
      settled(
        t,
        esOf(name),
        object => (typeof line === 'string' ? readyLine(object) === line : line.test(readyLine(object))),
        timeoutMs,
      ),
    /** Waits until the spec of this generation is synced. */
    synced: (t: Test, name: string, generation = 1): Promise<Json> =>
      settled(t, esOf(name), object => object.status?.syncedResourceVersion?.startsWith(`${generation}-`)),
  }
}
export type Stage = Awaited<ReturnType<typeof openStage>>

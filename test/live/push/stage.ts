// A namespace with a store, a gateway and Latchkey, and the short words in which the tests of PushSecrets speak.
import type { Test } from 'tap'
import { group } from '#api'
import type { GatewayOptions, SeedInput } from '#devgateway'
import { namespace as namespaceFor, request, until } from '../../support/cluster.ts'
import { testSeed } from '../../support/gateway.ts'
import { startLatchkey, startTlsGateway } from '../../support/latchkey.ts'
import { create, get, type Json, patch, pathsOf, readyOf, readyStore, remove, settled } from '../../support/objects.ts'
import { base64, readyLine } from '../policies/stage.ts'
import { install } from '../twin.ts'

export const finalizer = 'pushsecret.externalsecrets.io/finalizer'
export const tag = 'k8s-external-secrets'
export const syncedLine = 'True Synced: PushSecret synced successfully'

/** An entry of spec.data. */
export const to = (remoteKey: string, secretKey?: string, property?: string) => ({
  match: {
    ...(secretKey === undefined ? {} : { secretKey }),
    remoteRef: { remoteKey, ...(property === undefined ? {} : { property }) },
  },
})

/** A PushSecret of the Secret of its own name, with the SecretStore `store`; `spec` is laid on top. */
export const pushSecret = (name: string, spec: object, metadata: object = {}) => ({
  apiVersion: `${group}/v1alpha1`,
  kind: 'PushSecret',
  metadata: { name, ...metadata },
  spec: {
    refreshInterval: '1h',
    secretStoreRefs: [{ name: 'store', kind: 'SecretStore' }],
    selector: { secret: { name } },
    ...spec,
  },
})

type StageOptions = Partial<Pick<GatewayOptions, 'quirks'>> & {
  readonly kubeconfig?: string
  /** Latchkey watches the whole cluster, namespaces included, under a class that is named like the namespace. */
  readonly isWide?: boolean
}

export const openStage = async (
  t: Test,
  items: SeedInput['items'] = [],
  { kubeconfig, isWide = false, ...more }: StageOptions = {},
) => {
  const namespace = await namespaceFor(t)
  const paths = pathsOf(namespace)
  await install()
  const gateway = await startTlsGateway(t, { ...testSeed, items: [...testSeed.items, ...items] }, more)
  // a class of its own: other tests run in the same cluster
  const place = isWide ? { args: ['--controller-class', namespace] } : { namespace }
  const options = { ...place, gateway, ...(kubeconfig === undefined ? {} : { kubeconfig }) }
  const latchkey = await startLatchkey(t, options)
  await readyStore(t, namespace, isWide ? { controller: namespace } : {})
  const pushOf = (name: string) => `${paths.pushSecrets}/${name}`
  const secretOf = (name: string) => `${paths.secrets}/${name}`
  return {
    ...{ namespace, paths, gateway, latchkey, options, pushOf, secretOf },
    secret: (name: string, texts: Record<string, string>, labels: object = {}) =>
      create(paths.secrets, { metadata: { name, labels }, data: base64(texts) }),
    /** New texts for some keys of a Secret; null takes one out. */
    edit: (name: string, texts: Record<string, string | null>) =>
      patch(secretOf(name), {
        data: Object.fromEntries(
          Object.entries(texts).map(([key, text]) => [
            key,
            text === null ? null : Buffer.from(text).toString('base64'),
          ]),
        ),
      }),
    make: (name: string, spec: object, metadata: object = {}): Promise<Json> =>
      create(paths.pushSecrets, pushSecret(name, spec, metadata)),
    change: (name: string, spec: object) => patch(pushOf(name), { spec }),
    annotate: (name: string, annotations: object) => patch(pushOf(name), { metadata: { annotations } }),
    remove: (name: string) => remove(pushOf(name)),
    object: (name: string): Promise<Json | undefined> => get(pushOf(name)),
    /** Waits for a Ready condition whose line passes; the object. */
    says: (t: Test, name: string, line: string | RegExp, timeoutMs?: number): Promise<Json> =>
      settled(
        t,
        pushOf(name),
        object =>
          readyOf(object) !== undefined &&
          (object.status.observedGeneration ?? object.metadata.generation) === object.metadata.generation &&
          (typeof line === 'string' ? readyLine(object) === line : line.test(readyLine(object))),
        timeoutMs,
      ),
    gone: (t: Test, name: string, timeoutMs?: number) => goneAt(t, pushOf(name), timeoutMs),
    value: (path: string) => gateway.value(path),
    tagsOf: (path: string) => gateway.items().find(item => item.path === path)?.tags,
    /** Operations since `skip`, with the items that they name. */
    calls: (skip = 0) =>
      gateway
        .journal()
        .slice(skip)
        .map(({ op, names }) => `${op}${names.length > 0 ? ` ${names.join(' ')}` : ''}`),
  }
}
export type Stage = Awaited<ReturnType<typeof openStage>>

const goneAt = async (t: Test, path: string, timeoutMs = 15_000): Promise<void> => {
  await until(
    t,
    `${path} gone`,
    async () => ((await request('GET', path)).status === 404 ? true : undefined),
    timeoutMs,
  )
}

// A cluster that ESO has worked on, Latchkey started in it, and everything that Latchkey then asks for.
import { startAudit } from '../../support/audit.ts'
import { namespace as namespaceFor, until } from '../../support/cluster.ts'
import { testSeed } from '../../support/gateway.ts'
import { startLatchkey, startTlsGateway } from '../../support/latchkey.ts'
import {
  create,
  credentials,
  entry,
  externalSecret,
  get,
  type Json,
  patch,
  pathsOf,
  remove,
  secretStore,
  whenReady,
} from '../../support/objects.ts'
import { apply, marks, stamp, sync, tellStore } from './eso.ts'
import { data, type State, type Values } from './states.ts'

export const hour = 3600e3
export const old: Values = { a: 'a1', b: 'b1' }
export const now: Values = { a: 'a2', b: 'b2' }
const held = ({ a, b }: Values) => [
  { path: '/take/a', type: 'STATIC_SECRET' as const, value: a },
  { path: '/take/b', type: 'STATIC_SECRET' as const, value: b },
]
const seed = {
  ...testSeed,
  items: [...testSeed.items, ...held(old), { path: '/probe', type: 'STATIC_SECRET' as const, value: 'probe' }],
}

interface Tap {
  teardown(fn: () => unknown): unknown
}

/** A namespace with the store `store` as ESO leaves it, and everything that Latchkey asks of gateway and API server seen. */
export const setUp = async (t: Tap) => {
  const namespace = await namespaceFor(t)
  const paths = pathsOf(namespace)
  const gateway = await startTlsGateway(t, seed)
  const audit = await startAudit(t)
  await create(paths.secrets, credentials())
  const held = { ...secretStore(), metadata: { name: 'store', finalizers: [marks.storeFinalizer] } }
  await create(paths.stores, held)
  await tellStore(`${paths.stores}/store`)
  return { namespace, paths, gateway, audit, options: { namespace, gateway, kubeconfig: audit.kubeconfig } }
}
export type World = Awaited<ReturnType<typeof setUp>>

/** Objects that wait for a pass or are in one, by the metrics. */
const busy = async (ready: Json): Promise<number> => {
  const [, metricsAt] = String(ready.address).split(' ')
  const text = await (await fetch(`http://${metricsAt}/metrics`)).text()
  const gauges = text.split('\n').filter(line => /^latchkey_queue_(depth|longest_run_seconds)/.test(line))
  if (gauges.length < 2) throw new Error(`no gauges of the queues:\n${text}`)
  return gauges.map(line => Number(line.split(' ').at(-1))).reduce((sum, value) => sum + value, 0)
}

let probes = 0
/** Starts Latchkey and waits until it has looked at everything that was there: a newcomer comes after it. */
export const takeOver = async (t: Tap, { paths, gateway, audit, options }: World, args: readonly string[] = []) => {
  audit.forget()
  let seen = gateway.journal().length
  const latchkey = await startLatchkey(t, { ...options, args })
  const idle = () => until(t, 'nothing to do', async () => ((await busy(latchkey.ready)) === 0 ? true : undefined))
  const lookAround = async (store = 'store'): Promise<void> => {
    probes += 1
    const spec = { secretStoreRef: { name: store }, target: { creationPolicy: 'None' }, data: [entry('k', '/probe')] }
    await create(paths.externalSecrets, externalSecret(`probe-${probes}`, spec))
    await whenReady(t, `${paths.externalSecrets}/probe-${probes}`)
    await idle()
  }
  if (args.length === 0) await lookAround()
  return {
    lookAround,
    stop: latchkey.stop,
    forget: () => {
      audit.forget()
      seen = gateway.journal().length
    },
    /** Writes to ExternalSecrets, Secrets and ConfigMaps, but for the newcomers. */
    writes: () =>
      audit
        .writes()
        .filter(line => /\/(secrets|externalsecrets|configmaps)(\/|$)/.test(line) && !line.includes('/probe-'))
        .sort(),
    /** Reads of values and listings. */
    reads: () =>
      gateway
        .journal()
        .slice(seen)
        .filter(
          ({ op, names }) => op.startsWith('list-') || (op.startsWith('get-') && names.some(name => name !== '/probe')),
        )
        .map(({ op, names }) => [op, ...names.filter(name => name !== '/probe').sort()].join(' ')),
  }
}

export const made = ({ make = ({ a, b }: Values) => ({ a, b }) }: State, values: Values) => make(values)
export const targetOf = (es: Json): string => es.spec.target?.name ?? es.metadata.name
export const manifest = ({ name, spec = {}, metadata }: State, over: object = {}): Json =>
  externalSecret(name, { data, ...spec }, { ...metadata, ...over })

/** What ESO and persons did, up to the moment when ESO is stopped. */
export const leave = async ({ namespace, paths }: World, state: State, at = new Date()): Promise<Json> => {
  const { person, earlier, metadata, version } = state
  const target = targetOf(manifest(state))
  if (person) {
    const secret = { metadata: { name: target, labels: { by: 'person' } }, stringData: person }
    await create(`${paths.secrets}?fieldManager=kubectl-create`, secret)
  }
  const es = await apply(namespace, manifest(state, earlier), version)
  const synced = await sync(es, made(state, old), at)
  if (!earlier) return synced
  const gone = (before: object = {}, after: object = {}) => ({
    ...Object.fromEntries(Object.keys(before).map(key => [key, null])),
    ...after,
  })
  const edit = {
    labels: gone(earlier.labels, metadata?.labels),
    annotations: gone(earlier.annotations, metadata?.annotations),
  }
  return sync(await patch(`${paths.externalSecrets}/${state.name}`, { metadata: edit }), made(state, old), at)
}

/** As if ESO had synced last so long ago. */
export const backdate = async ({ paths }: World, ago: number): Promise<void> => {
  const { items }: { items: Json[] } = await get(paths.externalSecrets)
  for (const { metadata, status } of items) {
    if (metadata.name.startsWith('probe-')) await remove(`${paths.externalSecrets}/${metadata.name}`)
    else if (status) {
      const refreshTime = stamp(new Date(Date.now() - ago))
      await patch(`${paths.externalSecrets}/${metadata.name}/status`, { status: { refreshTime } })
    }
  }
}

export type Found = ReadonlyMap<string, { readonly es: Json; readonly secret: Json | undefined }>
export const look = async ({ paths }: World): Promise<Found> => {
  const secrets: Json[] = (await get(paths.secrets)).items
  const items: Json[] = (await get(paths.externalSecrets)).items
  return new Map(
    items.map(es => [es.metadata.name, { es, secret: secrets.find(({ metadata }) => metadata.name === targetOf(es)) }]),
  )
}

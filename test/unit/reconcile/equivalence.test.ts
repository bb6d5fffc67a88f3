// Whatever the webhook admits, the reconciler accepts; whatever it rejects, the reconciler reports in the same words and asks no gateway.
import t from 'tap'
import { admit, examine, templateCheck } from '#admission'
import { ClusterSecretStore, ExternalSecret, SecretStore } from '#api'
import { sentence } from '#core'
import { createBrake } from '../../../pkg/reconcile/brake.ts'
import { externalSecretReconciler } from '../../../pkg/reconcile/externalsecret.ts'
import { createGuard } from '../../../pkg/reconcile/guard.ts'
import { createIdentities } from '../../../pkg/reconcile/identities.ts'
import { createStatusMemory } from '../../../pkg/reconcile/memory.ts'
import { createSourceNews } from '../../../pkg/reconcile/news.ts'
import { storeReconciler } from '../../../pkg/reconcile/store-pass.ts'
import { generatedExternalSecret, type Json } from '../../support/generated/externalsecret.ts'
import { generatedStore } from '../../support/generated/store.ts'
import { seed, seeded } from '../../support/random.ts'
import { review } from '../admission/objects.ts'
import { setTimer, startEngine } from '../template/running.ts'
import { namespace, secretStore } from './build.ts'
import { text, type World, world } from './ports.ts'

const externalSecrets = 5_000
const stores = 2_000

const engine = startEngine()
t.teardown(() => engine.close())
const checks = { local: templateCheck({ engine, setTimer }) }
const random = seeded(seed)
const signal = new AbortController().signal

/** As the API server stores what it accepted; undefined where its schema refuses it. */
const stored = <T>(schema: { safeParse(object: unknown): { data?: T } }, object: Json): T | undefined =>
  schema.safeParse({
    ...object,
    metadata: { ...object.metadata, uid: 'uid-app', resourceVersion: '10', generation: 1 },
  }).data

/** The lines of a denial; the last one may count the rest. */
const linesOf = (message: string | undefined): readonly string[] =>
  message
    ?.split('\n  ')
    .slice(1)
    .filter(line => !/^and \d+ more$/.test(line)) ?? []

const values = {
  '/db': text('{"user":"u","pass":"p","a.b":"c"}'),
  '/json': text('{"user":{"a":1},"pass":"p"}'),
  '/list': text('[1,2]'),
  '/plain': text('plain'),
  '/deep/er': text('{"user":"u"}'),
  '/dynamic': text('{"user":"u","pass":"p"}', 'DYNAMIC_SECRET'),
}

const passOver = async (externalSecret: ExternalSecret): Promise<World> => {
  const state = world({ externalSecrets: [externalSecret], stores: [secretStore()] })
  for (const [path, item] of Object.entries(values)) state.items.set(path, item)
  const deps = { ...state.deps, engine }
  const run = externalSecretReconciler(deps, {
    identities: createIdentities(deps, deps.now),
    memory: createStatusMemory(),
    guard: createGuard(),
    brake: createBrake(),
    sources: createSourceNews(),
    marks: new Map(),
    suspect: () => {},
  })
  await run(`${namespace}/${externalSecret.metadata.name}`, signal)
  return state
}

const callsOf = ({ log }: World): readonly string[] => log.filter(line => /^(login|read|list) /.test(line))
const faultsOf = ({ statuses }: World): readonly Json[] => {
  const { faults } = (statuses.at(-1)?.status ?? {}) as { faults?: readonly Json[] | null }
  return faults ?? []
}

/** A status cuts what is longer (pkg/reconcile/summarize.ts). */
const isShort = (line: string): boolean => line.length < 500

t.test(`ExternalSecrets, seed ${seed}`, async t => {
  const seen = { admitted: 0, synced: 0, denied: 0, unstored: 0 }
  for (let count = 0; count < externalSecrets; count += 1) {
    const made = generatedExternalSecret({ random, odd: random.pick([0.01, 0.05, 0.15]) }, 'app')
    const object = { ...made, metadata: { ...made.metadata, namespace } }
    const externalSecret = stored(ExternalSecret, object)
    if (!externalSecret) {
      seen.unstored += 1
      continue
    }
    const { response } = await examine(review(object), { genericTargets: false, controllerClass: 'default' }, checks)
    const state = await passOver(externalSecret)
    const faults = faultsOf(state)
    const told = () =>
      JSON.stringify({ count, object, message: response.status?.message, faults, log: state.log }, null, 1)
    if (response.allowed) {
      seen.admitted += 1
      if (faults.length === 0) seen.synced += 1
      const refused = faults.filter(({ code }) => code === 'SpecInvalid' || code === 'NotSupported')
      if (refused.length > 0 || state.statuses.length !== 1)
        t.fail('what was admitted is not accepted', { told: told() })
      continue
    }
    seen.denied += 1
    const lines = linesOf(response.status?.message)
    const said: readonly string[] = faults.map(fault => sentence(fault)).slice(0, lines.length)
    const same = said.length === lines.length && said.every((line, index) => line === lines[index] || !isShort(line))
    if (!same) t.fail('what was rejected is reported in other words', { told: told() })
    if (callsOf(state).length > 0) t.fail('what was rejected calls the gateway', { told: told() })
    if (t.counts.fail > 5) return
  }
  t.comment(JSON.stringify(seen))
  // a generator that makes nothing good, or nothing bad, proves nothing
  for (const [name, least] of Object.entries({ admitted: 1_000, synced: 500, denied: 1_000 }))
    t.ok((seen[name as keyof typeof seen] ?? 0) > least, `${name}: ${JSON.stringify(seen)}`)
})

const plainHttp = 'spec.provider.akeyless.akeylessGWApiURL: uses http: '

/** Which access type it is, and so what it needs besides, stands in a Secret: the manifest alone cannot tell. */
const isOfSecret = (message: string): boolean => /secretRef\.accessTypeParam: the (name|key) is missing/.test(message)

t.test(`stores, seed ${seed}`, async t => {
  const seen = { admitted: 0, ready: 0, denied: 0, unstored: 0 }
  for (let count = 0; count < stores; count += 1) {
    const object = generatedStore({ random, odd: random.pick([0.02, 0.1, 0.3]) }, 'main')
    const isCluster = object.kind === 'ClusterSecretStore'
    const namespaced = isCluster ? undefined : stored(SecretStore, object)
    const cluster = isCluster ? stored(ClusterSecretStore, object) : undefined
    if (!namespaced && !cluster) {
      seen.unstored += 1
      continue
    }
    const { response } = admit(review(object), { controllerClass: 'default', localGateways: false })
    const state = world({ stores: namespaced ? [namespaced] : [], clusterStores: cluster ? [cluster] : [] })
    const key = isCluster ? 'ClusterSecretStore/main' : 'SecretStore/demo/main'
    await storeReconciler({ ...state.deps, localGateways: false }, createStatusMemory())(key, signal)
    const [ready] = ((state.statuses.at(-1)?.status ?? {}) as { conditions?: readonly Json[] }).conditions ?? []
    const told = () =>
      JSON.stringify({ count, object, message: response.status?.message, ready, log: state.log }, null, 1)
    if (response.allowed) {
      seen.admitted += 1
      if (ready?.status === 'True') seen.ready += 1
      if (state.log.some(line => line.endsWith('Warning SpecInvalid')) && !isOfSecret(ready?.message))
        t.fail('what was admitted is not accepted', { told: told() })
      continue
    }
    seen.denied += 1
    // beside the faults a status keeps saying what was warned about plain http
    const [said] = String(ready?.message).split(`; ${plainHttp}`)
    if (said !== linesOf(response.status?.message).join('; '))
      t.fail('what was rejected is reported in other words', { told: told() })
    if (callsOf(state).length > 0) t.fail('what was rejected calls the gateway', { told: told() })
    if (t.counts.fail > 5) return
  }
  t.comment(JSON.stringify(seen))
  for (const [name, least] of Object.entries({ admitted: 300, ready: 200, denied: 300 }))
    t.ok((seen[name as keyof typeof seen] ?? 0) > least, `${name}: ${JSON.stringify(seen)}`)
})

// With the webhook off: what it would have rejected is stored, and its status says the same words; nobody asks the gateway about it.
import t from 'tap'
import { examine, templateCheck } from '#admission'
import { sentence } from '#core'
import { createEngine, engineSource } from '#template'
import { namespace as namespaceFor, request } from '../support/cluster.ts'
import { generatedExternalSecret } from '../support/generated/externalsecret.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  create,
  credentials,
  type Json,
  pathsOf,
  readyOf,
  secretStore,
  settled,
  whenReady,
} from '../support/objects.ts'
import { seed, seeded } from '../support/random.ts'
import { install } from './twin.ts'

const counts = { denied: 150, admitted: 50 }

const setTimer = (ms: number, run: () => void) => {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}
const engine = createEngine({ source: engineSource(), setTimer })
t.teardown(() => engine.close())
const checks = { local: templateCheck({ engine, setTimer }) }

await install()
const namespace = await namespaceFor(t)
const { secrets, stores, externalSecrets } = pathsOf(namespace)
const gateway = await startTlsGateway(t)
await startLatchkey(t, { namespace, gateway })
await create(secrets, credentials())
await create(stores, secretStore('main'))
await whenReady(t, `${stores}/main`)

const kind = { group: 'external-secrets.io', version: 'v1', kind: 'ExternalSecret' }
/** What the webhook would say of an object as it is stored. */
const verdict = async (object: Json) => {
  const asked = {
    uid: 'u',
    kind,
    resource: { ...kind, resource: 'externalsecrets' },
    operation: 'CREATE',
    namespace,
    object,
    oldObject: null,
  }
  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: asked }
  return (await examine(review, { genericTargets: false, controllerClass: 'default' }, checks)).response
}
const linesOf = (message: string | undefined): readonly string[] =>
  message
    ?.split('\n  ')
    .slice(1)
    .filter(line => !/^and \d+ more$/.test(line)) ?? []

const random = seeded(seed)
let made = 0
/** The next manifests of which the webhook would say this, as the API server stores them with all defaults. */
const store = async (wanted: keyof typeof counts): Promise<{ name: string; lines: readonly string[] }[]> => {
  const found: { name: string; lines: readonly string[] }[] = []
  while (found.length < counts[wanted]) {
    made += 1
    const object = generatedExternalSecret({ random, odd: random.pick([0.05, 0.15]) }, `made-${made}`)
    if (object.spec.target) delete object.spec.target.name
    const dry = await request('POST', `${externalSecrets}?dryRun=All`, object)
    if (dry.status !== 201) continue
    const { allowed, status } = await verdict(dry.body)
    if (allowed !== (wanted === 'admitted')) continue
    await create(externalSecrets, object)
    found.push({ name: object.metadata.name, lines: linesOf(status?.message) })
  }
  return found
}
const told = (name: string): Promise<Json> =>
  settled(t, `${externalSecrets}/${name}`, object => readyOf(object) !== undefined, 30_000)

t.test(`${counts.denied} that the webhook rejects, seed ${seed}`, async t => {
  const before = gateway.journal().length
  const all = await store('denied')
  for (const { name, lines } of all) {
    const { status } = await told(name)
    const faults: readonly Json[] = status.faults ?? []
    t.ok(lines.length > 0, name)
    t.equal(readyOf({ status })?.status, 'False', name)
    // what is very long a status cuts (pkg/reconcile/summarize.ts)
    t.same(
      faults
        .slice(0, lines.length)
        .map((fault, index) => (fault.message.length < 512 ? sentence(fault) : lines[index])),
      lines,
      name,
    )
  }
  t.same(gateway.journal().slice(before), [], 'nobody asked the gateway')
})

t.test(`${counts.admitted} that the webhook admits, seed ${seed}`, async t => {
  for (const { name } of await store('admitted')) {
    const { status } = await told(name)
    const codes: readonly string[] = (status.faults ?? []).map(({ code }: Json) => code)
    t.notOk(
      codes.find(code => code === 'SpecInvalid' || code === 'NotSupported'),
      `${name}: ${codes.join(' ')}`,
    )
  }
})

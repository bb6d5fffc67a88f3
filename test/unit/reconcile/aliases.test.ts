// What the mutating webhook does to generated manifests: it moves aliases, once, and what it makes means the same (decision 24).
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { admit, aliasPatch, mutate, type Operation } from '#admission'
import { ClusterSecretStore, SecretStore } from '#api'
import { Fault, Sensitive } from '#core'
import { isReferent } from '../../../pkg/reconcile/account.ts'
import { resolveIdentity } from '../../../pkg/reconcile/identity.ts'
import type { Store } from '../../../pkg/reconcile/store.ts'
import { generatedExternalSecret, type Json } from '../../support/generated/externalsecret.ts'
import { generatedStore } from '../../support/generated/store.ts'
import { applyPatch } from '../../support/json-patch.ts'
import { seed, seeded } from '../../support/random.ts'
import { review } from '../admission/objects.ts'
import { namespace } from './build.ts'
import { credentialsIn } from './credentials.ts'

const random = seeded(seed)
const signal = new AbortController().signal
const aliasOf = (object: Json): unknown => object.spec.provider?.akeyless?.serviceAccountRef
const movedOf = (object: Json): unknown => object.spec.provider.akeyless.authSecretRef?.serviceAccountRef

/** The object as the API server goes on with it: the patch is taken from the answer. */
const mutated = (object: Json, over: object = {}): { object: Json; patched: boolean } => {
  const { response } = mutate(review(object, over))
  if (!response.allowed) throw new Error('mutation refused something')
  if (response.patch === undefined) return { object, patched: false }
  const patch: readonly Operation[] = JSON.parse(Buffer.from(response.patch, 'base64').toString())
  return { object: applyPatch(object, patch), patched: true }
}

const types = ['api_key', 'k8s', 'azure_ad', 'jwt', 'aws_iam', 'universal_identity', 'no such'] as const
const secretsOf = (accessType: string) => {
  const creds = { accessId: 'p-x', accessType, accessTypeParam: 'param' }
  return { 'demo/creds': creds, 'ops/creds': creds, 'ops/ca': {}, 'demo/ca': {} }
}
const accounts = { 'demo/sa': {}, 'demo/other': {}, 'ops/sa': { 'azure.workload.identity/client-id': 'c' } }

/** Who the store logs in as, with values told apart but not shown; or why it cannot, wherever that is said. */
const meaning = async (object: Json, accessType: string): Promise<string> => {
  const parse: (object: Json) => Store = object.kind === 'SecretStore' ? SecretStore.parse : ClusterSecretStore.parse
  const store = parse(object)
  const credentials = credentialsIn(secretsOf(accessType), {}, accounts)
  try {
    const resolved = await resolveIdentity(store, namespace, { credentials, trustedGateways: ['*'] }, signal)
    return JSON.stringify([isReferent(store), resolved], function (this: Json, key, value) {
      return this[key] instanceof Sensitive ? this[key].fingerprint() : value
    })
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    return JSON.stringify([isReferent(store), thrown.code, thrown.message])
  }
}

t.test(`3,000 generated stores, seed ${seed}`, async t => {
  const seen = { patched: 0, left: 0, resolved: 0 }
  for (let count = 0; count < 3_000; count += 1) {
    const before = generatedStore({ random, odd: random.pick([0.02, 0.2]) }, 'main', 0.6)
    const accessType = random.pick(types)
    const once = mutated(before)
    const told = { count, before, after: once.object, accessType }
    const fail = (what: string) => t.fail(what, { told: JSON.stringify(told) })

    if (mutated(once.object).patched) fail('mutating twice is more than mutating once')
    if (!once.patched) {
      seen.left += 1
      if (aliasOf(before) !== undefined && movedOf(before) === undefined) fail('an alias stays where it was')
      continue
    }
    seen.patched += 1
    if (aliasOf(before) === undefined) fail('changed without an alias')
    if (aliasOf(once.object) !== undefined) fail('the alias is still there')
    // nothing else differs: with the alias taken out and put in its place by hand it is the same object
    const wanted = structuredClone(before)
    delete wanted.spec.provider.akeyless.serviceAccountRef
    const { akeyless } = wanted.spec.provider
    akeyless.authSecretRef = { ...akeyless.authSecretRef, serviceAccountRef: aliasOf(before) }
    if (!isDeepStrictEqual(once.object, wanted)) fail('something else changed')

    const verdicts = [before, once.object].map(
      object => admit(review(object), { localGateways: false }).response.allowed,
    )
    if (verdicts[0] !== verdicts[1]) fail('the verdict is another one')
    const meanings = [await meaning(before, accessType), await meaning(once.object, accessType)]
    if (meanings[0] !== meanings[1]) fail(`it means something else: ${meanings.join(' and ')}`)
    if (meanings[0]?.includes('"identity"')) seen.resolved += 1
    if (t.counts.fail > 3) return
  }
  t.comment(JSON.stringify(seen))
  for (const [name, least] of Object.entries({ patched: 1_000, left: 500, resolved: 150 }))
    t.ok((seen[name as keyof typeof seen] ?? 0) > least, `${name}: ${JSON.stringify(seen)}`)
})

t.test('of what is no store nothing is changed, and no deletion changes anything', async t => {
  for (let count = 0; count < 1_000; count += 1) {
    const object = generatedExternalSecret({ random, odd: 0.2 }, 'made')
    if (mutated(object).patched) t.fail('an ExternalSecret was changed', { object })
  }
  for (const operation of ['DELETE', 'CONNECT']) {
    const object = generatedStore({ random, odd: 0 }, 'main', 1)
    t.ok(aliasPatch(object).length > 0)
    t.notOk(mutated(object, { operation }).patched, operation)
  }
})

t.test('what is applied again after it was moved is stored as before', async t => {
  let moved = 0
  for (let count = 0; count < 1_000; count += 1) {
    const applied = generatedStore({ random, odd: 0.05 }, 'main', 1)
    const first = mutated(applied)
    if (!first.patched) continue
    moved += 1
    // server-side apply: the alias comes again beside what it became
    const again = structuredClone(first.object)
    again.spec.provider.akeyless.serviceAccountRef = aliasOf(applied)
    const second = mutated(again, { operation: 'UPDATE', oldObject: first.object })
    if (JSON.stringify(second.object) !== JSON.stringify(first.object)) t.same(second.object, first.object)
  }
  t.ok(moved > 500, String(moved))
})

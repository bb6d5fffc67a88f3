import fc from 'fast-check'
import t from 'tap'
import { aliasPatch, judge, mutate } from '#admission'
import { applyPatch as apply } from '../../support/json-patch.ts'
import { externalSecret, review, store } from './objects.ts'

const base = '/spec/provider/akeyless'
const serviceAccountRef = { name: 'sa' }

t.test('a serviceAccountRef beside authSecretRef is moved into it', async t => {
  const object = store(akeyless => {
    akeyless.serviceAccountRef = serviceAccountRef
  })
  const patch = aliasPatch(object)
  t.same(patch, [{ op: 'move', from: `${base}/serviceAccountRef`, path: `${base}/authSecretRef/serviceAccountRef` }])
  const moved = apply(object, patch)
  t.same(moved.spec.provider.akeyless.authSecretRef.serviceAccountRef, serviceAccountRef)
  t.same(judge(moved), { denials: [], warnings: [] })
})

t.test('where there is no authSecretRef yet, it is made first', async t => {
  const object = store(akeyless => {
    delete akeyless.authSecretRef
    akeyless.serviceAccountRef = serviceAccountRef
  })
  t.same(apply(object, aliasPatch(object)).spec.provider.akeyless, {
    akeylessGWApiURL: 'https://api.akeyless.io',
    authSecretRef: { serviceAccountRef },
  })
})

t.test('an alias that comes again with the next apply is moved again, and says what is wanted now', async t => {
  const stored = store(akeyless => {
    akeyless.authSecretRef.serviceAccountRef = serviceAccountRef
  })
  for (const alias of [serviceAccountRef, { name: 'renamed' }]) {
    const again = structuredClone(stored)
    again.spec.provider.akeyless.serviceAccountRef = alias
    const { akeyless } = apply(again, aliasPatch(again, stored)).spec.provider
    t.same(akeyless.authSecretRef.serviceAccountRef, alias)
    t.notOk(akeyless.serviceAccountRef)
  }
})

const untouched = {
  'a store without aliases': store(),
  'a store whose place is taken': store(akeyless => {
    akeyless.serviceAccountRef = serviceAccountRef
    akeyless.authSecretRef.serviceAccountRef = { name: 'other' }
  }),
  'a store of another provider': store((_, spec) => {
    spec.provider = { vault: { serviceAccountRef } }
  }),
  'an ExternalSecret': externalSecret(),
}
for (const [name, object] of Object.entries(untouched)) {
  t.test(`${name} is left as it is`, async t => {
    t.same(aliasPatch(object), [])
    t.same(mutate(review(object)).response, { uid: review(object).request.uid, allowed: true })
  })
}

t.test('the answer carries the patch in base64 and allows; a deletion is not patched', async t => {
  const object = store(akeyless => {
    akeyless.serviceAccountRef = serviceAccountRef
  })
  const { response } = mutate(review(object))
  t.equal(response.allowed, true)
  t.equal(response.patchType, 'JSONPatch')
  t.same(JSON.parse(Buffer.from(response.patch ?? '', 'base64').toString()), aliasPatch(object))
  t.equal(mutate(review(object, { operation: 'DELETE' })).response.patch, undefined)
})

t.test('mutating twice is mutating once, whatever stands at the places', async () => {
  const maybe = fc.option(fc.oneof(fc.constant({ name: 'sa' }), fc.jsonValue()), { nil: undefined })
  const auth = fc.option(fc.oneof(fc.constant({}), fc.record({ serviceAccountRef: maybe }), fc.jsonValue()), {
    nil: undefined,
  })
  fc.assert(
    fc.property(maybe, auth, (alias, authSecretRef) => {
      const object = JSON.parse(
        JSON.stringify({ spec: { provider: { akeyless: { serviceAccountRef: alias, authSecretRef } } } }),
      )
      return aliasPatch(apply(object, aliasPatch(object))).length === 0
    }),
  )
})

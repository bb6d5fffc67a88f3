import t from 'tap'
import { judge } from '#admission'
import { readClusterStore, readExternalSecret, readStore } from '../../../server/readable.ts'
import { externalSecret, store } from '../admission/objects.ts'

const of = (object: { metadata: object }, over: object) => ({
  ...object,
  metadata: { ...object.metadata, uid: 'u', generation: 2 },
  ...over,
})

t.test('an object without a spec can be read, and every rule denies it', async t => {
  for (const object of [
    readExternalSecret(of(externalSecret(), { spec: undefined })),
    readStore(of(store(), { spec: undefined })),
    readClusterStore(of(store(), { kind: 'ClusterSecretStore', spec: undefined })),
  ]) {
    t.equal(object.metadata.generation, 2)
    t.ok(judge(object).denials.length > 0, object.kind)
  }
})

t.test('what cannot be read loses its spec, but not whose it is', async t => {
  const { secretStoreRef } = externalSecret().spec
  const object = readExternalSecret(of(externalSecret(), { spec: { secretStoreRef, data: 'x' } }))
  t.same(object.spec.secretStoreRef, secretStoreRef)
  t.equal(object.spec.data, undefined)
  const foreign = readStore(of(store(), { spec: { controller: 'other', provider: 7 } }))
  t.equal(foreign.spec.controller, 'other')
  t.same(readStore(of(store(), { spec: { controller: 7, provider: 7 } })).spec.provider, {})
})

t.test('a status that somebody else wrote costs no spec', async t => {
  const object = readExternalSecret(of(externalSecret(), { status: { conditions: 'text' } }))
  t.equal(object.status, undefined)
  t.equal(object.spec.data?.length, 2)
})

t.test('what is no object of the kind is thrown back', async t => {
  t.throws(() => readExternalSecret(of(store(), {})))
  t.throws(() => readExternalSecret({}))
})

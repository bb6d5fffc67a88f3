import t from 'tap'
import { Fault, type FaultCode } from '#core'
import { createStatusMemory } from '../../../pkg/reconcile/memory.ts'
import type { Store } from '../../../pkg/reconcile/store.ts'
import { recheckMs, storeReconciler } from '../../../pkg/reconcile/store-pass.ts'
import { ago, clusterStore, secretStore } from './build.ts'
import { settle, type World, world } from './ports.ts'

const signal = new AbortController().signal
const key = 'SecretStore/demo/main'
const fresh = () => world({ stores: [secretStore({ status: undefined })] })
const look = (state: World, wanted = key) => storeReconciler(state.deps, createStatusMemory())(wanted, signal)

t.test('a store is Ready after a real login, told once', async t => {
  const state = fresh()
  t.same(await look(state), { go: 'wait', ms: 300e3 })
  t.same(state.log, [
    'login p-x',
    'event SecretStore Normal Valid',
    'patch SecretStore main: conditions capabilities observedGeneration',
  ])
  t.same(state.statuses[0]?.status, {
    conditions: [
      { type: 'Ready', status: 'True', reason: 'Valid', message: 'store validated', lastTransitionTime: ago(0) },
    ],
    capabilities: 'ReadWrite',
    observedGeneration: 1,
  })
  settle(state)
  state.log.length = 0
  await look(state)
  t.same(state.log, ['login p-x'], 'a look that finds the same writes nothing and tells nothing')
})

t.test('a ClusterSecretStore logs in with the credentials of the namespace that it names', async t => {
  const state = world({ clusterStores: [clusterStore({ status: undefined })] })
  await look(state, 'ClusterSecretStore/main')
  t.match(state.log, ['login p-ops', /^event/, /^patch ClusterSecretStore main/])
})

// the gateway does not say which of the two it refuses
const login =
  '.authSecretRef: it did not work → check key "accessId" of Secret demo/creds and key "accessTypeParam" of Secret demo/creds'
const gateway = '.akeylessGWApiURL: it did not work → do this'
const outcomes: { code: FaultCode; says?: string; reason: string; next: object }[] = [
  { code: 'LoginRefused', says: login, reason: 'InvalidProviderConfig', next: { go: 'wait', ms: 300e3 } },
  { code: 'GatewayUntrusted', says: gateway, reason: 'InvalidProviderConfig', next: { go: 'wait', ms: 300e3 } },
  { code: 'GatewayUnreachable', says: gateway, reason: 'ValidationUnknown', next: { go: 'retry', atMostMs: 300e3 } },
  { code: 'GatewayFailed', reason: 'ValidationUnknown', next: { go: 'retry', atMostMs: 300e3 } },
  { code: 'RateLimited', reason: 'ValidationUnknown', next: { go: 'retry', atMostMs: 300e3 } },
]
for (const { code, says = ': it did not work → do this', reason, next } of outcomes) {
  t.test(`${code} means ${reason}`, async t => {
    const state = fresh()
    state.next.login = () => {
      throw new Fault(code, 'it did not work', { remedy: 'do this' })
    }
    t.same(await look(state), next)
    t.match(state.log, ['login p-x', `event SecretStore Warning ${code}`, /^patch/])
    t.match(state.statuses[0]?.status, {
      conditions: [{ status: 'False', reason, message: `spec.provider.akeyless${says}` }],
    })
  })
}

t.test('a defect in our own code is no verdict on the store', async t => {
  const state = fresh()
  state.next.login = () => {
    throw new TypeError('secret words')
  }
  await look(state)
  t.match(state.statuses[0]?.status, { conditions: [{ reason: 'ValidationUnknown', message: /a defect in Latchkey/ }] })
  t.notMatch(JSON.stringify(state.statuses), /secret words/)
})

const unworkable: { name: string; store: Store; want: RegExp }[] = [
  {
    name: 'a broken manifest',
    store: secretStore({ status: undefined, akeyless: { akeylessGWApiURL: 'https://' } }),
    want: /akeylessGWApiURL/,
  },
  {
    name: 'another provider',
    store: { ...secretStore({ status: undefined }), spec: { provider: { vault: {} } } } as unknown as Store,
    want: /spec\.provider: Latchkey serves no provider vault/,
  },
  {
    name: 'no credentials',
    store: secretStore({
      status: undefined,
      metadata: { namespace: 'demo', name: 'main' },
      akeyless: {
        authSecretRef: {
          secretRef: {
            accessID: { name: 'x', key: 'k' },
            accessType: { name: 'x', key: 'k' },
            accessTypeParam: { name: 'x', key: 'k' },
          },
        },
      },
    }),
    want: /Secret demo\/x does not exist/,
  },
]
for (const { name, store, want } of unworkable) {
  t.test(`nobody logs in with ${name}`, async t => {
    const state = fresh()
    state.stores[0] = store as (typeof state.stores)[0]
    await look(state)
    t.notMatch(state.log, ['login p-x'])
    t.match(state.statuses[0]?.status, { conditions: [{ reason: 'InvalidProviderConfig', message: want }] })
  })
}

t.test('a store of another class is left alone', async t => {
  const state = fresh()
  state.stores[0] = secretStore({ status: undefined, spec: { controller: 'eso' } })
  t.same(await look(state), { go: 'rest' })
  t.same(state.log, [])
})

t.test('a deleted store loses ESO’s finalizer and is not logged in', async t => {
  const finalizer = 'secretstore.externalsecrets.io/finalizer'
  const state = world({ stores: [secretStore({ metadata: { deletionTimestamp: ago(1), finalizers: [finalizer] } })] })
  await look(state)
  t.same(state.log, [`unfinalize SecretStore main ${finalizer}`])
})

t.test('a verdict on a spec that changed during the login is dropped', async t => {
  const state = fresh()
  state.next.login = () => {
    state.stores[0] = secretStore({ metadata: { generation: 2 }, status: undefined })
  }
  t.same(await look(state), { go: 'again' })
  t.same(state.log, ['login p-x'])
})

t.test('the interval is seconds, a duration, or five minutes', async t => {
  const every = (refreshInterval: unknown) => recheckMs(secretStore({ spec: { refreshInterval } }))
  t.same([undefined, 60, '90s', 0, '0', -5, 'soon'].map(every), [300e3, 60e3, 90e3, 300e3, 300e3, 300e3, 300e3])
  t.same(['1ns', '1ms', 9, 10].map(every), [10e3, 10e3, 10e3, 10e3], 'and never under ten seconds')
})

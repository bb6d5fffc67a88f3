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
const later = { go: 'wait', ms: 300e3 } as const
const soon = { go: 'retry', atMostMs: 300e3 } as const
const auth = '.authSecretRef: it did not work → do this'
const outcomes: { code: FaultCode; says?: string; reason: string; next: object }[] = [
  { code: 'LoginRefused', says: login, reason: 'InvalidProviderConfig', next: later },
  { code: 'LoginBlocked', says: login, reason: 'InvalidProviderConfig', next: later },
  { code: 'CredentialMissing', says: auth, reason: 'InvalidProviderConfig', next: later },
  { code: 'CredentialInvalid', says: auth, reason: 'InvalidProviderConfig', next: later },
  { code: 'GatewayUntrusted', says: gateway, reason: 'InvalidProviderConfig', next: later },
  { code: 'GatewayAnswerInvalid', says: gateway, reason: 'InvalidProviderConfig', next: later },
  { code: 'IdentityUnavailable', says: auth, reason: 'ValidationUnknown', next: soon },
  { code: 'GatewayUnreachable', says: gateway, reason: 'ValidationUnknown', next: soon },
  { code: 'GatewayFailed', reason: 'ValidationUnknown', next: soon },
  { code: 'RateLimited', reason: 'ValidationUnknown', next: soon },
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

const credentials = (state: World, creds: Record<string, string>) =>
  Object.assign(state.credentials.secrets, { 'demo/creds': creds })
const messageOf = (state: World): { status: string; reason: string; message: string } => {
  const conditions = state.statuses.at(-1)?.status['conditions']
  return Array.isArray(conditions) ? conditions[0] : { status: '', reason: '', message: '' }
}

t.test('what keeps a store from logging in has a code of its own each', async t => {
  const store = (akeyless: Record<string, unknown>) => secretStore({ status: undefined, akeyless })
  const { secretRef } = secretStore().spec.provider.akeyless?.authSecretRef ?? {}
  const caProvider = (key: string) => ({ caProvider: { type: 'Secret', name: 'creds', key } })
  const causes: { store?: Store; creds?: Record<string, string>; code: FaultCode; want: RegExp }[] = [
    {
      creds: { accessId: 'p-x', accessType: 'api_key' },
      code: 'CredentialMissing',
      want: /has no key "accessTypeParam"/,
    },
    {
      creds: { accessId: 'p-x', accessType: 'apikey', accessTypeParam: 'a' },
      code: 'CredentialInvalid',
      want: /no access type/,
    },
    {
      creds: { accessId: 'p-x', accessType: 'aws_iam', accessTypeParam: '' },
      code: 'AmbientDenied',
      want: /--trusted-gateways/,
    },
    {
      store: store(caProvider('ca')),
      code: 'CredentialMissing',
      want: /caProvider: Secret demo\/creds has no key "ca"/,
    },
    {
      store: store(caProvider('accessId')),
      code: 'CredentialInvalid',
      want: /caProvider: .* holds no PEM certificate/,
    },
    { store: store({ caBundle: 'AAAA' }), code: 'SpecInvalid', want: /caBundle: holds no certificate/ },
    {
      store: store({ authSecretRef: { secretRef, serviceAccountRef: { name: 'sa', namespace: 'ops' } } }),
      code: 'SpecInvalid',
      want: /serviceAccountRef\.namespace: "ops" is not the namespace of this SecretStore/,
    },
  ]
  for (const { store, creds, code, want } of causes) {
    const state = fresh()
    if (store) state.stores[0] = store as (typeof state.stores)[0]
    if (creds) credentials(state, creds)
    t.same(await look(state), later, 'what would cure it is watched')
    t.match(state.log, [`event SecretStore Warning ${code}`, /^patch/], `${want}`)
    t.match(messageOf(state), { status: 'False', reason: 'InvalidProviderConfig', message: want })
  }
})

t.test('of a missing ServiceAccount maybe no watch tells, so it is looked for again soon', async t => {
  const { secretRef } = secretStore().spec.provider.akeyless?.authSecretRef ?? {}
  const authSecretRef = { secretRef, serviceAccountRef: { name: 'sa' } }
  const state = world({ stores: [secretStore({ status: undefined, akeyless: { authSecretRef } })] })
  credentials(state, { accessId: 'p-x', accessType: 'azure_ad', accessTypeParam: '' })
  t.same(await look(state), { go: 'wait', ms: 10e3 })
  t.match(messageOf(state), { reason: 'InvalidProviderConfig', message: /ServiceAccount demo\/sa does not exist/ })
})

t.test(
  'a login that is only held back is tried as soon as it may be, one that is blocked for long at the usual time',
  async t => {
    for (const [retryAfterMs, want] of [
      [45e3, { go: 'wait', ms: 45e3 }],
      [30 * 60e3, later],
    ] as const) {
      const state = fresh()
      state.next.login = () => {
        throw new Fault('LoginBlocked', 'no', { retryAfterMs })
      }
      t.same(await look(state), want)
    }
  },
)

t.test('blanks around a credential are left out, and said beside whatever comes of it', async t => {
  const note =
    'Secret demo/creds, key "accessType", has blanks or line ends around it, which are left out → write it without them, as printf does and echo does not'
  const creds = { accessId: 'p-x', accessType: 'api_key\n', accessTypeParam: 'k' }
  const state = fresh()
  credentials(state, creds)
  await look(state)
  t.match(state.log, ['login p-x', 'event SecretStore Warning Valid', /^patch/], 'a warning, for they should be mended')
  t.match(messageOf(state), { status: 'True', reason: 'Valid', message: `store validated; ${note}` })
  settle(state)
  state.log.length = 0
  await look(state)
  t.same(state.log, ['login p-x'], 'told once')

  const refused = fresh()
  credentials(refused, creds)
  refused.next.login = () => {
    throw new Fault('LoginRefused', 'refused')
  }
  await look(refused)
  t.equal(messageOf(refused).message.endsWith(`; ${note}`), true)
})

t.test('plain http is said in the words of the rule, for as long as it stays, whatever comes of the login', async t => {
  const akeylessGWApiURL = 'http://gateway.example.com'
  const note =
    'spec.provider.akeyless.akeylessGWApiURL: uses http: credentials and values cross the network in plain text → write https://'
  const state = world({ stores: [secretStore({ status: undefined, akeyless: { akeylessGWApiURL } })] })
  await look(state)
  t.match(state.log, ['login p-x', 'event SecretStore Warning Valid', /^patch/])
  t.match(messageOf(state), { status: 'True', message: `store validated; ${note}` })
  state.next.login = () => {
    throw new Fault('GatewayUnreachable', 'away')
  }
  await look(state)
  t.equal(messageOf(state).message.endsWith(`; ${note}`), true)
  const serviceAccountRef = { name: 'sa', audiences: ['a'] }
  const kubernetesAuth = { accessID: 'p-x', k8sConfName: 'c', serviceAccountRef }
  const akeyless = { authSecretRef: { kubernetesAuth }, akeylessGWApiURL }
  const referent = world({ clusterStores: [clusterStore({ status: undefined, akeyless })] })
  await look(referent, 'ClusterSecretStore/main')
  t.equal(messageOf(referent).message.endsWith(`; ${note}`), true, 'a referent store')
})

t.test('a store that logs in as whoever reads is Ready, and nothing is tried', async t => {
  const kubernetesAuth = { accessID: 'p-x', k8sConfName: 'c', serviceAccountRef: { name: 'sa' } }
  const referent = (more: object = {}) =>
    clusterStore({ status: undefined, akeyless: { authSecretRef: { kubernetesAuth }, ...more } })
  const state = world({ clusterStores: [referent()] })
  t.same(await look(state, 'ClusterSecretStore/main'), later)
  t.match(state.log, ['event ClusterSecretStore Normal ValidationUnknown', /^patch/])
  t.match(messageOf(state), {
    status: 'True',
    reason: 'ValidationUnknown',
    message: /a ServiceAccount of each namespace/,
  })
  const broken = world({ clusterStores: [referent({ caBundle: 'AAAA' })] })
  await look(broken, 'ClusterSecretStore/main')
  t.match(messageOf(broken), { status: 'False', reason: 'InvalidProviderConfig' }, 'but not with a broken manifest')
})

t.test('a refused login says where the credentials are, or what the way to log in lacks', async t => {
  const kubernetesAuth = { accessID: 'p-x', k8sConfName: 'c', secretRef: { name: 'creds', key: 'accessId' } }
  const { secretRef } = secretStore().spec.provider.akeyless?.authSecretRef ?? {}
  const refusedBy = async (akeyless: Record<string, unknown>) => {
    const state = world({ stores: [secretStore({ status: undefined, akeyless })] })
    state.next.login = () => {
      throw new Fault('LoginRefused', 'refused', { remedy: 'check it' })
    }
    await look(state)
    return messageOf(state).message.split(' → ')[1]
  }
  t.equal(
    await refusedBy({ authSecretRef: { kubernetesAuth }, akeylessGWApiURL: 'https://api.eu.akeyless.io' }),
    'name your own Gateway in akeylessGWApiURL: the public API reviews no tokens of a cluster',
  )
  t.equal(await refusedBy({ authSecretRef: { kubernetesAuth } }), 'check it')
  t.equal(await refusedBy({ authSecretRef: { kubernetesAuth, secretRef } }), 'check it', 'not those that are not used')
  t.equal(
    await refusedBy({ akeylessGWApiURL: 'https://api.akeyless.io' }),
    'check key "accessId" of Secret demo/creds and key "accessTypeParam" of Secret demo/creds',
  )
})

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

t.test('a store with a warning that the policy made a denial does not log in', async t => {
  const state = world({ clusterStores: [clusterStore({ status: undefined })] })
  Object.assign(state.deps, { policy: { rules: { 'store-open': 'deny' } } })
  await look(state, 'ClusterSecretStore/main')
  t.match(state.log, [/^event ClusterSecretStore Warning SpecInvalid/, /^patch/])
  t.match(state.statuses[0]?.status, { conditions: [{ status: 'False', message: /\[store-open, by policy\]$/ }] })
})

t.test('an access key is no way in where the policy denies it, whoever let the store in', async t => {
  const rules = { 'long-lived-key': 'deny' as const }
  const state = world({ stores: [secretStore()] })
  await storeReconciler({ ...state.deps, policy: { rules } }, createStatusMemory())('SecretStore/demo/main', signal)
  t.match(state.statuses.at(-1)?.status, {
    conditions: [{ status: 'False', message: /logs in by an access key.* \[long-lived-key, by policy\]$/ }],
  })
})

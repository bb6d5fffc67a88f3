import { Fault } from '#core'
import type { PreviewDeps } from '../../../pkg/reconcile/preview/ports.ts'
import { authorities } from '../admission/rules/authorities.ts'
import { clusterStore, digest, externalSecret, owner, secretObject, secretStore } from './build.ts'
import { text, type World, world } from './ports.ts'

const ca = Buffer.from(Object.values(authorities)[0] ?? '').toString('base64')

interface Case {
  readonly name: string
  readonly object: unknown
  readonly state?: () => World
  readonly deps?: Partial<PreviewDeps>
  /** Denials as `path: what → remedy`, warnings with their rule behind. */
  readonly lines: readonly string[]
}

const provider = 'spec.provider.akeyless'
const trusted = secretStore({ akeyless: { akeylessGWApiURL: 'https://api.akeyless.io' } })
const withMain = (items: Readonly<Record<string, Parameters<World['items']['set']>[1]>>) => () => {
  const state = world({ stores: [secretStore()] })
  for (const [path, item] of Object.entries(items)) state.items.set(path, item)
  return state
}
const spoilt = (login: () => void) => () => {
  const state = world()
  state.next.login = login
  return state
}
const data = [{ secretKey: 'user', remoteRef: { key: '/db' } }]
const plain = { '/db': text('u') }
const leased = { '/db': { ...text('{}', 'DYNAMIC_SECRET'), ttlMs: 3600e3 } }
const target = (name: string, more: object = {}) => externalSecret({ spec: { data, target: { name, ...more } } })
const stray =
  (more: object = {}) =>
  () => {
    const state = withMain(plain)()
    state.live.set('demo/there', {
      ...secretObject({ x: 'y' }, { metadata: { name: 'there', labels: {}, ownerReferences: [] } }),
      ...more,
    })
    return state
  }
const taken =
  'spec.target.name: Secret there is there, and no ExternalSecret made it: it is taken over, its other keys are removed'
const otherwise = 'choose another name, or write creationPolicy: Merge to add keys to it [live-target]'

/** By rule: what a live check says, or that it says nothing. */
export const previewCases: Readonly<Record<string, readonly Case[]>> = {
  'live-store': [
    { name: 'a store that logs in', object: trusted, lines: [] },
    {
      name: 'a refused login',
      object: trusted,
      state: spoilt(() => {
        throw new Fault('LoginRefused', 'gateway api.akeyless.io refuses the login')
      }),
      lines: [
        `${provider}.authSecretRef: gateway api.akeyless.io refuses the login → check key "accessId" of Secret demo/creds and key "accessTypeParam" of Secret demo/creds`,
      ],
    },
    {
      name: 'a refused login where the flag says warn',
      object: trusted,
      state: spoilt(() => {
        throw new Fault('LoginRefused', 'gateway api.akeyless.io refuses the login')
      }),
      deps: { modes: { stores: 'warn', items: 'off' } },
      lines: [
        `${provider}.authSecretRef: gateway api.akeyless.io refuses the login → check key "accessId" of Secret demo/creds and key "accessTypeParam" of Secret demo/creds [live-store]`,
      ],
    },
    {
      name: 'nothing where the flag says off',
      object: trusted,
      state: spoilt(() => {
        throw new Fault('LoginRefused', 'no')
      }),
      deps: { modes: { stores: 'off', items: 'deny' } },
      lines: [],
    },
    {
      name: 'a ClusterSecretStore that logs in as a ServiceAccount of each namespace cannot be tried',
      object: clusterStore({
        akeyless: {
          authSecretRef: { kubernetesAuth: { accessID: 'p-x', k8sConfName: 'c', serviceAccountRef: { name: 'sa' } } },
        },
      }),
      lines: [],
    },
    {
      name: 'an ExternalSecret of a store that is not ready',
      object: externalSecret({ spec: { data } }),
      state: () =>
        world({
          stores: [
            secretStore({
              status: {
                observedGeneration: 1,
                conditions: [
                  { type: 'Ready', status: 'False', reason: 'X', message: 'it is so', lastTransitionTime: '' },
                ],
              },
            }),
          ],
        }),
      lines: ['spec.secretStoreRef: SecretStore "main" is not ready: it is so → mend the store [live-store]'],
    },
  ],
  'live-item': [
    { name: 'an item that is there', object: externalSecret({ spec: { data } }), state: withMain(plain), lines: [] },
    {
      name: 'an item that is not',
      object: externalSecret({ spec: { data } }),
      state: withMain({}),
      lines: ['spec.data[0].remoteRef.key: item is not there → check the path'],
    },
    {
      name: 'a property that is not there',
      object: externalSecret({ spec: { data: [{ secretKey: 'user', remoteRef: { key: '/db', property: 'usr' } }] } }),
      state: withMain({ '/db': text('{"user":"u"}') }),
      lines: ['spec.data[0].remoteRef.property: item "/db" has no property "usr" → name a property of its JSON value'],
    },
    {
      name: 'nothing of a property that compares values, nor is anybody asked',
      object: externalSecret({
        spec: { data: [{ secretKey: 'user', remoteRef: { key: '/db', property: '[@this].#(user<"n")' } }] },
      }),
      state: withMain({ '/db': text('{"user":"u"}') }),
      lines: [],
    },
    {
      name: 'nothing where the flag says off',
      object: externalSecret({ spec: { data } }),
      state: withMain({}),
      deps: { modes: { stores: 'deny', items: 'off' } },
      lines: [],
    },
    {
      name: 'items of a store that is not there yet',
      object: externalSecret({ spec: { data } }),
      state: () => world(),
      lines: [],
    },
    {
      name: 'items of a store that has not been looked at',
      object: externalSecret({ spec: { data } }),
      state: () => world({ stores: [secretStore({ status: undefined })] }),
      lines: ['spec.data[0].remoteRef.key: item is not there → check the path'],
    },
  ],
  'live-target': [
    { name: 'a Secret that is not there', object: target('there'), state: withMain(plain), lines: [] },
    {
      name: 'a Secret that nobody marked',
      object: target('there'),
      state: stray(),
      lines: [`${taken}, and it goes when the ExternalSecret goes → ${otherwise}`],
    },
    {
      name: 'the same without ownership',
      object: target('there', { creationPolicy: 'Orphan' }),
      state: stray(),
      lines: [`${taken} → ${otherwise}`],
    },
    {
      name: 'the same with keys added',
      object: target('there', { creationPolicy: 'Merge' }),
      state: stray(),
      lines: [],
    },
    {
      name: 'a Secret of a protected type',
      object: target('there'),
      state: stray({ type: 'helm.sh/release.v1' }),
      lines: [
        'spec.target.name: Secret there is of type helm.sh/release.v1, which is never written → choose another name',
      ],
    },
    {
      name: 'the Secret of another ExternalSecret, which the watch knows',
      object: target('app'),
      state: () => {
        const state = withMain(plain)()
        state.digests.push(digest({}, { ownerReferences: [{ ...owner, name: 'other' }] }))
        return state
      },
      lines: ['spec.target.name: Secret app belongs to ExternalSecret other → choose another name'],
    },
    {
      name: 'nothing where its card may not be read',
      object: target('there'),
      state: withMain(plain),
      deps: { secretCard: () => Promise.reject(new Fault('ClusterRefused', 'no')) },
      lines: [],
    },
  ],
  'dynamic-refresh': [
    {
      name: 'an interval within the lease',
      object: externalSecret({ spec: { data, refreshInterval: '30m' } }),
      state: withMain(leased),
      lines: [],
    },
    {
      name: 'an interval beyond it',
      object: externalSecret({ spec: { data, refreshInterval: '24h' } }),
      state: withMain(leased),
      lines: [
        'spec.refreshInterval: 24h is longer than the lease of dynamic item "/db" lives, 1 h: it is renewed after 40 m → write 40m, which is what happens [dynamic-refresh]',
      ],
    },
    {
      name: 'a lease of unknown life that is never renewed',
      object: externalSecret({ spec: { data, refreshPolicy: 'OnChange' } }),
      state: withMain({ '/db': text('{}', 'DYNAMIC_SECRET') }),
      lines: [
        'spec.refreshPolicy: OnChange never renews the lease of dynamic item "/db" → write refreshPolicy: Periodic and refreshInterval: less than it lives [dynamic-refresh]',
      ],
    },
  ],
  'long-lived-key': [
    {
      name: 'a ClusterSecretStore with an access key',
      object: clusterStore({ akeyless: { akeylessGWApiURL: 'https://api.akeyless.io' } }),
      lines: [
        `${provider}.authSecretRef: logs in by an access key, which is good until somebody changes it → log in by an identity that proves itself, as kubernetesAuth or the cloud does [long-lived-key]`,
      ],
    },
    {
      name: 'a SecretStore where the policy names the rule',
      object: trusted,
      deps: { policy: { rules: { 'long-lived-key': 'warn' } } },
      lines: [
        `${provider}.authSecretRef: logs in by an access key, which is good until somebody changes it → log in by an identity that proves itself, as kubernetesAuth or the cloud does [long-lived-key]`,
      ],
    },
    { name: 'a SecretStore else', object: trusted, lines: [] },
  ],
  'not-checked': [
    {
      name: 'a gateway that is away',
      object: trusted,
      state: spoilt(() => {
        throw new Fault('GatewayUnreachable', 'gateway api.akeyless.io does not answer: connection refused')
      }),
      lines: [
        `${provider}.akeylessGWApiURL: gateway api.akeyless.io does not answer: connection refused → check the URL, DNS, firewall and that the gateway runs [not-checked]`,
      ],
    },
    {
      name: 'credentials that are not there yet',
      object: secretStore({
        akeyless: {
          akeylessGWApiURL: 'https://api.akeyless.io',
          authSecretRef: { secretRef: { accessID: { name: 'no', key: 'a' }, accessType: { name: 'no', key: 'b' } } },
        },
      }),
      lines: [`${provider}.authSecretRef: Secret demo/no does not exist → create it [not-checked]`],
    },
    {
      name: 'a gateway that nobody trusts and no store here uses',
      object: secretStore(),
      state: spoilt(() => {
        throw new Error('somebody logged in')
      }),
      lines: [
        `${provider}.akeylessGWApiURL: not checked in full: gateway gateway.example.com is no trusted gateway and new here, so no credentials go there yet → read the status of the store in a moment, or have it added to --trusted-gateways [not-checked]`,
      ],
    },
    {
      name: 'the same gateway beside a store that uses it',
      object: secretStore({ metadata: { name: 'second' } }),
      state: () => world({ stores: [secretStore()] }),
      lines: [],
    },
    {
      name: 'the same gateway, used in another namespace alone',
      object: secretStore({ metadata: { namespace: 'ops' } }),
      state: () => world({ stores: [secretStore()], clusterStores: [clusterStore()] }),
      lines: [
        `${provider}.akeylessGWApiURL: not checked in full: gateway gateway.example.com is no trusted gateway and new here, so no credentials go there yet → read the status of the store in a moment, or have it added to --trusted-gateways [not-checked]`,
      ],
    },
    {
      name: 'a trusted gateway, by a CA that the store brings',
      object: secretStore({ akeyless: { akeylessGWApiURL: 'https://api.akeyless.io', caBundle: ca } }),
      state: spoilt(() => {
        throw new Error('somebody logged in')
      }),
      lines: [
        `${provider}.akeylessGWApiURL: not checked in full: gateway api.akeyless.io is called by a CA that no store beside this one has, so no credentials go there yet → read the status of the store in a moment [not-checked]`,
      ],
    },
    {
      name: 'the gateway of a store beside it, by another CA',
      object: secretStore({ akeyless: { caBundle: ca } }),
      state: () => world({ stores: [secretStore()] }),
      lines: [
        `${provider}.akeylessGWApiURL: not checked in full: gateway gateway.example.com is called by a CA that no store beside this one has, so no credentials go there yet → read the status of the store in a moment [not-checked]`,
      ],
    },
    {
      name: 'a store that the gateway refuses to serve as a whole',
      object: externalSecret({ spec: { data } }),
      state: () => {
        const state = withMain(plain)()
        state.next.read = () => {
          throw new Fault('RateLimited', 'too many requests')
        }
        return state
      },
      lines: [
        'spec.secretStoreRef: SecretStore "main": too many requests → lengthen refreshInterval, or raise the limit [not-checked]',
      ],
    },
  ],
}

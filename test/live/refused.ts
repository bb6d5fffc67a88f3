// What kubectl apply refuses, and in which words. NS stands for the namespace of the test.
import { entry, externalSecret, secretStore, storeSpec } from '../support/objects.ts'

/** A SecretStore whose Akeyless provider has these changes. */
export const store = (akeyless: object, name = 'main') => {
  const spec = storeSpec()
  return secretStore(name, { provider: { akeyless: { ...spec.provider.akeyless, ...akeyless } } })
}
const { secretRef } = storeSpec().provider.akeyless.authSecretRef
const login = (refs: object) => ({ authSecretRef: { secretRef: refs } })
export const object = (spec: object) => externalSecret('app', { target: { name: 'app' }, ...spec })
export const one = [entry('a', '/apps/db-username')]
export const at = 'spec.provider.akeyless'
export const credsAt = `${at}.authSecretRef.secretRef`

/** All that kubectl prints. */
export const deniedBy = (kind: string, subject: string, lines: readonly string[]): string =>
  [
    `Error from server (Forbidden): admission webhook "validate.${kind.toLowerCase()}.latchkey.dev" denied the request: ${kind} ${subject}: ${lines.length} fault${lines.length === 1 ? '' : 's'}`,
    ...lines.map(line => `  ${line}`),
  ].join('\n')
const deniedStore = (...lines: string[]) => deniedBy('SecretStore', 'NS/main', lines)
export const denied = (...lines: string[]) => deniedBy('ExternalSecret', 'NS/app', lines)

export interface Refusal {
  readonly name: string
  readonly manifest: object
  readonly text: string
}

export const refusedStores: readonly Refusal[] = [
  {
    name: 'a missing access id',
    manifest: store(login({ accessType: secretRef.accessType, accessTypeParam: secretRef.accessTypeParam })),
    text: deniedStore(
      `${credsAt}.accessID.name: names no Secret → name the Secret that holds accessID`,
      `${credsAt}.accessID.key: names no key → name the key of the Secret, as accessID`,
    ),
  },
  {
    name: 'an access id without a key',
    manifest: store(login({ ...secretRef, accessID: { name: 'creds' } })),
    text: deniedStore(`${credsAt}.accessID.key: names no key → name the key of the Secret, as accessID`),
  },
  {
    name: 'a gateway URL without a host',
    manifest: store({ akeylessGWApiURL: 'https://:8080/v2' }),
    text: deniedStore(
      `${at}.akeylessGWApiURL: "https://:8080/v2" names no host → write it as https://api.akeyless.io or https://gateway.example.com:8080/v2`,
    ),
  },
  {
    name: 'a gateway URL without a scheme',
    manifest: store({ akeylessGWApiURL: 'api.akeyless.io' }),
    text: deniedStore(
      `${at}.akeylessGWApiURL: "api.akeyless.io" does not start with https:// → write it as https://api.akeyless.io or https://gateway.example.com:8080/v2`,
    ),
  },
  {
    name: 'a gateway URL with a password, which is not repeated',
    manifest: store({ akeylessGWApiURL: 'https://me:hunter2@gw.example.com' }),
    text: deniedStore(
      `${at}.akeylessGWApiURL: has a user or password in front of the host → remove it; credentials belong in authSecretRef`,
    ),
  },
  {
    name: 'a namespaced store with a foreign namespace',
    manifest: store(login({ ...secretRef, accessTypeParam: { ...secretRef.accessTypeParam, namespace: 'team-b' } })),
    text: deniedStore(
      `${credsAt}.accessTypeParam.namespace: "team-b" is not the namespace of this SecretStore → leave it out or write NS; across namespaces use a ClusterSecretStore`,
    ),
  },
  {
    name: 'a store that names no way to log in',
    manifest: store({ authSecretRef: {} }),
    text: deniedStore(
      `${at}.authSecretRef: names no way to log in → add secretRef with accessID, accessType and accessTypeParam`,
    ),
  },
  {
    name: 'two providers, by the schema',
    manifest: secretStore('main', { provider: { ...storeSpec().provider, vault: {} } }),
    text: 'The SecretStore "main" is invalid: spec.provider: Too many: 2: must have at most 1 item',
  },
]

export const refusedExternalSecrets: readonly Refusal[] = [
  {
    name: 'empty data and dataFrom',
    manifest: object({ data: [], dataFrom: [] }),
    text: denied('spec: has neither data nor dataFrom → name at least one item under data'),
  },
  {
    name: 'a secretKey that is there twice',
    manifest: object({ data: [...one, entry('b', '/apps/dynamic'), entry('a', '/apps/db-password')] }),
    text: denied('spec.data[2].secretKey: "a" is the key of spec.data[0] too → give each entry a key of its own'),
  },
  {
    name: 'an interval in words',
    manifest: object({ refreshInterval: '5 minutes', data: one }),
    text: denied('spec.refreshInterval: "5 minutes" is not a duration → write 5m'),
  },
  {
    name: 'an interval in days',
    manifest: object({ refreshInterval: '1d', data: one }),
    text: denied('spec.refreshInterval: "1d" is not a duration → write 24h'),
  },
  {
    name: 'an interval that nobody can guess',
    manifest: object({ refreshInterval: 'soon', data: one }),
    text: denied('spec.refreshInterval: "soon" is not a duration → write it as 90s, 5m or 1h30m'),
  },
  {
    name: 'a generator',
    manifest: object({
      dataFrom: [
        {
          sourceRef: {
            generatorRef: { apiVersion: 'generators.external-secrets.io/v1alpha1', kind: 'Password', name: 'p' },
          },
        },
      ],
    }),
    text: denied(
      'spec.dataFrom[0].sourceRef.generatorRef: Latchkey runs no generators → leave it out, or keep this object with ESO',
    ),
  },
  {
    name: 'a template that calls a function which is none',
    manifest: object({ data: one, target: { name: 'app', template: { data: { url: 'x{{ .a | uper }}' } } } }),
    text: denied('spec.target.template.data.url: line 1: function "uper" is not defined → did you mean upper?'),
  },
  {
    name: 'several faults at once, all of them in one answer',
    manifest: object({
      refreshInterval: 'soon',
      secretStoreRef: {},
      data: [...one, { secretKey: 'a', remoteRef: { key: '', version: 'latest' } }],
      dataFrom: [{}],
    }),
    text: denied(
      'spec.secretStoreRef.name: names no store → write the name of a SecretStore',
      'spec.refreshInterval: "soon" is not a duration → write it as 90s, 5m or 1h30m',
      'spec.dataFrom[0]: names nothing to read → give it an extract or a find',
      'spec.data[1].remoteRef.key: is empty → write the path of an item',
      'spec.data[1].remoteRef.version: "latest" is not a version number → write a number as "3", or leave it out for the latest',
      'spec.data[1].secretKey: "a" is the key of spec.data[0] too → give each entry a key of its own',
    ),
  },
  {
    name: 'an unknown kind of store, by the schema',
    manifest: object({ secretStoreRef: { kind: 'Store', name: 'store' }, data: one }),
    text: 'The ExternalSecret "app" is invalid: spec.secretStoreRef.kind: Unsupported value: "Store": supported values: "SecretStore", "ClusterSecretStore"',
  },
  {
    name: 'a secretKey with a blank, by the schema',
    manifest: object({ data: [entry('db password', '/apps/db-password')] }),
    text: `The ExternalSecret "app" is invalid: spec.data[0].secretKey: Invalid value: "db password": spec.data[0].secretKey in body should match '^[-._a-zA-Z0-9]+$'`,
  },
  {
    name: 'a field that does not exist, by the schema',
    manifest: object({ refreshIntervall: '1h', data: one }),
    text: 'Error from server (BadRequest): ExternalSecret in version "v1" cannot be handled as a ExternalSecret: strict decoding error: unknown field "spec.refreshIntervall"',
  },
]

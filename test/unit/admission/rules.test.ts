import t from 'tap'
import { catalogue, denialText, judge, warningTexts } from '#admission'
import { clusterStore, externalSecret, store } from './objects.ts'

const stores = ({ name }: { name: string }) => (name === 'ghost' ? undefined : { ours: name !== 'vault' })

/** Every line that the judge says: denials as `path: what → remedy`, warnings with their rule behind. */
const said = (object: unknown): string[] => {
  const { denials, warnings } = judge(object, undefined, { stores })
  return [
    ...denialText('', denials)
      .split('\n')
      .slice(1)
      .map(line => line.trim()),
    ...warningTexts(warnings),
  ]
}
const es = externalSecret
const ref = (over: object) => ({ secretKey: 'k', remoteRef: { key: '/a', ...over } })
const auth = 'spec.provider.akeyless.authSecretRef'
const url = 'spec.provider.akeyless.akeylessGWApiURL'
const withUrl = (text: string) =>
  store(a => {
    a.akeylessGWApiURL = text
  })
const later = 'is not supported by this version'
const notAscii = 'é'
const kubernetesAuth = { accessID: 'p-x', k8sConfName: 'conf', serviceAccountRef: { name: 'sa' } }

const noKubernetesAuth = `${auth}.kubernetesAuth: is not supported by this version, and the store will not be ready → use secretRef with an API key, or keep this store with ESO [kubernetes-auth]`

/** By rule: objects that pass without a word, and objects that fail with exactly these lines. */
const cases: Record<string, { passes: unknown[]; fails: [object: unknown, ...lines: string[]][] }> = {
  schema: {
    passes: [
      es(),
      es((_, o) => {
        o.status = { conditions: 'written by somebody else' }
      }),
      store(),
      clusterStore(),
      es((_, o) => {
        o.apiVersion = 'external-secrets.io/v1beta1'
      }),
    ],
    fails: [
      [
        es(s => {
          s.data[1].secretKey = 'db password'
        }),
        'spec.data[1].secretKey: "db password" has a space → use letters, digits, - _ .',
      ],
      [
        es(s => {
          s.data[1].secretKey = notAscii
        }),
        'spec.data[1].secretKey: "é" has a character that keys cannot have → use letters, digits, - _ .',
      ],
      [
        es(s => {
          s.secretStoreRef.kind = 'Store'
        }),
        'spec.secretStoreRef.kind: "Store" is not known → write SecretStore or ClusterSecretStore',
      ],
      [
        es(s => {
          s.target.name = 'My_Secret'
        }),
        'spec.target.name: "My_Secret" is not a valid name → use lower-case letters, digits, - and .',
      ],
      [
        es(s => {
          delete s.data[0].remoteRef.key
        }),
        'spec.data[0].remoteRef.key: is missing → give it text',
      ],
      [
        es(s => {
          s.data = 'x'
        }),
        'spec.data: must be a list',
      ],
      [
        es(s => {
          s.target.template = { data: JSON.parse('{"__proto__":"x"}') }
        }),
        'spec.target.template.data.__proto__: is a name that cannot be used here → choose another one',
      ],
      [
        es((_, o) => {
          o.kind = 'Pod'
        }),
        'kind: is not one that Latchkey judges → write ExternalSecret, SecretStore, ClusterSecretStore',
      ],
      [
        es((_, o) => {
          delete o.spec
        }),
        'spec: is missing → add it with its fields',
      ],
    ],
  },
  foreign: {
    passes: [es()],
    fails: [
      [
        es(s => {
          s.secretStoreRef.name = 'vault'
          s.target.immutable = true
        }),
        'spec.secretStoreRef: names no store that Latchkey serves; with one, what follows would be refused [foreign]',
        `spec.target.immutable: immutable Secrets are not supported by this version → leave it out [unsupported]`,
      ],
    ],
  },
  size: {
    passes: [es()],
    fails: [
      [
        es(s => {
          s.data = Array.from({ length: 500 }, (_, index) => ({
            secretKey: `k${index}`,
            remoteRef: { key: `/${'é'.repeat(1_600)}` },
          }))
        }),
        'spec: has more than 1.5 MB, too much for the API server to store → split it into several ExternalSecrets',
      ],
    ],
  },
  'store-ref': {
    passes: [
      es(s => {
        delete s.secretStoreRef.kind
      }),
    ],
    fails: [
      [
        es(s => {
          delete s.secretStoreRef
        }),
        'spec.secretStoreRef.name: names no store → write the name of a SecretStore',
      ],
    ],
  },
  'store-exists': {
    passes: [es()],
    fails: [
      [
        es(s => {
          s.secretStoreRef.name = 'ghost'
        }),
        'spec.secretStoreRef.name: SecretStore "ghost" does not exist in namespace team-a → create it, or correct the name or the kind [store-exists]',
      ],
      [
        es(s => {
          s.secretStoreRef = { name: 'ghost', kind: 'ClusterSecretStore' }
        }),
        'spec.secretStoreRef.name: ClusterSecretStore "ghost" does not exist → create it, or correct the name or the kind [store-exists]',
      ],
    ],
  },
  'no-data': {
    passes: [
      es(s => {
        s.data = []
        s.dataFrom = [{ extract: { key: '/a' } }]
      }),
    ],
    fails: [
      [
        es(s => {
          delete s.data
        }),
        'spec: has neither data nor dataFrom → name at least one item under data',
      ],
    ],
  },
  'data-from': {
    passes: [
      es(s => {
        s.dataFrom = [{ extract: { key: '/a' }, sourceRef: { storeRef: { name: 'main' } } }]
      }),
    ],
    fails: [
      [
        es(s => {
          s.dataFrom = [{}]
        }),
        'spec.dataFrom[0]: names nothing to read → give it an extract',
      ],
      [
        es(s => {
          s.dataFrom = [{ sourceRef: {} }]
        }),
        'spec.dataFrom[0].sourceRef: names no source → give it a storeRef, or leave it out',
      ],
      [
        es(s => {
          s.dataFrom = [{ sourceRef: { storeRef: { name: 'main' } } }]
        }),
        'spec.dataFrom[0]: names nothing to read → give it an extract',
      ],
      [
        es(s => {
          s.dataFrom = [{ extract: { key: '/a' }, find: { name: { regexp: 'x' } } }]
        }),
        'spec.dataFrom[0]: has extract and find → make one entry for each',
        `spec.dataFrom[0].find: find ${later} → name the items with data or extract`,
      ],
    ],
  },
  'duplicate-key': {
    passes: [es()],
    fails: [
      [
        es(s => {
          s.data[1].secretKey = 'user'
        }),
        'spec.data[1].secretKey: "user" is the key of spec.data[0] too → give each entry a key of its own',
      ],
      [
        es(s => {
          s.data[1].secretKey = 'user'
          s.target.deletionPolicy = 'Delete'
        }),
        `spec.target.deletionPolicy: Delete ${later} → write Retain, or keep this object with ESO`,
        'spec.data[1].secretKey: "user" is the key of spec.data[0] too → give each entry a key of its own [duplicate-key]',
      ],
    ],
  },
  'secret-key': {
    passes: [
      es(s => {
        s.data[0].secretKey = '.dockerconfigjson'
      }),
      es(s => {
        s.data[0].secretKey = '__proto__'
      }),
    ],
    fails: [
      [
        es(s => {
          s.data[0].secretKey = '..data'
        }),
        'spec.data[0].secretKey: "..data" starts with two dots → begin it with one dot or none',
      ],
    ],
  },
  policies: {
    passes: [
      es(s => {
        s.target.deletionPolicy = 'Retain'
      }),
    ],
    fails: [
      [
        es(s => {
          s.target = { creationPolicy: 'Merge', deletionPolicy: 'Delete' }
        }),
        'spec.target.deletionPolicy: Delete would remove a Secret that creationPolicy Merge leaves to others → write Retain',
        `spec.target.creationPolicy: Merge ${later} → write Owner, or keep this object with ESO`,
      ],
      [
        es(s => {
          s.target = { creationPolicy: 'None', deletionPolicy: 'Merge' }
        }),
        'spec.target.deletionPolicy: Merge has no Secret to work on with creationPolicy None → write Retain',
        `spec.target.creationPolicy: None ${later} → write Owner, or keep this object with ESO`,
      ],
    ],
  },
  'secret-type': {
    passes: [
      es(s => {
        s.target.template = { type: 'Opaque' }
      }),
    ],
    fails: [
      [
        es(s => {
          s.target.template = { type: 'bootstrap.kubernetes.io/token' }
        }),
        'spec.target.template.type: bootstrap.kubernetes.io/token lets machines join the cluster → choose another type, as Opaque',
      ],
      [
        es(s => {
          s.target.template = {
            type: 'kubernetes.io/service-account-token',
            metadata: { annotations: { 'kubernetes.io/service-account.name': 'admin' } },
          }
        }),
        'spec.target.template.type: kubernetes.io/service-account-token makes the cluster issue a ServiceAccount token → choose another type, as Opaque',
      ],
    ],
  },
  'type-keys': {
    passes: [
      es(s => {
        s.target.template = { type: 'kubernetes.io/tls' }
        s.data[0].secretKey = 'tls.crt'
        s.data[1].secretKey = 'tls.key'
      }),
      es(s => {
        s.target.template = { type: 'kubernetes.io/tls' }
        s.dataFrom = [{ extract: { key: '/cert' } }]
      }),
    ],
    fails: [
      [
        es(s => {
          s.target.template = { type: 'kubernetes.io/tls' }
          s.data[0].secretKey = 'tls.crt'
        }),
        'spec.target.template.type: kubernetes.io/tls needs the key tls.key → add an entry to data with secretKey: tls.key',
      ],
    ],
  },
  'template-target': {
    passes: [],
    fails: [
      [
        es(s => {
          s.target.template = { templateFrom: [{ literal: 'a: b', target: 'Spec' }] }
        }),
        'spec.target.template.templateFrom[0].target: "Spec" is no part of a Secret → write Data, Labels or Annotations',
        'spec.target.template.templateFrom: templates are not supported by this version → take the keys as they are with data or extract, or keep this object with ESO',
      ],
    ],
  },
  'template-metadata': {
    passes: [
      es(s => {
        s.target.template = {
          metadata: { labels: { 'app.kubernetes.io/name': 'x', a: '' }, annotations: { 'a.b/c': 'any thing' } },
        }
      }),
    ],
    fails: [
      [
        es(s => {
          s.target.template = { metadata: { labels: { 'a b': 'x', team: 'not valid' }, annotations: { 'x/y/z': '' } } }
        }),
        'spec.target.template.metadata.labels["a b"]: "a b" cannot be such a key → use letters, digits, - _ . with an optional domain and / in front',
        'spec.target.template.metadata.labels.team: is not a valid label value → use up to 63 letters, digits, - _ . with a letter or digit at both ends',
        'spec.target.template.metadata.annotations["x/y/z"]: "x/y/z" cannot be such a key → use letters, digits, - _ . with an optional domain and / in front',
      ],
    ],
  },
  regexp: {
    passes: [],
    fails: [
      [
        es(s => {
          s.dataFrom = [{ find: { name: { regexp: 'a'.repeat(1025) } } }]
        }),
        'spec.dataFrom[0].find.name.regexp: is longer than 1024 characters → shorten it',
        `spec.dataFrom[0].find: find ${later} → name the items with data or extract`,
      ],
      [
        es(s => {
          s.dataFrom = [{ find: { name: { regexp: '(?=x)' } } }]
        }),
        'spec.dataFrom[0].find.name.regexp: is not a regular expression of RE2, which has no lookaround and no back references → correct it; the syntax is that of Go',
        `spec.dataFrom[0].find: find ${later} → name the items with data or extract`,
      ],
      [
        es(s => {
          s.dataFrom = [{ extract: { key: '/a' }, rewrite: [{ regexp: { source: '(', target: '' } }] }]
        }),
        'spec.dataFrom[0].rewrite[0].regexp.source: is not a regular expression of RE2 → correct it; the syntax is that of Go',
        `spec.dataFrom[0].rewrite: rewrite ${later} → name the keys with data and secretKey`,
      ],
    ],
  },
  'ref-count': {
    passes: [
      es(s => {
        s.data = Array.from({ length: 999 }, (_, index) => ({ ...ref({}), secretKey: `k${index}` }))
        s.dataFrom = [{ extract: { key: '/a' } }]
      }),
    ],
    fails: [
      [
        es(s => {
          s.dataFrom = Array.from({ length: 999 }, () => ({ extract: { key: '/a' } }))
        }),
        'spec: has 1001 entries in data and dataFrom, more than 1000 → split it into several ExternalSecrets',
      ],
    ],
  },
  'remote-key': {
    passes: [
      es(s => {
        s.data = [ref({ key: `/${'a'.repeat(4095)}`, property: 'a'.repeat(4096) })]
      }),
      es(s => {
        s.data = [ref({ key: 'no/leading slash' })]
      }),
    ],
    fails: [
      [
        es(s => {
          s.data = [ref({ key: ' ' })]
        }),
        'spec.data[0].remoteRef.key: is empty → write the path of an item',
      ],
      [
        es(s => {
          s.data = [ref({ key: `/${'a'.repeat(4096)}`, property: 'a'.repeat(4097) })]
        }),
        'spec.data[0].remoteRef.key: is longer than 4096 characters → write the name as the item has it',
        'spec.data[0].remoteRef.property: is longer than 4096 characters → write the name as the item has it',
      ],
      [
        es(s => {
          s.dataFrom = [{ extract: { key: '/a\n' } }]
        }),
        'spec.dataFrom[0].extract.key: "/a\\n" has blanks around it or control characters → write the path as Akeyless shows it',
      ],
      [
        es(s => {
          s.data = [ref({ property: 'a\u001b[31m' })]
        }),
        'spec.data[0].remoteRef.property: "a\\u001b[31m" has control characters → write the name as the item has it',
      ],
    ],
  },
  version: {
    passes: [
      es(s => {
        s.data = [ref({ version: '3' }), { ...ref({ version: '' }), secretKey: 'b' }]
      }),
    ],
    fails: ['latest', 'v3', '-1', '2147483648', '1.0'].map(text => [
      es(s => {
        s.data = [ref({ version: text })]
      }),
      `spec.data[0].remoteRef.version: "${text}" is not a version number → write a number as "3", or leave it out for the latest`,
    ]),
  },
  'refresh-interval': {
    passes: [
      es(s => {
        s.refreshInterval = '0'
      }),
      es(s => {
        s.refreshInterval = '1h30m'
      }),
      es(s => {
        delete s.refreshInterval
      }),
    ],
    fails: [
      [
        es(s => {
          s.refreshInterval = '5 minutes'
        }),
        'spec.refreshInterval: "5 minutes" is not a duration → write 5m',
      ],
      [
        es(s => {
          s.refreshInterval = '1d'
        }),
        'spec.refreshInterval: "1d" is not a duration → write 24h',
      ],
      [
        es(s => {
          s.refreshInterval = 'often'
        }),
        'spec.refreshInterval: "often" is not a duration → write it as 90s, 5m or 1h30m',
      ],
      [
        es(s => {
          s.refreshInterval = '-1h'
        }),
        'spec.refreshInterval: "-1h" is negative and means never again → write 0 if that is meant [refresh-interval]',
      ],
    ],
  },
  'metadata-policy': {
    passes: [
      es(s => {
        s.data = [ref({ metadataPolicy: 'None' })]
      }),
    ],
    fails: [
      [
        es(s => {
          s.data = [ref({ metadataPolicy: 'Fetch' })]
        }),
        'spec.data[0].remoteRef.metadataPolicy: Fetch has no effect with Akeyless: the value is read → leave it out [metadata-policy]',
      ],
    ],
  },
  unsupported: {
    passes: [
      es(s => {
        s.data = [ref({ property: 'a\\*b.c#1' })]
      }),
      es(s => {
        s.target.immutable = false
      }),
    ],
    fails: [
      [
        es(s => {
          s.target.immutable = true
        }),
        'spec.target.immutable: immutable Secrets are not supported by this version → leave it out',
      ],
      [
        es(s => {
          s.data = [{ ...ref({ property: 'users.*.name' }), sourceRef: { storeRef: { name: 'other' } } }]
        }),
        'spec.data[0].sourceRef.storeRef: a second store in one ExternalSecret is not supported by this version → name the store in spec.secretStoreRef and make one ExternalSecret for each store',
        'spec.data[0].remoteRef.property: "users.*.name" has a wildcard, query, modifier or pipe, which this version cannot follow → name one property by names, dots and indexes; a backslash makes the next character part of a name',
      ],
      [
        es(s => {
          s.dataFrom = [{ sourceRef: { generatorRef: { kind: 'Password', name: 'x' } } }]
        }),
        'spec.dataFrom[0].sourceRef.generatorRef: Latchkey runs no generators → leave it out, or keep this object with ESO',
      ],
      [
        es(s => {
          s.syncWindows = { kind: 'allow', windows: [{ schedule: '@daily', duration: '1h' }] }
        }),
        'spec.syncWindows: sync windows are not supported by this version → leave them out',
      ],
      [
        es(s => {
          s.target.manifest = { apiVersion: 'v1', kind: 'ConfigMap' }
        }),
        'spec.target.manifest: other targets than Secrets are not supported by this version → leave it out, or keep this object with ESO',
      ],
      [
        es(s => {
          s.target.template = { metadata: { labels: { team: '{{ .x }}' }, finalizers: ['{{ .y }}'] } }
        }),
        'spec.target.template.metadata.labels.team: templates are not supported by this version → write plain text without {{',
        'spec.target.template.metadata.finalizers[0]: templates are not supported by this version → write plain text without {{',
      ],
    ],
  },
  provider: {
    passes: [store()],
    fails: [
      [
        store((_, s) => {
          s.provider = { vault: { server: 'x' } }
        }),
        'spec.provider: "vault" is not a provider of Latchkey, which marks this store InvalidProviderConfig → name the class of the operator that serves it in spec.controller [provider]',
      ],
      [
        store((_, s) => {
          s.provider.vault = {}
        }),
        'spec.provider: has 2 providers: "akeyless", "vault" → keep one',
      ],
      [
        store((_, s) => {
          s.provider = {}
        }),
        'spec.provider: names no provider → give it akeyless',
      ],
    ],
  },
  'gateway-url': {
    passes: [
      '',
      'https://gw.example.com:8080/v2',
      'https://10.0.0.1',
      'https://[fd00::1]:8000/api/v2',
      'HTTPS://API.AKEYLESS.IO/',
    ].map(withUrl),
    fails: [
      [
        withUrl('api.akeyless.io'),
        `${url}: "api.akeyless.io" does not start with https:// → write it as https://api.akeyless.io or https://gateway.example.com:8080/v2`,
      ],
      [
        withUrl('https://'),
        `${url}: "https://" names no host → write it as https://api.akeyless.io or https://gateway.example.com:8080/v2`,
      ],
      [
        withUrl('https:///v2'),
        `${url}: "https:///v2" names no host → write it as https://api.akeyless.io or https://gateway.example.com:8080/v2`,
      ],
      [
        withUrl('https://<the.akeyless.gw:8080>/v2'),
        `${url}: "https://<the.akeyless.gw:8080>/v2" is not a URL → write it as https://api.akeyless.io or https://gateway.example.com:8080/v2`,
      ],
      [
        withUrl('https://a b'),
        `${url}: "https://a b" has blanks → write it as https://api.akeyless.io or https://gateway.example.com:8080/v2`,
      ],
      [
        withUrl('https://me:hunter2@gw'),
        `${url}: has a user or password in front of the host → remove it; credentials belong in authSecretRef`,
      ],
      [
        withUrl('me:hunter2@gw'),
        `${url}: the text does not start with https:// → write it as https://api.akeyless.io or https://gateway.example.com:8080/v2`,
      ],
      [withUrl('https://gw/#x'), `${url}: has a query or a fragment → end it after the path`],
      [
        withUrl('ftp://gw'),
        `${url}: "ftp://gw" does not start with https:// → write it as https://api.akeyless.io or https://gateway.example.com:8080/v2`,
      ],
      [
        withUrl('http://gw:8000'),
        `${url}: uses http: credentials and values cross the network in plain text → write https:// [gateway-url]`,
      ],
    ],
  },
  'auth-method': {
    passes: [
      store(a => {
        a.authSecretRef.serviceAccountRef = { name: 'sa' }
      }),
    ],
    fails: [
      [
        store(a => {
          a.authSecretRef = {}
        }),
        `${auth}: names no way to log in → add secretRef with accessID, accessType and accessTypeParam`,
      ],
      [
        store(a => {
          a.authSecretRef = { serviceAccountRef: { name: 'sa' } }
        }),
        `${auth}: has a serviceAccountRef but no access id → add secretRef with accessID, accessType and accessTypeParam`,
      ],
      [
        store(a => {
          a.authSecretRef.kubernetesAuth = kubernetesAuth
        }),
        `${auth}: has kubernetesAuth and secretRef; kubernetesAuth is used → remove the other one [auth-method]`,
        noKubernetesAuth,
      ],
      [
        store(a => {
          a.serviceAccountRef = { name: 'x' }
          a.authSecretRef.serviceAccountRef = { name: 'y' }
        }),
        'spec.provider.akeyless.serviceAccountRef: is not used: authSecretRef has a serviceAccountRef too → remove it [auth-method]',
      ],
    ],
  },
  credentials: {
    passes: [
      store(a => {
        delete a.authSecretRef.secretRef.accessTypeParam
      }),
      store(a => {
        a.authSecretRef.secretRef.accessTypeParam = {}
      }),
    ],
    fails: [
      [
        store(a => {
          a.authSecretRef.secretRef = { accessID: { name: 'creds' }, accessType: { key: 'accessType' } }
        }),
        `${auth}.secretRef.accessID.key: names no key → name the key of the Secret, as accessID`,
        `${auth}.secretRef.accessType.name: names no Secret → name the Secret that holds accessType`,
      ],
      [
        store(a => {
          delete a.authSecretRef.secretRef.accessID
        }),
        `${auth}.secretRef.accessID.name: names no Secret → name the Secret that holds accessID`,
        `${auth}.secretRef.accessID.key: names no key → name the key of the Secret, as accessID`,
      ],
      [
        store(a => {
          delete a.authSecretRef.secretRef.accessTypeParam.key
        }),
        `${auth}.secretRef.accessTypeParam.key: names no key → name the key of the Secret, as accessTypeParam`,
      ],
    ],
  },
  'kubernetes-auth': {
    passes: [store()],
    fails: [
      [
        store(a => {
          a.authSecretRef = { kubernetesAuth: { accessID: 'p-x', k8sConfName: 'c' } }
        }),
        noKubernetesAuth,
      ],
      [
        store(a => {
          a.authSecretRef = { kubernetesAuth: { ...kubernetesAuth, secretRef: { name: 't' } } }
        }),
        noKubernetesAuth,
      ],
      [
        store(a => {
          a.authSecretRef = { kubernetesAuth: { accessID: '', k8sConfName: ' ', secretRef: {} } }
        }),
        `${auth}.kubernetesAuth.accessID: is empty → write the access id of the auth method, as p-…`,
        `${auth}.kubernetesAuth.k8sConfName: is empty → write the name of the Kubernetes auth config of the gateway`,
        `${auth}.kubernetesAuth.secretRef.name: is empty → name the Secret that holds the token`,
        noKubernetesAuth,
      ],
    ],
  },
  'store-namespace': {
    passes: [
      store(a => {
        a.authSecretRef.secretRef.accessID.namespace = 'team-a'
      }),
      clusterStore(),
      clusterStore(a => {
        a.authSecretRef.secretRef.accessTypeParam = {}
      }),
    ],
    fails: [
      ...['accessID', 'accessType', 'accessTypeParam'].map((field): [object, string] => [
        store(a => {
          a.authSecretRef.secretRef[field].namespace = 'kube-system'
        }),
        `${auth}.secretRef.${field}.namespace: "kube-system" is not the namespace of this SecretStore → leave it out or write team-a; across namespaces use a ClusterSecretStore`,
      ]),
      [
        store(a => {
          a.authSecretRef = {
            kubernetesAuth: {
              ...kubernetesAuth,
              serviceAccountRef: { name: 'sa', namespace: 'b' },
              secretRef: { name: 't', namespace: 'b' },
            },
          }
        }),
        `${auth}.kubernetesAuth.serviceAccountRef.namespace: "b" is not the namespace of this SecretStore → leave it out or write team-a; across namespaces use a ClusterSecretStore`,
        `${auth}.kubernetesAuth.secretRef.namespace: "b" is not the namespace of this SecretStore → leave it out or write team-a; across namespaces use a ClusterSecretStore`,
        noKubernetesAuth,
      ],
      [
        clusterStore(a => {
          delete a.authSecretRef.secretRef.accessID.namespace
          a.authSecretRef.serviceAccountRef = { name: 'sa' }
          a.caProvider = { type: 'ConfigMap', name: 'ca', key: 'ca.crt' }
        }),
        `${auth}.secretRef.accessID.namespace: is missing → a ClusterSecretStore has none of its own: name it`,
        `${auth}.serviceAccountRef.namespace: is missing → a ClusterSecretStore has none of its own: name it`,
        'spec.provider.akeyless.caProvider.namespace: is missing → a ClusterSecretStore has none of its own: name it',
      ],
    ],
  },
  ca: {
    passes: [
      store(a => {
        a.caProvider = { type: 'Secret', name: 'ca', key: 'ca.crt' }
      }),
    ],
    fails: [
      [
        store(a => {
          a.caBundle = Buffer.from('not a certificate').toString('base64')
        }),
        'spec.provider.akeyless.caBundle: holds no certificate that can be parsed → write base64 of a PEM file that holds CERTIFICATE blocks',
      ],
      [
        store(a => {
          a.caProvider = { type: 'Secret', name: 'ca' }
        }),
        'spec.provider.akeyless.caProvider.key: is missing → name the key, as ca.crt',
      ],
      [
        store(a => {
          a.caProvider = { type: 'Secret', name: 'ca', key: 'k' }
          a.caBundle = '!'
        }),
        'spec.provider.akeyless.caBundle: holds no certificate that can be parsed → write base64 of a PEM file that holds CERTIFICATE blocks',
        'spec.provider.akeyless.caProvider: is not used: caBundle is given too → remove one of them [ca]',
      ],
    ],
  },
  'store-conditions': {
    passes: [
      clusterStore((_, s) => {
        s.conditions = [
          { namespaces: ['a'] },
          { namespaceRegexes: ['^team-'] },
          { namespaceSelector: { matchExpressions: [{ key: 'x', operator: 'Exists' }] } },
        ]
      }),
    ],
    fails: [
      [
        clusterStore((_, s) => {
          s.conditions = [{}, { namespaceRegexes: ['ok', 'team-('] }]
        }),
        'spec.conditions[1].namespaceRegexes[1]: is not a regular expression of RE2 → correct it; the syntax is that of Go',
      ],
      [
        clusterStore((_, s) => {
          s.conditions = [
            {
              namespaceSelector: {
                matchExpressions: [
                  { key: 'x', operator: 'Is' },
                  { key: 'x', operator: 'In' },
                  { key: 'x', operator: 'Exists', values: ['a'] },
                ],
              },
            },
          ]
        }),
        'spec.conditions[0].namespaceSelector.matchExpressions[0].operator: "Is" is no operator → write In, NotIn, Exists or DoesNotExist',
        'spec.conditions[0].namespaceSelector.matchExpressions[1].values: In needs values → list at least one',
        'spec.conditions[0].namespaceSelector.matchExpressions[2].values: Exists takes no values → remove them',
      ],
      [
        store((_, s) => {
          s.conditions = [{ namespaces: ['a'] }]
        }),
        'spec.conditions: have no effect on a SecretStore, which serves its own namespace → remove them [store-conditions]',
      ],
    ],
  },
  'store-refresh-interval': {
    passes: [300, 0, '5m', '0', 10, '10s'].map(value =>
      store((_, s) => {
        s.refreshInterval = value
      }),
    ),
    fails: [
      [
        store((_, s) => {
          s.refreshInterval = '300'
        }),
        'spec.refreshInterval: "300" is not a duration → write 300s',
      ],
      ...['1ns', 9].map((value): [object, string] => [
        store((_, s) => {
          s.refreshInterval = value
        }),
        'spec.refreshInterval: is below 10 s and counts as 10 s → write 10s or more [store-refresh-interval]',
      ]),
      [
        store((_, s) => {
          s.refreshInterval = -5
        }),
        'spec.refreshInterval: is negative → write seconds as 300, or a duration as 5m',
      ],
      [
        store((_, s) => {
          s.refreshInterval = '-5m'
        }),
        'spec.refreshInterval: is negative → write seconds as 300, or a duration as 5m',
      ],
    ],
  },
  'retry-settings': {
    passes: [
      store((_, s) => {
        s.provider = { akeyless: store().spec.provider.akeyless }
      }),
    ],
    fails: [
      [
        store((_, s) => {
          s.retrySettings = { maxRetries: 3 }
        }),
        'spec.retrySettings: has no effect: Latchkey chooses its own retries → leave it out [retry-settings]',
      ],
    ],
  },
}

for (const [rule, { passes, fails }] of Object.entries(cases)) {
  t.test(`${rule} passes what is right and says what is wrong`, async t => {
    passes.forEach((object, index) => {
      t.same(said(object), [], `passes ${index}`)
    })
    for (const [object, ...lines] of fails) {
      t.same(said(object), lines)
      const { denials, warnings } = judge(object, undefined, { stores })
      t.ok(
        [...denials, ...warnings].some(finding => finding.rule === rule),
        `${rule} is the one that speaks`,
      )
    }
  })
}

t.test('every rule is in the catalogue with one line, and every one in the catalogue is tried here', async t => {
  t.same([...catalogue.keys()].sort(), Object.keys(cases).sort())
  for (const [id, doc] of catalogue) t.match(doc, /^\S.{20,140}\.$/, id)
})

t.test('what the schema says of a field the rules do not say again, of what holds it or of what it holds', async t => {
  const object = es(s => {
    s.data = []
    s.dataFrom = 7
    s.secretStoreRef.name = 'Bad_Name'
    s.refreshInterval = '5 minutes'
  })
  const { denials, warnings } = judge(object, undefined, { stores: () => undefined })
  t.same(
    [...denials, ...warnings].map(({ rule, path }) => `${rule} ${path}`),
    ['schema spec.secretStoreRef.name', 'schema spec.dataFrom', 'refresh-interval spec.refreshInterval'],
  )
})

t.test('4,000 broken entries among 8,000 cost one look each', async t => {
  const entries = Array.from({ length: 8_000 }, (_, index) => ({
    secretKey: index % 2 ? 'a b' : 'x',
    remoteRef: { key: '' },
  }))
  const started = performance.now()
  const { denials } = judge(es(s => Object.assign(s, { data: entries })))
  t.ok(denials.length > 7_000)
  // 5 s where every finding was held against every issue
  t.ok(performance.now() - started < 1_000)
})

t.test('the work of compiling regular expressions is bounded for a manifest', async t => {
  const sources = Array.from({ length: 5_000 }, (_, index) => `(a{1,900}){1,1}${index}`)
  const find = es(s => {
    s.dataFrom = sources.map(regexp => ({ find: { name: { regexp } } }))
  })
  const conditions = clusterStore((_, s) => {
    s.conditions = [{ namespaceRegexes: ['^team-[a-z0-9]{1,40}$', 'x{999}'.repeat(150), '('] }]
  })
  const too = 'is too much to compile, by itself or after those before it'
  const of = (object: unknown, rule: string) =>
    judge(object).denials.flatMap(({ path, message, rule: by }) => (by === rule ? `${path}: ${message}` : []))
  t.same(of(find, 'regexp'), [`spec.dataFrom[9].find.name.regexp: ${too}`])
  t.same(of(conditions, 'store-conditions'), [`spec.conditions[0].namespaceRegexes[1]: ${too}`])
})

import { clusterStore, store } from '../objects.ts'
import { authorities } from './authorities.ts'
import type { Cases } from './cases.ts'

const auth = 'spec.provider.akeyless.authSecretRef'
const url = 'spec.provider.akeyless.akeylessGWApiURL'
const withUrl = (text: string) =>
  store(a => {
    a.akeylessGWApiURL = text
  })
const account = { name: 'sa', audiences: ['gw'] }
const kubernetesAuth = { accessID: 'p-x', k8sConfName: 'conf', serviceAccountRef: account }
const gateway = 'https://gw.example.com:8000/api/v2'
const withKubernetes = (change: object, url = gateway) =>
  store(a => {
    a.akeylessGWApiURL = url
    a.authSecretRef = { kubernetesAuth: { accessID: 'p-x', k8sConfName: 'c', ...change } }
  })
const withRetries = (retrySettings: object) =>
  store((_, s) => {
    s.retrySettings = retrySettings
  })

const needsGateway = `${url}: names the public API, which reviews no tokens of a cluster: kubernetesAuth is likely to be refused there → name your own Gateway [kubernetes-auth]`

const longLived = `${auth}.kubernetesAuth.secretRef: is a token that is kept in a Secret, and works until somebody deletes it → name the ServiceAccount in serviceAccountRef: its tokens live for minutes [long-lived-key]`
const withBundle = (pem: string) =>
  store(a => {
    a.caBundle = Buffer.from(pem).toString('base64')
  })

/** Rules of SecretStore and ClusterSecretStore. */
export const storeCases: Cases = {
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
      [
        withUrl('http://127.1'),
        `${url}: "127.0.0.1" is local to the machine that Latchkey runs on → name a gateway elsewhere; for development, start Latchkey with --allow-local-gateways`,
        `${url}: uses http: credentials and values cross the network in plain text → write https:// [gateway-url]`,
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
      // as the Azure guide has it; the mutating webhook moves it (decision 24)
      store(a => {
        a.serviceAccountRef = { name: 'sa' }
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
          a.authSecretRef = { serviceAccountRef: { name: 'sa', audiences: ['gw'] } }
        }),
        `${auth}: has a serviceAccountRef but no access id → add secretRef with accessID, accessType and accessTypeParam`,
      ],
      [
        store(a => {
          a.akeylessGWApiURL = gateway
          a.authSecretRef.kubernetesAuth = kubernetesAuth
        }),
        `${auth}: has kubernetesAuth and secretRef; kubernetesAuth is used → remove the other one [auth-method]`,
      ],
      [
        store(a => {
          a.akeylessGWApiURL = gateway
          a.authSecretRef = { kubernetesAuth, serviceAccountRef: { name: 'sa', audiences: ['gw'] } }
        }),
        `${auth}.serviceAccountRef: is not used: kubernetesAuth has a serviceAccountRef of its own → move it there, or remove it [auth-method]`,
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
    passes: [
      store(),
      withKubernetes({}),
      withKubernetes({ serviceAccountRef: account }),
      withKubernetes({}, 'https://gw.akeyless.io'),
    ],
    fails: [
      ...['', 'https://api.akeyless.io', 'https://API.eu.akeyless.io/v2'].map((text): [object, string] => [
        withKubernetes({}, text),
        needsGateway,
      ]),
      [
        withKubernetes({ serviceAccountRef: account, secretRef: { name: 't' } }),
        `${auth}.kubernetesAuth.secretRef: is not used: kubernetesAuth has a serviceAccountRef too → remove one of them [kubernetes-auth]`,
      ],
      [
        withKubernetes({ accessID: '', k8sConfName: ' ', secretRef: {} }),
        `${auth}.kubernetesAuth.accessID: is empty → write the access id of the auth method, as p-…`,
        `${auth}.kubernetesAuth.k8sConfName: is empty → write the name of the Kubernetes auth config of the gateway`,
        `${auth}.kubernetesAuth.secretRef.name: is empty → name the Secret that holds the token`,
        longLived,
      ],
    ],
  },
  'token-audience': {
    passes: [
      withKubernetes({}),
      withKubernetes({ serviceAccountRef: account }),
      // whether it is for a token at all only the access type tells
      store(a => {
        a.authSecretRef.serviceAccountRef = { name: 'sa' }
      }),
    ],
    fails: [{ name: 'sa' }, { name: 'sa', audiences: [] }].map((serviceAccountRef): [object, string] => [
      withKubernetes({ serviceAccountRef }),
      `${auth}.kubernetesAuth.serviceAccountRef: names no audiences: the gateway gets a token that the API server takes too → write audiences, and bind the same ones in the auth method [token-audience]`,
    ]),
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
      // the ServiceAccount of that name beside each ExternalSecret
      clusterStore(a => {
        a.authSecretRef.serviceAccountRef = { name: 'sa' }
      }),
      clusterStore(a => {
        a.serviceAccountRef = { name: 'sa' }
      }),
      clusterStore(a => {
        a.akeylessGWApiURL = gateway
        a.authSecretRef = { kubernetesAuth }
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
        withKubernetes({ serviceAccountRef: { ...account, namespace: 'b' } }),
        `${auth}.kubernetesAuth.serviceAccountRef.namespace: "b" is not the namespace of this SecretStore → leave it out or write team-a; across namespaces use a ClusterSecretStore`,
      ],
      [
        withKubernetes({ secretRef: { name: 't', namespace: 'b' } }),
        `${auth}.kubernetesAuth.secretRef.namespace: "b" is not the namespace of this SecretStore → leave it out or write team-a; across namespaces use a ClusterSecretStore`,
        longLived,
      ],
      [
        withKubernetes({ serviceAccountRef: { name: 'sa', namespace: 'c', audiences: ['gw'] } }),
        `${auth}.kubernetesAuth.serviceAccountRef.namespace: "c" is not the namespace of this SecretStore → leave it out or write team-a; across namespaces use a ClusterSecretStore`,
      ],
      ...(['authSecretRef.serviceAccountRef', 'serviceAccountRef'] as const).map((field): [object, string] => [
        store(a => {
          const place = field === 'serviceAccountRef' ? a : a.authSecretRef
          place.serviceAccountRef = { name: 'sa', namespace: 'b' }
        }),
        `spec.provider.akeyless.${field}.namespace: "b" is not the namespace of this SecretStore → leave it out or write team-a; across namespaces use a ClusterSecretStore`,
      ]),
      [
        clusterStore(a => {
          delete a.authSecretRef.secretRef.accessID.namespace
          a.caProvider = { type: 'ConfigMap', name: 'ca', key: 'ca.crt' }
        }),
        `${auth}.secretRef.accessID.namespace: is missing → a ClusterSecretStore has none of its own: name it`,
        'spec.provider.akeyless.caProvider.namespace: is missing → a ClusterSecretStore has none of its own: name it',
      ],
      [
        clusterStore(a => {
          a.akeylessGWApiURL = gateway
          a.authSecretRef = { kubernetesAuth: { accessID: 'p-x', k8sConfName: 'c', secretRef: { name: 't' } } }
        }),
        `${auth}.kubernetesAuth.secretRef.namespace: is missing → a ClusterSecretStore has none of its own: name it`,
        longLived,
      ],
    ],
  },
  'long-lived-key': {
    passes: [
      // what a Secret of secretRef holds the manifest does not show
      store(),
      withKubernetes({}),
      withKubernetes({ serviceAccountRef: { name: 'sa', audiences: ['gw'] } }),
    ],
    fails: [[withKubernetes({ secretRef: { name: 't' } }), longLived]],
  },
  'access-id': {
    passes: ['p-x', 'p-XXXXXX', 'p-k8saccessidskb', 'p-1234567890km', 'p-1234567890xx'].map(accessID =>
      withKubernetes({ accessID }),
    ),
    fails: [
      ...[
        ['p-1234567890am', 'looks like the access id of an auth method of type api_key'],
        ['p-123456789012zm', 'looks like the access id of an auth method of type azure_ad'],
        ['acc-1234567890', 'does not look like an access id'],
        ['{{.accessId}}', 'does not look like an access id'],
        ['p-1234567890km ', 'has blanks or control characters'],
        ['p-x\r\nX: y', 'has blanks or control characters'],
      ].map(([accessID, what]): [object, string] => [
        withKubernetes({ accessID }),
        `${auth}.kubernetesAuth.accessID: ${JSON.stringify(accessID)} ${what} → write the access id of the Kubernetes auth method, as p-… [access-id]`,
      ]),
    ],
  },
  'store-open': {
    passes: [
      clusterStore(),
      clusterStore((_, s) => {
        s.conditions = [{ namespaceSelector: {} }]
      }),
      clusterStore((a, s) => {
        delete s.conditions
        a.akeylessGWApiURL = gateway
        a.authSecretRef = { kubernetesAuth }
      }),
      store(),
    ],
    fails: [undefined, []].map((conditions): [object, string] => [
      clusterStore((_, s) => {
        s.conditions = conditions
      }),
      'spec.conditions: are missing: every namespace of the cluster may read with the identity of this store → list namespaces or a namespaceSelector; namespaceSelector: {} says that all are meant [store-open]',
    ]),
  },
  ca: {
    passes: [
      withBundle(authorities.present),
      withBundle(authorities.old + authorities.present),
      store(a => {
        a.caProvider = { type: 'Secret', name: 'ca', key: 'ca.crt' }
      }),
    ],
    fails: [
      [
        withBundle(authorities.old),
        'spec.provider.akeyless.caBundle: is not valid now: its certificate, "CN=old-ca, O=Example", ended on 2021-01-01 → put in the present CA of the gateway [ca]',
      ],
      [
        withBundle(authorities.next),
        'spec.provider.akeyless.caBundle: is not valid now: its certificate, "CN=next-ca", begins on 2090-01-01 → put in the present CA of the gateway [ca]',
      ],
      [
        withBundle(authorities.old + authorities.old),
        'spec.provider.akeyless.caBundle: is not valid now: the last of its 2 certificates, "CN=old-ca, O=Example", ended on 2021-01-01 → put in the present CA of the gateway [ca]',
      ],
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
        'spec.conditions[1].namespaceRegexes[1]: is not a regular expression of RE2: missing closing ) → correct it; the syntax is that of Go',
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
        clusterStore((_, s) => {
          const matchExpressions = [{ key: 'a b', operator: 'Exists' }]
          s.conditions = [{ namespaceSelector: { matchLabels: { team: 'a b', 'x/y/z': 'a' }, matchExpressions } }]
        }),
        'spec.conditions[0].namespaceSelector.matchLabels["x/y/z"]: "x/y/z" cannot be such a key → use letters, digits, - _ . with an optional domain and / in front',
        'spec.conditions[0].namespaceSelector.matchLabels.team: is not a valid label value → use up to 63 letters, digits, - _ . with a letter or digit at both ends',
        'spec.conditions[0].namespaceSelector.matchExpressions[0].key: "a b" cannot be the key of a label → use letters, digits, - _ .',
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
      store(),
      withRetries({}),
      ...[0, 3, 10].map(maxRetries => withRetries({ maxRetries })),
      withRetries({ maxRetries: 3, retryInterval: '10s' }),
    ],
    fails: [
      [
        withRetries({ maxRetries: -1 }),
        'spec.retrySettings.maxRetries: is negative and counts as not given → write 0 for no retries [retry-settings]',
      ],
      [
        withRetries({ maxRetries: 11 }),
        'spec.retrySettings.maxRetries: counts as 10 → write 10 or less [retry-settings]',
      ],
      [
        withRetries({ retryInterval: '10s' }),
        'spec.retrySettings.retryInterval: has no effect without maxRetries → add maxRetries [retry-settings]',
      ],
      [
        withRetries({ maxRetries: 1, retryInterval: '10 seconds' }),
        'spec.retrySettings.retryInterval: "10 seconds" is not a duration → write 10s [retry-settings]',
      ],
      [
        withRetries({ maxRetries: 1, retryInterval: '-1s' }),
        'spec.retrySettings.retryInterval: is negative and counts as 100 ms → write a duration as 1s [retry-settings]',
      ],
    ],
  },
}

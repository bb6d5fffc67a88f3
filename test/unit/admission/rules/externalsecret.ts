import { clusterStore, externalSecret, store } from '../objects.ts'
import type { Cases } from './cases.ts'

const es = externalSecret
const ref = (over: object) => ({ secretKey: 'k', remoteRef: { key: '/a', ...over } })
const notAscii = 'é'
const rewriting = (...rewrite: object[]) =>
  es(s => {
    s.dataFrom = [{ extract: { key: '/a' }, rewrite }]
  })

const silencing = (rules: string) =>
  es((_, object) => {
    object.metadata.annotations = { 'latchkey.dev/silence': rules }
  })

/** Rules of any kind, and of what an ExternalSecret reads and when. */
export const externalSecretCases: Cases = {
  schema: {
    passes: [
      es(),
      es((_, o) => {
        o.status = { conditions: 'written by somebody else' }
      }),
      es(s => {
        s.target.template = { data: JSON.parse('{"__proto__":"x","constructor":"y"}') }
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
          s.target.template = { data: JSON.parse('{"__proto__":7}') }
        }),
        'spec.target.template.data.__proto__: must be text',
      ],
      [
        es(s => {
          s.target.template = { engineVersion: 'v1', metadata: { labels: ['a'] } }
        }),
        'spec.target.template.engineVersion: "v1" is not known → write v2',
        'spec.target.template.metadata.labels: must be an object',
      ],
      [
        es((_, o) => {
          o.kind = 'Pod'
        }),
        'kind: is not one that Latchkey judges → write ExternalSecret, SecretStore, ClusterSecretStore, ClusterExternalSecret, PushSecret, ClusterPushSecret',
      ],
      [
        es((_, o) => {
          delete o.spec
        }),
        'spec: is missing → add it with its fields',
      ],
    ],
  },
  silence: {
    passes: [silencing('find, refresh-interval'), silencing('')],
    fails: [
      [
        silencing('refresh-intervall'),
        'metadata.annotations["latchkey.dev/silence"]: "refresh-intervall" is no rule that warns → did you mean refresh-interval? [silence]',
      ],
    ],
  },
  foreign: {
    passes: [es()],
    fails: [
      [
        es(s => {
          s.secretStoreRef.name = 'vault'
          s.refreshInterval = '1d'
        }),
        'spec.secretStoreRef: names a store that Latchkey does not serve, or none; if it were ours, what follows would be refused [foreign]',
        'spec.refreshInterval: "1d" is not a duration → write 24h [refresh-interval]',
      ],
      [
        es(s => {
          s.data[1] = { ...ref({}), sourceRef: { storeRef: { name: 'vault' } } }
          s.refreshInterval = '1d'
        }),
        'spec.secretStoreRef: names a store that Latchkey does not serve, or none; if it were ours, what follows would be refused [foreign]',
        'spec.data[1].sourceRef.storeRef.name: SecretStore "vault" is not served by Latchkey, SecretStore "main" is: Latchkey serves no object with both → make an object of its own for each of them [store-mix]',
        'spec.refreshInterval: "1d" is not a duration → write 24h [refresh-interval]',
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
      es(s => {
        delete s.secretStoreRef
        s.data = [{ ...ref({}), sourceRef: { storeRef: { name: 'other', kind: 'ClusterSecretStore' } } }]
      }),
      es(s => {
        s.secretStoreRef = {}
        s.data = [{ ...ref({}), sourceRef: { storeRef: { name: 'other' } } }]
      }),
    ],
    fails: [
      [
        es(s => {
          delete s.secretStoreRef
        }),
        'spec.secretStoreRef.name: names no store → write the name of a SecretStore',
      ],
      [
        es(s => {
          s.data[1].sourceRef = { storeRef: { kind: 'ClusterSecretStore' } }
        }),
        'spec.data[1].sourceRef.storeRef.name: names no store → write the name of a SecretStore',
      ],
      [
        es(s => {
          s.secretStoreRef = {}
          s.dataFrom = [{ find: { path: '/a' }, sourceRef: { storeRef: {} } }]
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
      [
        es(s => {
          s.data[1].sourceRef = { storeRef: { name: 'ghost' } }
          s.dataFrom = [
            { extract: { key: '/a' }, sourceRef: { storeRef: { name: 'ghost', kind: 'ClusterSecretStore' } } },
            { extract: { key: '/b' }, sourceRef: { storeRef: { name: 'ghost' } } },
          ]
        }),
        'spec.data[1].sourceRef.storeRef.name: SecretStore "ghost" does not exist in namespace team-a → create it, or correct the name or the kind [store-exists]',
        'spec.dataFrom[0].sourceRef.storeRef.name: ClusterSecretStore "ghost" does not exist → create it, or correct the name or the kind [store-exists]',
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
        'spec.dataFrom[0]: names nothing to read → give it an extract or a find',
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
        'spec.dataFrom[0]: names nothing to read, and so gives no keys → give it an extract or a find [data-from]',
      ],
      [
        es(s => {
          s.dataFrom = [{ extract: { key: '/a' }, find: { name: { regexp: 'x' } } }]
        }),
        'spec.dataFrom[0]: has extract and find → make one entry for each',
      ],
    ],
  },
  find: {
    passes: [
      { name: { regexp: 'x' } },
      { path: '/apps', name: {} },
      { tags: { env: 'prod' } },
      { path: '/apps' },
      { path: '/apps', name: { regexp: 'x' }, tags: {} },
    ].map(find =>
      es(s => {
        s.dataFrom = [{ find }]
      }),
    ),
    fails: [
      [
        es(s => {
          s.dataFrom = [{ extract: { key: '/a' } }, { find: {} }, { find: { tags: {} } }]
        }),
        'spec.dataFrom[1].find: does not say what to find → set name.regexp, tags or path',
        'spec.dataFrom[2].find: does not say what to find → set name.regexp, tags or path',
      ],
      [
        es(s => {
          s.dataFrom = [{ find: { tags: JSON.parse('{"env":"prod","__proto__":""}') } }]
        }),
        'spec.dataFrom[0].find.tags.__proto__: is empty → give the tag, which is the value here',
      ],
      [
        es(s => {
          s.dataFrom = [{ find: { path: `/${'a'.repeat(4096)}`, name: { regexp: 'x' } } }]
        }),
        'spec.dataFrom[0].find.path: is longer than 4096 characters → write the folder as Akeyless has it',
      ],
      [
        es(s => {
          s.dataFrom = [{ find: { name: { regexp: 'x' }, tags: { env: 'prod' } } }]
        }),
        'spec.dataFrom[0].find.tags: have no effect beside name → leave them out, or make another entry [find]',
      ],
    ],
  },
  rewrite: {
    passes: [
      rewriting(),
      rewriting({ regexp: { source: 'a', target: 'b' } }, { transform: { template: 'x'.repeat(16_384) } }),
      rewriting({ merge: {} }, { merge: { strategy: 'JSON', into: 'all', priority: ['a', 'b'] } }),
    ],
    fails: [
      [
        rewriting({}, { regexp: { source: 'a', target: 'b' }, merge: { strategy: 'JSON' } }),
        'spec.dataFrom[0].rewrite[0]: names no way to rename → give it a regexp, a transform or a merge',
        'spec.dataFrom[0].rewrite[1]: has regexp and merge → make one step for each',
      ],
      [
        rewriting({ merge: { strategy: 'JSON' } }),
        'spec.dataFrom[0].rewrite[0].merge.into: strategy JSON needs into → name the key that takes the merged object, or write strategy: Extract',
      ],
      [
        rewriting({ merge: { into: 'all', priority: ['a', ''] } }),
        'spec.dataFrom[0].rewrite[0].merge.into: has no effect with strategy Extract: the properties become keys → leave it out, or write strategy: JSON [rewrite]',
        'spec.dataFrom[0].rewrite[0].merge.priority[1]: is empty, and an item hardly has such a key → name a key, or remove it [rewrite]',
      ],
      [
        rewriting({ transform: { template: 'x'.repeat(16_385) } }),
        'spec.dataFrom[0].rewrite[0].transform.template: has more than 16 KiB, and is rendered for each key → shorten it [rewrite]',
      ],
      [
        es(s => {
          s.dataFrom = [{ sourceRef: { storeRef: { name: 'main' } }, rewrite: [{ merge: {} }] }]
        }),
        'spec.dataFrom[0]: names nothing to read, and so gives no keys → give it an extract or a find [data-from]',
        'spec.dataFrom[0].rewrite: has nothing to rename: the entry has neither extract nor find → move it to the entry that reads the keys [rewrite]',
      ],
    ],
  },
  'conversion-strategy': {
    passes: [
      es(s => {
        s.data = [ref({ conversionStrategy: 'Default' })]
        s.dataFrom = [
          { extract: { key: '/a', conversionStrategy: 'Unicode' } },
          { find: { path: '/a', conversionStrategy: 'Unicode' }, rewrite: [] },
          { extract: { key: '/a', conversionStrategy: 'Default' }, rewrite: [{ merge: {} }] },
        ]
      }),
    ],
    fails: [
      [
        es(s => {
          s.data = [ref({ conversionStrategy: 'Unicode' })]
          s.dataFrom = [
            { extract: { key: '/a', conversionStrategy: 'Unicode' }, rewrite: [{ merge: {} }] },
            { find: { path: '/a', conversionStrategy: 'Unicode' }, rewrite: [{ merge: {} }] },
          ]
        }),
        'spec.data[0].remoteRef.conversionStrategy: has no effect: the key is secretKey → leave it out [conversion-strategy]',
        'spec.dataFrom[0].extract.conversionStrategy: has no effect: rewrite makes the keys → leave it out [conversion-strategy]',
        'spec.dataFrom[1].find.conversionStrategy: has no effect: rewrite makes the keys → leave it out [conversion-strategy]',
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
  regexp: {
    passes: [
      es(s => {
        s.dataFrom = [
          {
            find: { name: { regexp: '^/apps/(?P<team>[a-z]+)/' } },
            rewrite: [{ regexp: { source: '.*/', target: '' } }],
          },
        ]
      }),
    ],
    fails: [
      [
        es(s => {
          s.dataFrom = [{ find: { name: { regexp: 'a'.repeat(1025) } } }]
        }),
        'spec.dataFrom[0].find.name.regexp: is longer than 1024 characters → shorten it',
      ],
      [
        es(s => {
          s.dataFrom = [{ find: { name: { regexp: '(?=x)' } } }]
        }),
        'spec.dataFrom[0].find.name.regexp: is not a regular expression of RE2, which has no lookaround and no back references → correct it; the syntax is that of Go',
      ],
      [
        es(s => {
          s.dataFrom = [{ extract: { key: '/a' }, rewrite: [{ regexp: { source: '(', target: '' } }] }]
        }),
        'spec.dataFrom[0].rewrite[0].regexp.source: is not a regular expression of RE2: missing closing ) → correct it; the syntax is that of Go',
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
          s.dataFrom = [{ find: { path: '/apps\n/x', name: { regexp: 'x' } } }]
        }),
        'spec.dataFrom[0].find.path: "/apps\\n/x" has control characters → write the folder as Akeyless shows it',
      ],
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
        s.refreshInterval = '10s'
      }),
      es(s => {
        Object.assign(s, { refreshInterval: '1s', refreshPolicy: 'OnChange' })
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
      ...['9s', '500ms'].map((text): [object, string] => [
        es(s => {
          s.refreshInterval = text
        }),
        `spec.refreshInterval: "${text}" is below 10 s, and Akeyless limits how often an identity may ask → write 10s or more [refresh-interval]`,
      ]),
    ],
  },
  'sync-windows': {
    passes: [
      es(s => {
        s.syncWindows = { kind: 'deny', windows: [{ schedule: '0 22 * * 1-5', duration: '2h' }] }
      }),
    ],
    fails: [
      [
        es(s => {
          s.syncWindows = { kind: 'allow', windows: [{ schedule: '0 25 * * *', duration: '2h' }] }
        }),
        'spec.syncWindows.windows[0].schedule: "0 25 * * *" is not a schedule: "25" is not an hour → write 0 to 23, as a number, a list, a range or with a step',
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
        s.data = [ref({ property: 'users.#(age>4)#.name|@reverse' })]
        s.target = { immutable: false, template: { data: { a: '{{ .k }}' } } }
      }),
    ],
    fails: [
      [
        es(s => {
          const sourceRef = { generatorRef: { kind: 'Password', name: 'x' } }
          s.data[0].sourceRef = sourceRef
          s.dataFrom = [{ sourceRef, rewrite: [{ merge: {} }] }]
        }),
        'spec.data[0].sourceRef.generatorRef: Latchkey runs no generators → leave it out, or keep this object with ESO',
        'spec.dataFrom[0].sourceRef.generatorRef: Latchkey runs no generators → leave it out, or keep this object with ESO',
      ],
    ],
  },
}

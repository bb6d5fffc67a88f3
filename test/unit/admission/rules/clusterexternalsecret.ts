import { clusterExternalSecret, clusterPushSecret } from '../objects.ts'
import type { Cases } from './cases.ts'

const ces = clusterExternalSecret
const cps = clusterPushSecret
/** Changes of its own spec. */
const own = (change: object) => ces((_, spec) => Object.assign(spec, change))

/** Rules of what makes objects in many namespaces, and what they say of an ExternalSecret in one. */
export const clusterCases: Cases = {
  schema: {
    passes: [
      ces(),
      cps(),
      ces((_, __, object) => {
        object.apiVersion = 'external-secrets.io/v1beta1'
      }),
    ],
    fails: [
      [
        ces((made, spec) => {
          spec.externalSecretName = 'Not_A_Name'
          spec.namespaces = ['team-a', 'Team B']
          made.data[1].secretKey = 'db password'
          made.refreshInterval = '5 minutes'
        }),
        'spec.externalSecretSpec.data[1].secretKey: "db password" has a space → use letters, digits, - _ .',
        'spec.externalSecretName: "Not_A_Name" is not a valid name → use lower-case letters, digits, - and .',
        'spec.namespaces[1]: "Team B" is not a valid name → use lower-case letters, digits, - and .',
        'spec.externalSecretSpec.refreshInterval: "5 minutes" is not a duration → write 5m',
      ],
      [
        ces((_, spec) => {
          delete spec.externalSecretSpec
        }),
        'spec.externalSecretSpec: is missing → add it with its fields',
      ],
    ],
  },
  foreign: {
    passes: [],
    fails: [
      [
        ces((made, _, object) => {
          object.metadata.annotations = {}
          made.secretStoreRef.name = 'vault'
          made.data = []
        }),
        'spec.externalSecretSpec.secretStoreRef: names a store that Latchkey does not serve, or none; if it were ours, what follows would be refused [foreign]',
        'spec.externalSecretSpec: has neither data nor dataFrom → name at least one item under data [no-data]',
      ],
    ],
  },
  'namespace-selection': {
    passes: [own({ namespaceSelectors: [{}] })],
    fails: [
      ...[{ namespaceSelectors: undefined }, { namespaceSelectors: [] }].map((none): [object, string] => [
        own(none),
        'spec: selects no namespaces → add namespaceSelectors, as - matchLabels: {team: a} [namespace-selection]',
      ]),
      [
        own({ namespaceSelectors: [], namespaces: [] }),
        'spec: selects no namespaces → add namespaceSelectors, as - matchLabels: {team: a} [namespace-selection]',
        'spec.namespaces: is deprecated → select by the label kubernetes.io/metadata.name in namespaceSelectors [namespace-selection]',
      ],
      [
        own({ namespaceSelectors: undefined, namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } }),
        'spec.namespaceSelector.matchExpressions[0].values: In needs values → list at least one',
        'spec.namespaceSelector: is deprecated → write it as an entry of namespaceSelectors [namespace-selection]',
      ],
      [
        cps((_, spec) => {
          Object.assign(spec.namespaceSelectors[0].matchLabels, { team: 'a b' })
        }),
        'spec.namespaceSelectors[0].matchLabels.team: is not a valid label value → use up to 63 letters, digits, - _ . with a letter or digit at both ends',
      ],
      [
        cps((_, spec) => {
          delete spec.namespaceSelectors
          // a field of ClusterExternalSecret alone
          spec.namespaces = ['team-a']
        }),
        'spec: selects no namespaces → add namespaceSelectors, as - matchLabels: {team: a} [namespace-selection]',
      ],
    ],
  },
  'refresh-time': {
    passes: [own({ refreshTime: undefined }), own({ refreshTime: '0' })],
    fails: [
      [own({ refreshTime: '1 day' }), 'spec.refreshTime: "1 day" is not a duration → write 24h'],
      [
        cps((_, spec) => Object.assign(spec, { refreshTime: '-1m' })),
        'spec.refreshTime: "-1m" is negative and means only after changes → write 0 if that is meant [refresh-time]',
      ],
    ],
  },
  'made-metadata': {
    passes: [own({ externalSecretMetadata: { labels: { team: 'a' }, annotations: { 'Example.com/x': 'any text' } } })],
    fails: [
      [
        own({ externalSecretMetadata: { labels: { team: '{{ .team }}' }, annotations: { 'a b': '' } } }),
        'spec.externalSecretMetadata.labels.team: is not a valid label value → use up to 63 letters, digits, - _ . with a letter or digit at both ends',
        'spec.externalSecretMetadata.annotations["a b"]: "a b" cannot be such a key → use letters, digits, - _ . with an optional domain and / in front',
      ],
      [
        cps((_, spec) => Object.assign(spec, { pushSecretMetadata: { labels: { '/': '' } } })),
        'spec.pushSecretMetadata.labels["/"]: "/" cannot be such a key → use letters, digits, - _ . with an optional domain and / in front',
      ],
    ],
  },
  'namespaced-store': {
    passes: [ces()],
    fails: [
      [
        ces(made => {
          made.secretStoreRef = { name: 'ghost' }
        }),
        'spec.externalSecretSpec.secretStoreRef.name: SecretStore "ghost" is looked for in each namespace, and must be in all of them → name a ClusterSecretStore, or make it in each [namespaced-store]',
      ],
    ],
  },
  'store-exists': {
    passes: [ces()],
    fails: [
      [
        ces(made => {
          made.secretStoreRef.name = 'ghost'
        }),
        'spec.externalSecretSpec.secretStoreRef.name: ClusterSecretStore "ghost" does not exist → create it, or correct the name or the kind [store-exists]',
      ],
    ],
  },
  'duplicate-key': {
    passes: [ces()],
    fails: [
      [
        ces(made => {
          made.data = ['spec.data', 'spec.data'].map(secretKey => ({ secretKey, remoteRef: { key: '/a' } }))
        }),
        'spec.externalSecretSpec.data[1].secretKey: "spec.data" is the key of spec.externalSecretSpec.data[0] too → give each entry a key of its own',
      ],
    ],
  },
  unsupported: {
    passes: [],
    fails: [
      [
        ces(made => {
          made.dataFrom = [{ sourceRef: { generatorRef: { kind: 'Password', name: 'p' } } }]
        }),
        'spec.externalSecretSpec.dataFrom[0].sourceRef.generatorRef: Latchkey runs no generators → leave it out, or keep this object with ESO',
      ],
    ],
  },
}

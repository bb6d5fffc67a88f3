import { clusterPushSecret, externalSecret, pushSecret } from '../objects.ts'
import type { Cases } from './cases.ts'

const push = pushSecret
type Json = ReturnType<typeof push>

const entry = (remoteKey: string, match: object = {}, property?: string) => ({
  match: { ...match, remoteRef: { remoteKey, ...(property !== undefined && { property }) } },
})
const pushing = (...data: object[]) =>
  push(s => {
    s.data = data
  })
const main = { name: 'main' }
/** With entries of dataTo alone, to the store `main` where they name none. */
const to = (...dataTo: Json[]) =>
  push(s => {
    delete s.data
    s.dataTo = dataTo.map(each => ({ storeRef: main, ...each }))
  })
const guarded = (change: (spec: Json) => void) =>
  push((spec, object) => {
    object.metadata.namespace = 'guarded'
    change(spec)
  })
const notAllowed =
  'is not allowed to namespace guarded with SecretStore main → name one of /team-a/*, /shared/db, or have the path allowed in the policy of Latchkey'
const notAllowedWide =
  'is not allowed to namespace guarded with ClusterSecretStore wide → name one of /team-a/*, /shared/db, /wide/* and 3 more, or have the path allowed in the policy of Latchkey'
const templated = (template: object) =>
  push(s => {
    s.template = template
  })
const team = { matchLabels: { team: 'a' } }

/** Of the Secret that the ExternalSecret of context.ts makes. */
const pushingMade = (remoteRef: object, change: (spec: Json) => void = () => {}) =>
  push(s => {
    s.selector = { secret: { name: 'made' } }
    s.data = [{ match: { secretKey: 'k', remoteRef } }]
    change(s)
  })
/** The Secret that the PushSecret of context.ts pushes. */
const makingPushed = (remoteRef: object, change: (spec: Json) => void = () => {}) =>
  externalSecret(s => {
    s.target.name = 'pushed'
    s.data = [{ secretKey: 'k', remoteRef }]
    change(s)
  })

/** Rules of PushSecret; those of ClusterPushSecret are the same, of the part that it makes. */
export const pushCases: Cases = {
  'push-loop': {
    passes: [
      pushingMade({ remoteKey: '/elsewhere', property: 'k' }),
      pushingMade({ remoteKey: '/made', property: 'other' }),
      pushingMade({ remoteKey: '/made', property: 'k' }, s => {
        s.secretStoreRefs = [{ name: 'another', kind: 'SecretStore' }]
      }),
      makingPushed({ key: '/pushed', property: 'k' }, s => {
        s.target.creationPolicy = 'None'
        delete s.target.template
      }),
    ],
    fails: [
      [
        pushingMade({}, s => {
          delete s.data
          s.dataTo = [{ storeRef: main, remoteKey: '/made' }]
        }),
        'spec.dataTo[0].remoteKey: ExternalSecret "maker" makes Secret "made" from this very item: while the two differ, nothing is pushed → push to another item, or from another Secret [push-loop]',
      ],
      [
        pushingMade({ remoteKey: 'made', property: 'k' }),
        'spec.data[0].match.remoteRef.remoteKey: ExternalSecret "maker" makes Secret "made" from this very item: while the two differ, nothing is pushed → push to another item, or from another Secret [push-loop]',
      ],
      [
        makingPushed({ key: '/pushed' }),
        'spec.data[0].remoteRef.key: PushSecret "pusher" pushes Secret "pushed" to this very item: while the two differ, nothing is pushed → read another item, or make another Secret [push-loop]',
      ],
    ],
  },
  schema: {
    passes: [
      push(),
      push((_, object) => {
        object.status = { syncedPushSecrets: 'written by somebody else' }
      }),
      push(s => {
        s.data[0].metadata = { any: ['thing', 7] }
      }),
    ],
    fails: [
      [
        push(s => {
          delete s.secretStoreRefs
          s.deletionPolicy = 'Retain'
          s.data[1].match.remoteRef = {}
          s.dataTo = [{ storeRef: main, rewrite: [{ regexp: { source: 'a' } }] }]
        }),
        'spec.secretStoreRefs: is missing → give it a list',
        'spec.deletionPolicy: "Retain" is not known → write Delete or None',
        'spec.data[1].match.remoteRef.remoteKey: is missing → give it text',
        'spec.dataTo[0].rewrite[0].regexp.target: is missing → give it text',
      ],
    ],
  },
  foreign: {
    passes: [
      push(s => {
        s.secretStoreRefs = [{ name: 'vault' }]
      }),
    ],
    fails: [
      [
        push(s => {
          s.secretStoreRefs = [{ name: 'vault' }, { name: 'ghost' }]
          s.refreshInterval = '1d'
        }),
        'spec.secretStoreRefs: names a store that Latchkey does not serve, or none; if it were ours, what follows would be refused [foreign]',
        'spec.secretStoreRefs[1].name: SecretStore "ghost" does not exist in namespace team-a → create it, or correct the name or the kind [store-exists]',
        'spec.refreshInterval: "1d" is not a duration → write 24h [push-interval]',
      ],
      [
        clusterPushSecret(s => {
          s.secretStoreRefs[0].name = 'vault'
          s.data = []
        }),
        'spec.pushSecretSpec.secretStoreRefs: names a store that Latchkey does not serve, or none; if it were ours, what follows would be refused [foreign]',
        'spec.pushSecretSpec: has neither data nor dataTo → name at least one item under data [push-data]',
      ],
    ],
  },
  'push-source': {
    passes: [
      push(),
      push(s => {
        s.selector.secret = { selector: team }
        delete s.data
        s.dataTo = [{ storeRef: main }]
      }),
    ],
    fails: [
      [
        push(s => {
          s.selector = {}
        }),
        'spec.selector: names nothing to push → give it a secret with a name',
      ],
      [
        push(s => {
          s.selector.generatorRef = { kind: 'Password', name: 'p' }
        }),
        'spec.selector: has secret and generatorRef → keep one of them',
        'spec.selector.generatorRef: Latchkey runs no generators → leave it out, or keep this object with ESO',
      ],
      [
        push(s => {
          s.selector.secret = {}
        }),
        'spec.selector.secret: names no Secret → give it a name or a selector',
      ],
      [
        push(s => {
          s.selector.secret.selector = { matchExpressions: [{ key: 'a', operator: 'Is' }] }
        }),
        'spec.selector.secret.selector.matchExpressions[0].operator: "Is" is no operator → write In, NotIn, Exists or DoesNotExist',
        'spec.selector.secret.selector: is not used: a name is given too → remove one of them [push-source]',
      ],
      [
        push(s => {
          s.selector.secret = { selector: team }
        }),
        'spec.selector.secret.selector: each Secret that it finds is pushed to the same items → name one Secret, and make a PushSecret for each [push-source]',
      ],
      [
        push(s => {
          s.selector.secret = { selector: team }
          delete s.data
          s.dataTo = [{ storeRef: main, remoteKey: '/all' }]
        }),
        'spec.selector.secret.selector: each Secret that it finds is pushed to the same items → name one Secret, and make a PushSecret for each [push-source]',
      ],
    ],
  },
  'push-data': {
    passes: [to({}), pushing(...Array.from({ length: 1_000 }, (_, index) => entry(`/a/${index}`)))],
    fails: [
      [pushing(), 'spec: has neither data nor dataTo → name at least one item under data'],
      [
        push(s => {
          delete s.data
          s.dataTo = []
        }),
        'spec: has neither data nor dataTo → name at least one item under data',
      ],
      [
        pushing(...Array.from({ length: 1_001 }, (_, index) => entry(`/a/${index}`))),
        'spec: has 1001 entries in data and dataTo, more than 1000 → split it into several PushSecrets',
      ],
    ],
  },
  size: {
    passes: [push()],
    fails: [
      [
        pushing(...Array.from({ length: 500 }, (_, index) => entry(`/${'é'.repeat(1_600)}/${index}`))),
        'spec: has more than 1.5 MB, too much for the API server to store → split it into several PushSecrets',
      ],
    ],
  },
  'push-stores': {
    passes: [
      push(s => {
        s.secretStoreRefs = [{ labelSelector: team }, { name: 'main', kind: 'ClusterSecretStore' }]
      }),
      push(s => {
        s.secretStoreRefs = Array.from({ length: 100 }, () => ({ labelSelector: team }))
      }),
    ],
    fails: [
      [
        push(s => {
          s.secretStoreRefs = Array.from({ length: 101 }, () => ({ labelSelector: team }))
        }),
        'spec.secretStoreRefs: has 101 entries, more than 100 → select stores by label, or split it into several PushSecrets',
      ],
      [
        push(s => {
          s.secretStoreRefs = []
        }),
        'spec.secretStoreRefs: is empty → name a store',
      ],
      [
        push(s => {
          s.secretStoreRefs = [{ kind: 'ClusterSecretStore' }, { name: 'main', labelSelector: team }]
        }),
        'spec.secretStoreRefs[0]: names no store → give it a name or a labelSelector',
        'spec.secretStoreRefs[1].name: is not used: labelSelector is given too → remove one of them [push-stores]',
      ],
      [
        push(s => {
          const matchExpressions = [
            { key: 'a b', operator: 'In', values: ['ok', '-'] },
            { key: 'a', operator: 'In' },
          ]
          s.secretStoreRefs = [{ labelSelector: { matchLabels: { '/x': '', team: 'a b' }, matchExpressions } }]
        }),
        'spec.secretStoreRefs[0].labelSelector.matchLabels["/x"]: "/x" cannot be such a key → use letters, digits, - _ . with an optional domain and / in front',
        'spec.secretStoreRefs[0].labelSelector.matchLabels.team: is not a valid label value → use up to 63 letters, digits, - _ . with a letter or digit at both ends',
        'spec.secretStoreRefs[0].labelSelector.matchExpressions[0].key: "a b" cannot be the key of a label → use letters, digits, - _ .',
        'spec.secretStoreRefs[0].labelSelector.matchExpressions[0].values[1]: "-" is not a valid label value → use letters, digits, - _ .',
        'spec.secretStoreRefs[0].labelSelector.matchExpressions[1].values: In needs values → list at least one',
      ],
    ],
  },
  'store-exists': {
    passes: [push()],
    fails: [
      [
        push(s => {
          s.secretStoreRefs.push({ name: 'ghost' }, { name: 'ghost', kind: 'ClusterSecretStore' })
        }),
        'spec.secretStoreRefs[1].name: SecretStore "ghost" does not exist in namespace team-a → create it, or correct the name or the kind [store-exists]',
        'spec.secretStoreRefs[2].name: ClusterSecretStore "ghost" does not exist → create it, or correct the name or the kind [store-exists]',
      ],
      [
        clusterPushSecret(s => {
          s.secretStoreRefs.push({ name: 'ghost', kind: 'ClusterSecretStore' })
        }),
        'spec.pushSecretSpec.secretStoreRefs[1].name: ClusterSecretStore "ghost" does not exist → create it, or correct the name or the kind [store-exists]',
      ],
    ],
  },
  annotation: {
    passes: [
      push((_, object) => {
        const annotations = {
          'latchkey.dev/adopt-remote': 'true',
          'latchkey.dev/silence': 'push-loop',
          'other.dev/x': '',
        }
        object.metadata.annotations = annotations
      }),
    ],
    fails: [
      [
        push((_, object) => {
          object.metadata.annotations = { 'latchkey.dev/adopt-remote': 'yes', 'latchkey.dev/adoptremote': 'true' }
        }),
        'metadata.annotations["latchkey.dev/adopt-remote"]: "yes" means nothing → write "true", or leave it out [annotation]',
        'metadata.annotations["latchkey.dev/adoptremote"]: means nothing → did you mean latchkey.dev/adopt-remote? [annotation]',
      ],
      [
        clusterPushSecret((_made, spec) => {
          spec.pushSecretMetadata = { annotations: { 'latchkey.dev/x': '' } }
        }),
        'spec.pushSecretMetadata.annotations["latchkey.dev/x"]: means nothing → leave it out [annotation]',
      ],
    ],
  },
  'store-mix': {
    passes: [push()],
    fails: [
      [
        push(s => {
          s.secretStoreRefs.push({ name: 'vault', kind: 'SecretStore' })
        }),
        'spec.secretStoreRefs[1].name: SecretStore "vault" is not served by Latchkey, SecretStore "main" is: Latchkey serves no object with both → make an object of its own for each of them [store-mix]',
      ],
    ],
  },
  'push-shared': {
    passes: [
      clusterPushSecret(),
      clusterPushSecret((made, spec) => {
        spec.namespaceSelectors = [team]
        delete made.data
        made.dataTo = [{ storeRef: { name: 'main', kind: 'ClusterSecretStore' } }]
      }),
    ],
    fails: [
      [
        clusterPushSecret((_made, spec) => {
          spec.namespaceSelectors = [team]
        }),
        'spec.pushSecretSpec.data[0].match.remoteRef.remoteKey: each namespace that is selected writes item "/pushed/db": the last one wins → name a SecretStore, which each namespace has of its own, or select one namespace [push-shared]',
      ],
      [
        clusterPushSecret((made, spec) => {
          spec.namespaceSelectors = [team]
          delete made.data
          made.dataTo = [{ storeRef: { name: 'main', kind: 'ClusterSecretStore' }, remoteKey: '/pushed/all' }]
        }),
        'spec.pushSecretSpec.dataTo[0].remoteKey: each namespace that is selected writes item "/pushed/all": the last one wins → name a SecretStore, which each namespace has of its own, or select one namespace [push-shared]',
      ],
    ],
  },
  'namespaced-store': {
    passes: [clusterPushSecret(), push()],
    fails: [
      [
        clusterPushSecret(s => {
          s.secretStoreRefs.push({ name: 'ghost' })
        }),
        'spec.pushSecretSpec.secretStoreRefs[1].name: SecretStore "ghost" is looked for in each namespace, and must be in all of them → name a ClusterSecretStore, or make it in each [namespaced-store]',
      ],
    ],
  },
  'push-interval': {
    passes: ['0', '5s', '1h0m0s'].map(refreshInterval => push(s => Object.assign(s, { refreshInterval }))),
    fails: [
      [
        push(s => Object.assign(s, { refreshInterval: '1d' })),
        'spec.refreshInterval: "1d" is not a duration → write 24h',
      ],
      [
        push(s => Object.assign(s, { refreshInterval: '-5s' })),
        'spec.refreshInterval: "-5s" is negative and means only after changes → write 0 if that is meant [push-interval]',
      ],
    ],
  },
  'push-to': {
    passes: [
      to({ remoteKey: '/all', match: { regexp: '^db-' } }),
      to({ remoteKey: '/all', rewrite: [] }),
      to({
        rewrite: [
          { regexp: { source: '^(db)-(?P<key>.*)$', target: `/apps/$1/$\{key}$$` } },
          { transform: { template: '{{ .value }}' } },
        ],
      }),
      push(s => {
        s.secretStoreRefs = [{ labelSelector: team }]
        s.dataTo = [{ storeRef: { labelSelector: team } }]
      }),
    ],
    fails: [
      [
        to({ storeRef: undefined }, { storeRef: {} }, { storeRef: { name: 'main', labelSelector: {} } }),
        'spec.dataTo[0].storeRef: is missing → name one of the stores of secretStoreRefs',
        'spec.dataTo[1].storeRef: names no store → give it a name or a labelSelector',
        'spec.dataTo[2].storeRef.name: is not used: labelSelector is given too → remove one of them [push-to]',
      ],
      [
        to({ storeRef: { name: 'main', kind: 'ClusterSecretStore' } }),
        'spec.dataTo[0].storeRef.name: ClusterSecretStore "main" is none of spec.secretStoreRefs → add it there, or name one of them',
      ],
      [
        clusterPushSecret(s => {
          s.dataTo = [{ storeRef: { name: 'spec.data' } }]
        }),
        'spec.pushSecretSpec.dataTo[0].storeRef.name: SecretStore "spec.data" is none of spec.pushSecretSpec.secretStoreRefs → add it there, or name one of them',
      ],
      [
        to({ remoteKey: '/all', rewrite: [{ regexp: { source: 'a', target: 'b' } }] }),
        'spec.dataTo[0].rewrite: has no key to rename: with remoteKey all of them go into one item → remove it, or remoteKey',
      ],
      [
        to({ rewrite: [{}, { regexp: { source: 'a', target: 'b' }, transform: { template: 'x' } }] }),
        'spec.dataTo[0].rewrite[0]: names no way to rename → give it a regexp or a transform',
        'spec.dataTo[0].rewrite[1]: has regexp and transform → make one step for each',
      ],
      [
        to({ rewrite: [{ regexp: { source: '^(a)', target: `$1_x-$2-$\{name}` } }] }),
        `spec.dataTo[0].rewrite[0].regexp.target: source has no group "1_x", and nothing stands for it → write $\{1}_x [push-to]`,
        'spec.dataTo[0].rewrite[0].regexp.target: source has no group "2", and nothing stands for it → write the number or the name of a group in parentheses [push-to]',
        'spec.dataTo[0].rewrite[0].regexp.target: source has no group "name", and nothing stands for it → write the number or the name of a group in parentheses [push-to]',
      ],
    ],
  },
  'push-key': {
    passes: [
      pushing(entry('eso-created/my-secret')),
      pushing(entry('/a', { secretKey: '.dockerconfigjson' })),
      pushing({ ...entry('/a', { secretKey: '@' }), conversionStrategy: 'ReverseUnicode' }),
      push(s => {
        s.template = { data: { 'a b': 'x' } }
        s.data = [entry('/a', { secretKey: 'a b' })]
      }),
    ],
    fails: [
      [
        pushing(entry(' '), entry('/a\n', {}), entry('/b', { secretKey: 'k' }, 'p\u0000')),
        'spec.data[0].match.remoteRef.remoteKey: is empty → write the path of an item',
        'spec.data[1].match.remoteRef.remoteKey: "/a\\n" has blanks around it or control characters → write the path as Akeyless shows it',
        'spec.data[2].match.remoteRef.property: "p\\u0000" has control characters → write the name as the item has it',
      ],
      [
        pushing(entry(`/${'a'.repeat(4096)}`), entry('/a', { secretKey: 'a b' }), entry('/b', {}, 'p')),
        'spec.data[0].match.remoteRef.remoteKey: is longer than 4096 characters → write the name as the item has it',
        'spec.data[1].match.secretKey: "a b" has a character other than letters, digits, - _ . → use letters, digits, - _ .',
        'spec.data[2].match.secretKey: is missing: a property takes the value of one key → name the key of the Secret',
      ],
      [
        to({ remoteKey: '' }, { remoteKey: '/x ' }),
        'spec.dataTo[0].remoteKey: is empty → write the path of an item',
        'spec.dataTo[1].remoteKey: "/x " has blanks around it or control characters → write the path as Akeyless shows it',
      ],
      [
        pushing(entry('/'), entry('//'), entry('/a/../b'), entry('a/.')),
        'spec.data[0].match.remoteRef.remoteKey: names no item → write the path of an item',
        'spec.data[1].match.remoteRef.remoteKey: names no item → write the path of an item',
        'spec.data[2].match.remoteRef.remoteKey: "/a/../b" has . or .. in it → write the path as Akeyless shows it',
        'spec.data[3].match.remoteRef.remoteKey: "a/." has . or .. in it → write the path as Akeyless shows it',
      ],
    ],
  },
  'push-collision': {
    passes: [
      pushing(entry('/a'), entry('/b'), entry('/c', { secretKey: 'k' }, 'p'), entry('/c', { secretKey: 'k' }, 'q')),
      // the whole Secret, or many keys of it, are members of a JSON object, where others may stand too
      pushing(entry('/a', { secretKey: 'k' }, 'p'), entry('/a')),
      push(s => {
        s.dataTo = [{ storeRef: main, remoteKey: 'pushed/db' }]
      }),
      // to different stores, and to items of the names of their keys
      push(s => {
        s.secretStoreRefs = [main, { name: 'other' }]
        s.dataTo = [
          { storeRef: main, remoteKey: '/all' },
          { storeRef: { name: 'other' }, remoteKey: '/all' },
          { storeRef: main },
          { storeRef: main, match: { regexp: 'x' } },
          { storeRef: { name: 'other' } },
        ]
      }),
    ],
    fails: [
      [
        pushing(entry('/a/b', { secretKey: 'k' }), entry('/a', { secretKey: 'k' }, 'b')),
        'spec.data[1].match.remoteRef: the status keeps it under one name with spec.data[0], "/a/b" → give one of the two another remoteKey',
      ],
      [
        pushing(entry('/a'), entry('/b'), entry('a', { secretKey: 'k' })),
        'spec.data[2].match.remoteRef: spec.data[0] pushes to "/a" too → give each entry a place of its own',
      ],
      [
        pushing(entry('/a', { secretKey: 'k' }, 'p'), entry('/a', { secretKey: 'j' }, 'p')),
        'spec.data[1].match.remoteRef: spec.data[0] pushes to property "p" of "/a" too → give each entry a place of its own',
      ],
      [
        pushing(
          entry('/a', { secretKey: 'k' }, 'p'),
          entry('/a', { secretKey: 'j' }),
          entry('/b', { secretKey: 'j' }),
          entry('/b', { secretKey: 'k' }, 'q'),
        ),
        'spec.data[1].match.remoteRef: spec.data[1] writes one value to "/a", and spec.data[0] a property of it → give both a property, or push to another item',
        'spec.data[3].match.remoteRef: spec.data[2] writes one value to "/b", and spec.data[3] a property of it → give both a property, or push to another item',
      ],
      [
        push(s => {
          s.secretStoreRefs = [main, { labelSelector: team }]
          s.dataTo = [
            { storeRef: { labelSelector: team }, remoteKey: '/all' },
            { storeRef: { labelSelector: team }, remoteKey: '/all' },
          ]
        }),
        'spec.dataTo[1].remoteKey: spec.dataTo[0] pushes to "/all" too → give each entry a place of its own',
      ],
      [
        to({ match: { regexp: 'a' } }, { match: { regexp: 'b' } }, { match: { regexp: 'a' }, rewrite: [] }),
        'spec.dataTo[2]: pushes the same keys to the same items as spec.dataTo[0] → remove it',
      ],
      [
        clusterPushSecret(s => {
          s.data = [entry('/spec.data'), entry('/spec.data')]
        }),
        'spec.pushSecretSpec.data[1].match.remoteRef: spec.pushSecretSpec.data[0] pushes to "/spec.data" too → give each entry a place of its own',
      ],
    ],
  },
  'push-encoding': {
    passes: [
      push(s => {
        s.data[0].metadata = { encoding: 'base64', secretPushFormat: 'string' }
        s.data[1].metadata = { encoding: 'none' }
      }),
    ],
    fails: [
      [
        push(s => {
          s.data[1].metadata = { encoding: 'Base64' }
          s.dataTo = [{ storeRef: main, metadata: { encoding: 7 } }]
        }),
        'spec.data[1].metadata.encoding: is no encoding → write base64, or leave it out',
        'spec.dataTo[0].metadata.encoding: is no encoding → write base64, or leave it out',
      ],
      [
        push(s => {
          s.data[0].metadata = { encodng: 'base64' }
          s.data[1].metadata = 'base64'
        }),
        'spec.data[0].metadata.encodng: means nothing here → write metadata: {encoding: base64}, or leave it out [push-encoding]',
        'spec.data[1].metadata: is no object, and means nothing → write metadata: {encoding: base64}, or leave it out [push-encoding]',
      ],
    ],
  },
  'path-allowed': {
    passes: [
      guarded(s => {
        s.data = [entry('/team-a/db'), entry('team-a/x', { secretKey: 'k' })]
        // items that are named by keys, and stores that labels select, the reconciler knows
        s.dataTo = [{ storeRef: main }, { storeRef: { labelSelector: team }, remoteKey: '/elsewhere' }]
      }),
    ],
    fails: [
      [
        guarded(s => {
          s.data = [entry('/team-b/db'), entry('/team-a/../team-b/db'), entry('/wide/x')]
          s.secretStoreRefs = [main, { name: 'wide', kind: 'ClusterSecretStore' }, { labelSelector: team }]
          s.dataTo = [{ storeRef: main, remoteKey: '/team-b/all' }]
        }),
        'spec.data[1].match.remoteRef.remoteKey: "/team-a/../team-b/db" has . or .. in it → write the path as Akeyless shows it',
        `spec.data[0].match.remoteRef.remoteKey: "/team-b/db" ${notAllowed}`,
        `spec.data[0].match.remoteRef.remoteKey: "/team-b/db" ${notAllowedWide}`,
        `spec.data[1].match.remoteRef.remoteKey: "/team-a/../team-b/db" ${notAllowed}`,
        `spec.data[1].match.remoteRef.remoteKey: "/team-a/../team-b/db" ${notAllowedWide}`,
        `spec.data[2].match.remoteRef.remoteKey: "/wide/x" ${notAllowed}`,
        `spec.dataTo[0].remoteKey: "/team-b/all" ${notAllowed}`,
      ],
    ],
  },
  'store-admits': {
    passes: [
      push((s, object) => {
        object.metadata.namespace = 'in'
        s.secretStoreRefs = [{ name: 'private', kind: 'ClusterSecretStore' }]
      }),
    ],
    fails: [
      [
        push((s, object) => {
          object.metadata.namespace = 'out'
          s.secretStoreRefs = [{ name: 'private', kind: 'ClusterSecretStore' }]
        }),
        'spec.secretStoreRefs[0].name: ClusterSecretStore "private" does not admit namespace out → use another store, or have the namespace admitted by spec.conditions of that one [store-admits]',
      ],
    ],
  },
  'template-target': {
    passes: [templated({ templateFrom: [{ literal: 'x', target: 'Labels' }] })],
    fails: [
      [
        templated({ templateFrom: [{ literal: 'x', target: 'Spec' }] }),
        'spec.template.templateFrom[0].target: "Spec" is no part of a Secret → write Data, Labels or Annotations',
      ],
    ],
  },
  'template-source': {
    passes: [templated({ data: { k: '{{ .v }}' } })],
    fails: [
      [
        templated({ templateFrom: [{ literal: '' }, {}] }),
        'spec.template.templateFrom[0].literal: is empty, and so gives nothing → fill it in, or leave it out [template-source]',
        'spec.template.templateFrom[1]: names no template, and so gives nothing → give it a configMap, a secret or a literal [template-source]',
      ],
    ],
  },
  'template-metadata': {
    passes: [templated({ metadata: { labels: { team: '{{ .team }}' } } })],
    fails: [
      [
        clusterPushSecret(s => {
          s.template = { metadata: { labels: { team: 'a b' } } }
        }),
        'spec.pushSecretSpec.template.metadata.labels.team: is not a valid label value → use up to 63 letters, digits, - _ . with a letter or digit at both ends',
      ],
    ],
  },
  regexp: {
    passes: [to({ match: { regexp: '^(?P<team>[a-z]+)-' } })],
    fails: [
      [
        to({ match: { regexp: '(?!x)' }, rewrite: [{ regexp: { source: '(', target: '' } }] }),
        'spec.dataTo[0].match.regexp: is not a regular expression of RE2, which has no lookaround and no back references → correct it; the syntax is that of Go',
        'spec.dataTo[0].rewrite[0].regexp.source: is not a regular expression of RE2: missing closing ) → correct it; the syntax is that of Go',
      ],
    ],
  },
  unsupported: {
    passes: [push()],
    fails: [
      [
        push(s => {
          s.selector = { generatorRef: { kind: 'Password', name: 'p' } }
        }),
        'spec.selector.generatorRef: Latchkey runs no generators → leave it out, or keep this object with ESO',
      ],
    ],
  },
}

import { externalSecret } from '../objects.ts'
import type { Cases } from './cases.ts'

type Json = Parameters<NonNullable<Parameters<typeof externalSecret>[0]>>[0]

const inNamespace = (namespace: string, change: (spec: Json) => void) =>
  externalSecret((spec, object) => {
    object.metadata.namespace = namespace
    change(spec)
  })
const reading = (...keys: string[]) =>
  inNamespace('guarded', spec => {
    spec.data = keys.map((key, index) => ({ secretKey: `k${index}`, remoteRef: { key } }))
  })
const finding = (...finds: object[]) =>
  inNamespace('guarded', spec => {
    spec.data = undefined
    spec.dataFrom = finds.map(find => ({ find }))
  })
const remedy = 'name one of /team-a/*, /shared/db, or have the path allowed in the policy of Latchkey'
const allowed = 'is not allowed to namespace guarded with SecretStore main'

const through = (name: string, namespace: string) =>
  inNamespace(namespace, spec => {
    spec.secretStoreRef = { kind: 'ClusterSecretStore', name }
  })
const beside = (main: string, other: string) =>
  externalSecret(spec => {
    spec.secretStoreRef.name = main
    spec.data[0].sourceRef = { storeRef: { name: other } }
  })
const over = (namespace: string) => `namespace ${namespace} refreshes more than its budget of 300 items a minute`
const rate = (namespace: string, refreshInterval: string, items: number) =>
  inNamespace(namespace, spec => {
    spec.refreshInterval = refreshInterval
    spec.data = Array.from({ length: items }, (_, index) => ({
      secretKey: `k${index}`,
      remoteRef: { key: `/${index}` },
    }))
  })
const templated = (data: object, target: object = {}) =>
  externalSecret(spec => {
    spec.target = { template: { data }, ...target }
  })
const merging = (...rewrite: object[]) =>
  externalSecret(spec => {
    spec.dataFrom = [{ extract: { key: '/a' }, rewrite }]
  })
const deleting = (change: object, dataFrom: object[]) =>
  externalSecret(spec => {
    delete spec.data
    Object.assign(spec, { target: { deletionPolicy: 'Delete' }, dataFrom, ...change })
  })

/** Rules that hold what an administrator wants: limits of tenants, and what is unwise. */
export const guardCases: Cases = {
  'path-allowed': {
    passes: [
      reading('/team-a/db', 'team-a/x/y', '/shared/db'),
      finding({ path: '/team-a' }, { path: 'team-a/x/', name: { regexp: 'a' } }),
      inNamespace('free', spec => {
        spec.data[0].remoteRef.key = '/anything/../at/all'
      }),
      inNamespace('guarded', spec => {
        spec.data = [
          {
            secretKey: 'a',
            remoteRef: { key: '/wide/x' },
            sourceRef: { storeRef: { kind: 'ClusterSecretStore', name: 'wide' } },
          },
        ]
      }),
    ],
    fails: [
      [
        reading('/team-b/db', '/team-a/../team-b/db', '/team-ab/db'),
        `spec.data[0].remoteRef.key: "/team-b/db" ${allowed} → ${remedy}`,
        `spec.data[1].remoteRef.key: "/team-a/../team-b/db" ${allowed} → ${remedy}`,
        `spec.data[2].remoteRef.key: "/team-ab/db" ${allowed} → ${remedy}`,
      ],
      [
        finding({ path: '/team-ab' }, { name: { regexp: 'team' } }, { tags: { a: 'b' } }, { path: '/shared/db' }),
        `spec.dataFrom[0].find.path: folder "/team-ab" ${allowed} → ${remedy}`,
        `spec.dataFrom[1].find.path: a find in all folders ${allowed} → ${remedy}`,
        `spec.dataFrom[2].find.path: a find in all folders ${allowed} → ${remedy}`,
        `spec.dataFrom[3].find.path: folder "/shared/db" ${allowed} → ${remedy}`,
      ],
      [
        inNamespace('guarded', spec => {
          spec.data = undefined
          const sourceRef = { storeRef: { kind: 'ClusterSecretStore', name: 'wide' } }
          spec.dataFrom = [{ extract: { key: '/elsewhere' }, sourceRef }]
        }),
        'spec.dataFrom[0].extract.key: "/elsewhere" is not allowed to namespace guarded with ClusterSecretStore wide → name one of /team-a/*, /shared/db, /wide/* and 3 more, or have the path allowed in the policy of Latchkey',
      ],
      [
        inNamespace('locked', spec => {
          spec.data.length = 1
        }),
        'spec.data[0].remoteRef.key: "/apps/db" is not allowed to namespace locked with SecretStore main → use another store, or have paths allowed in the policy of Latchkey',
      ],
    ],
  },
  'store-admits': {
    passes: [through('private', 'in'), through('open', 'out')],
    fails: [
      [
        through('private', 'out'),
        'spec.secretStoreRef.name: ClusterSecretStore "private" does not admit namespace out → use another store, or have the namespace admitted by spec.conditions of that one [store-admits]',
      ],
    ],
  },
  'store-mix': {
    passes: [beside('main', 'other'), beside('vault', 'vault'), beside('main', 'main')],
    fails: [
      [
        beside('main', 'vault'),
        'spec.data[0].sourceRef.storeRef.name: SecretStore "vault" is not served by Latchkey, SecretStore "main" is: Latchkey serves no object with both → make an object of its own for each of them [store-mix]',
      ],
      [
        beside('vault', 'main'),
        'spec.secretStoreRef.name: SecretStore "vault" is not served by Latchkey, SecretStore "main" is: Latchkey serves no object with both → make an object of its own for each of them [store-mix]',
      ],
    ],
  },
  'refresh-rate': {
    passes: [
      rate('busy', '1m', 20),
      rate('busy', '0', 300),
      rate('full', '0', 300),
      rate('free', '1m', 300),
      inNamespace('full', spec => {
        spec.refreshPolicy = 'OnChange'
      }),
      // five keys of one item are one item
      inNamespace('busy', spec => {
        spec.refreshInterval = '10s'
        spec.data = Array.from({ length: 5 }, (_, index) => ({ secretKey: `k${index}`, remoteRef: { key: '/one' } }))
      }),
    ],
    fails: [
      [
        rate('busy', '10s', 40),
        `spec.refreshInterval: ${over('busy')} → 10s over 40 items is 240 a minute, beside 280 of others here: write 2m or more [refresh-rate]`,
      ],
      [
        rate('busy', '30s', 11),
        `spec.refreshInterval: ${over('busy')} → 30s over 11 items is 22 a minute, beside 280 of others here: write 33s or more [refresh-rate]`,
      ],
      [
        rate('full', '1h', 1),
        `spec.refreshInterval: ${over('full')} → 1h over 1 item is 0 a minute, beside 5000 of others here: write longer intervals, there first [refresh-rate]`,
      ],
      [
        rate('free', '10s', 51),
        `spec.refreshInterval: ${over('free')} → 10s over 51 items is 306 a minute, beside 0 of others here: write 11s or more [refresh-rate]`,
      ],
    ],
  },
  'find-wide': {
    passes: [
      ...[
        { path: '/apps' },
        { path: '/', name: { regexp: 'db' } },
        { name: { regexp: '^/apps/' } },
        { tags: { a: 'b' } },
      ],
      { path: '/apps', name: { regexp: '.*' } },
    ].map(find =>
      externalSecret(spec => {
        spec.dataFrom = [{ find }]
      }),
    ),
    fails: [
      ...[{ path: '/' }, { name: {} }, { path: '/', tags: {} }],
      ...['', '.*', '.+', '^.*$', '^', '(.*)'].map(regexp => ({ name: { regexp } })),
    ].map((find): [object, string] => [
      externalSecret(spec => {
        spec.dataFrom = [{ find }]
      }),
      'spec.dataFrom[0].find: takes every item that the store may read, those of tomorrow too → name a folder in path, or narrow name.regexp [find-wide]',
    ]),
  },
  property: {
    passes: ['user', 'db.user', '.dockerconfigjson', 'a.#.b', 'a\\..b', 'a..#(b==1)', '@this..a'].map(property =>
      externalSecret(spec => {
        spec.data[0].remoteRef.property = property
      }),
    ),
    fails: [
      [
        externalSecret(spec => {
          spec.data[0].remoteRef.property = 'db..user'
          spec.data[1].remoteRef.property = 'db.'
          spec.dataFrom = [{ extract: { key: '/a', property: '..' } }]
        }),
        'spec.data[0].remoteRef.property: "db..user" has two dots in a row: only a key of exactly this name is found → write the names with one dot between, as db.user [property]',
        'spec.data[1].remoteRef.property: "db." ends in a dot: only a key of exactly this name is found → write the names with one dot between, as db.user [property]',
        'spec.dataFrom[0].extract.property: ".." ends in a dot: only a key of exactly this name is found → write the names with one dot between, as db.user [property]',
      ],
    ],
  },
  'template-key': {
    passes: [
      templated({ 'tls.crt': '{{ .a }}', '.dockerconfigjson': '{}' }),
      templated({ 'a/b': 'x' }, { manifest: { apiVersion: 'v1', kind: 'ConfigMap' } }),
      merging({ merge: { strategy: 'JSON', into: 'all.json' } }),
      merging({ merge: { strategy: 'JSON', into: 'a/b' } }, { regexp: { source: '/', target: '-' } }),
    ],
    fails: [
      [
        templated({ '..': 'y', __proto: 'z', 'a/b': 'x' }),
        'spec.target.template.data[".."]: ".." starts with two dots → begin it with one dot or none',
        'spec.target.template.data["a/b"]: "a/b" has a character other than letters, digits, - _ . → use letters, digits, - _ .',
      ],
      [
        templated({ 'a b': 'x' }, { manifest: { apiVersion: 'v1', kind: 'Secret' } }),
        'spec.target.template.data["a b"]: "a b" has a character other than letters, digits, - _ . → use letters, digits, - _ .',
      ],
      [
        merging({ merge: { strategy: 'JSON', into: 'a/b' } }),
        'spec.dataFrom[0].rewrite[0].merge.into: "a/b" has a character other than letters, digits, - _ . → use letters, digits, - _ .',
      ],
    ],
  },
  'deletion-policy': {
    passes: [
      deleting({}, [{ extract: { key: '/a' } }, { find: { path: '/apps' } }]),
      deleting({ data: [{ secretKey: 'a', remoteRef: { key: '/a' } }] }, [{ find: { path: '/apps' } }]),
      deleting({ target: { deletionPolicy: 'Retain' }, refreshInterval: '0' }, [{ find: { path: '/apps' } }]),
      deleting({ target: { deletionPolicy: 'Merge', creationPolicy: 'Merge' } }, [{ find: { path: '/apps' } }]),
    ],
    fails: [
      [
        deleting({}, [{ find: { path: '/apps' } }]),
        'spec.target.deletionPolicy: Delete deletes the Secret too when the identity of the store loses its right to list the items → write Retain, or name an item under data as well [deletion-policy]',
      ],
      [
        deleting({ refreshInterval: '0' }, [{ find: { path: '/apps' } }]),
        'spec.target.deletionPolicy: Delete does not notice that items went: nothing is read again by time with refreshInterval "0" → write Retain, or have it refreshed [deletion-policy]',
      ],
      [
        deleting({ refreshPolicy: 'CreatedOnce', target: { deletionPolicy: 'Merge', creationPolicy: 'Merge' } }, [
          { extract: { key: '/a' } },
        ]),
        'spec.target.deletionPolicy: Merge does not notice that items went: nothing is read again by time with refreshPolicy CreatedOnce → write Retain, or have it refreshed [deletion-policy]',
      ],
    ],
  },
}

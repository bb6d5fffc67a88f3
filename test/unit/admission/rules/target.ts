import { externalSecret } from '../objects.ts'
import type { Cases } from './cases.ts'

const es = externalSecret
const from = (...templateFrom: object[]) =>
  es(s => {
    s.target.template = { templateFrom }
  })

/** Rules of what an ExternalSecret makes. */
export const targetCases: Cases = {
  policies: {
    passes: [
      ...[
        ['Owner', 'Retain'],
        ['Owner', 'Delete'],
        ['Owner', 'Merge'],
        ['Orphan', 'Retain'],
        ['Orphan', 'Merge'],
        ['Merge', 'Retain'],
        ['Merge', 'Merge'],
        ['CreateOrMerge', 'Retain'],
        ['CreateOrMerge', 'Merge'],
        ['None', 'Retain'],
      ].map(([creationPolicy, deletionPolicy]) =>
        es(s => {
          s.target = { creationPolicy, deletionPolicy }
        }),
      ),
      es(s => {
        s.target = { creationPolicy: 'None', immutable: false }
      }),
    ],
    fails: [
      ...['Merge', 'None', 'CreateOrMerge'].map((creationPolicy): [object, string] => [
        es(s => {
          s.target = { creationPolicy, deletionPolicy: 'Delete' }
        }),
        `spec.target.deletionPolicy: Delete would remove a Secret that creationPolicy ${creationPolicy} leaves to others → write Retain`,
      ]),
      [
        es(s => {
          s.target = { creationPolicy: 'None', deletionPolicy: 'Merge' }
        }),
        'spec.target.deletionPolicy: Merge has no Secret to work on with creationPolicy None → write Retain',
      ],
      [
        es(s => {
          s.target = { creationPolicy: 'Orphan', deletionPolicy: 'Delete' }
        }),
        'spec.target.deletionPolicy: Delete deletes nothing with creationPolicy Orphan, and fails once the items are gone → write Retain, or creationPolicy: Owner [policies]',
      ],
      [
        es(s => {
          const template = { type: '{{ .x }}', metadata: { labels: { 'a b': '' } }, templateFrom: [{}] }
          s.target = { creationPolicy: 'None', immutable: true, template }
        }),
        'spec.target.template: has no effect: creationPolicy None writes no Secret → leave it out [policies]',
        'spec.target.immutable: has no effect: creationPolicy None writes no Secret → leave it out [policies]',
      ],
    ],
  },
  immutable: {
    passes: [
      { immutable: true, over: { refreshInterval: '0' } },
      { immutable: true, over: { refreshPolicy: 'CreatedOnce' } },
      { immutable: true, over: { refreshPolicy: 'OnChange' } },
      { immutable: false, over: {} },
    ].map(({ immutable, over }) =>
      es(s => {
        s.target.immutable = immutable
        Object.assign(s, over)
      }),
    ),
    fails: [undefined, 'Periodic'].map(refreshPolicy => [
      es(s => {
        s.target.immutable = true
        if (refreshPolicy) s.refreshPolicy = refreshPolicy
      }),
      'spec.target.immutable: values that change in Akeyless will be reported in the status, and not written → write refreshInterval: 0 if the first ones are to stay, or leave immutable out [immutable]',
    ]),
  },
  'secret-type': {
    passes: [
      es(s => {
        s.target.template = { type: 'Opaque' }
      }),
      es(s => {
        s.target = { manifest: { apiVersion: 'v1', kind: 'ConfigMap' }, template: { type: '{{ .type }}' } }
      }),
    ],
    fails: [
      [
        es(s => {
          s.target.template = { type: 'example.com/{{ .user }}' }
        }),
        'spec.target.template.type: "example.com/{{ .user }}" would be the type word for word: it is not rendered → write the type itself, as Opaque',
      ],
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
      ...[
        { creationPolicy: 'Merge' },
        { creationPolicy: 'CreateOrMerge' },
        { manifest: { apiVersion: 'v1', kind: 'ConfigMap' } },
      ].map(over =>
        es(s => {
          s.target = { template: { type: 'kubernetes.io/tls' }, ...over }
        }),
      ),
    ],
    fails: ['Owner', 'Orphan'].map(creationPolicy => [
      es(s => {
        s.target = { creationPolicy, template: { type: 'kubernetes.io/tls' } }
        s.data[0].secretKey = 'tls.crt'
      }),
      'spec.target.template.type: kubernetes.io/tls needs the key tls.key → add an entry to data with secretKey: tls.key',
    ]),
  },
  'manifest-target': {
    passes: [
      { apiVersion: 'v1', kind: 'ConfigMap' },
      { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application' },
    ].map(manifest =>
      es(s => {
        s.target.manifest = manifest
      }),
    ),
    fails: [
      [
        es(s => {
          s.target.manifest = { apiVersion: 'v1', kind: 'Secret' }
        }),
        'spec.target.manifest: a Secret has no field for the fetched values here → leave it out: a Secret is what is made without it',
      ],
      ...['V1', 'v1/', '/v1', 'a/b/v1', 'example.com/1', `${'a'.repeat(254)}/v1`].map(
        (apiVersion): [object, string] => [
          es(s => {
            s.target.manifest = { apiVersion, kind: 'Rule' }
          }),
          `spec.target.manifest.apiVersion: ${apiVersion.length > 120 ? `"${'a'.repeat(120)}…"` : `"${apiVersion}"`} is no API version → write it as v1 or apps.example.com/v1`,
        ],
      ),
      ...['Config Map', '1', 'a-', '__proto__'].map((kind): [object, string] => [
        es(s => {
          s.target.manifest = { apiVersion: 'v1', kind }
        }),
        `spec.target.manifest.kind: "${kind}" is no kind → write it as ConfigMap`,
      ]),
      [
        es(s => {
          s.target.manifest = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' }
        }),
        'spec.target.manifest: "RoleBinding" of "rbac.authorization.k8s.io/v1" is never written: it gives rights → name another kind, as a ConfigMap',
      ],
    ],
  },
  'template-target': {
    passes: [
      ...['Data', 'labels', 'ANNOTATIONS'].map(target => from({ literal: 'a: b', target }, { literal: 'c: d' })),
      ...['Spec', 'spec.rules[0].value', 'metadata.labels'].map(target =>
        es(s => {
          s.target.manifest = { apiVersion: 'example.com/v1', kind: 'Rule' }
          s.target.template = { templateFrom: [{ literal: 'a: b', target }] }
        }),
      ),
    ],
    fails: [
      ...['Spec', '', 'data.a', 'constructor'].map((target): [object, string] => [
        from({ literal: 'a: b', target }, { literal: 'c: d' }),
        `spec.target.template.templateFrom[0].target: "${target}" is no part of a Secret → write Data, Labels or Annotations`,
      ]),
      [
        es(s => {
          s.target.manifest = { apiVersion: 'v1', kind: 'ConfigMap' }
          s.target.template = {
            templateFrom: ['metadata.ownerReferences', 'a..b', 'a[10001]'].map(target => ({ literal: 'a: b', target })),
          }
        }),
        'spec.target.template.templateFrom[0].target: "metadata.ownerReferences" says who the object is, which a template cannot → leave it out; of metadata, only labels and annotations can be set',
        'spec.target.template.templateFrom[1].target: the path "a..b" has an empty part → write Data, Spec, Labels, Annotations or a path as spec.rules[0].value',
        'spec.target.template.templateFrom[2].target: the path "a[10001]" has an index above 10000 → use a smaller index',
      ],
      [
        es(s => {
          s.target.manifest = { apiVersion: 'v1', kind: 'Secret' }
          s.target.template = { templateFrom: [{ literal: 'a: b', target: 'Spec' }] }
        }),
        'spec.target.template.templateFrom[0].target: "Spec" is no part of a Secret → write Data, Labels or Annotations',
      ],
    ],
  },
  'template-source': {
    passes: [
      from({ literal: 'a: b' }),
      from({
        literal: 'a: b',
        configMap: { name: 'c', items: [{ key: 'a' }] },
        secret: { name: 's', items: [{ key: 'b', templateAs: 'KeysAndValues' }] },
      }),
      es(s => {
        s.target.template = { mergePolicy: 'Merge', templateFrom: [{ literal: 'a: b', target: 'Labels' }] }
      }),
      es(s => {
        s.target.template = { data: { a: '{{ .user }}' }, templateFrom: [{ literal: 'a: b', target: 'Labels' }] }
      }),
      es(s => {
        s.target.manifest = { apiVersion: 'v1', kind: 'ConfigMap' }
        s.target.template = { templateFrom: [{ literal: 'a: b', target: 'Labels' }] }
      }),
    ],
    fails: [
      [
        es(s => {
          const items = [{ key: 'k' }]
          s.target.template = {
            templateFrom: Array.from({ length: 51 }, (_, n) => ({
              configMap: { name: `c${n}`, items },
              target: 'Data',
            })),
          }
        }),
        'spec.target.template.templateFrom: names 51 ConfigMaps and Secrets, 50 are allowed → take fewer, or split it into several objects',
      ],
      [
        from({}, { literal: '' }, { configMap: { name: 'c', items: [] }, secret: { name: 's', items: [] } }),
        'spec.target.template.templateFrom[0]: names no template, and so gives nothing → give it a configMap, a secret or a literal [template-source]',
        'spec.target.template.templateFrom[1].literal: is empty, and so gives nothing → fill it in, or leave it out [template-source]',
        'spec.target.template.templateFrom[2].configMap.items: lists no keys, and so gives nothing → name the keys that hold templates [template-source]',
        'spec.target.template.templateFrom[2].secret.items: lists no keys, and so gives nothing → name the keys that hold templates [template-source]',
      ],
      [
        from({ literal: 'a: b', target: 'Labels' }, { literal: 'a: b', target: 'annotations' }),
        'spec.target.template.templateFrom: fills labels and annotations alone, and yet the fetched values are left out of the Secret → write template.mergePolicy: Merge to have them in it [template-source]',
      ],
    ],
  },
  'template-metadata': {
    passes: [
      es(s => {
        s.target.template = {
          metadata: {
            labels: { 'app.kubernetes.io/name': 'x', a: '', team: '{{ .user }} {{ .password }}' },
            annotations: { 'a.b/c': 'any thing', 'A.B/c': '{{ .user }}' },
            finalizers: ['example.com/keep', 'orphan'],
          },
        }
      }),
      es(s => {
        s.target.manifest = { apiVersion: 'v1', kind: 'ConfigMap' }
        s.target.template = { metadata: { finalizers: ['{{ .x }}'] } }
      }),
    ],
    fails: [
      [
        es(s => {
          s.target.template = {
            metadata: {
              labels: JSON.parse('{"A.B/c":"x","__proto__":"x","{{ .user }}":"x"}'),
              finalizers: ['{{ .y }}', 'example.com/keep', 'not one'],
            },
          }
        }),
        'spec.target.template.metadata.labels["A.B/c"]: "A.B/c" cannot be such a key → use letters, digits, - _ . with an optional domain and / in front',
        'spec.target.template.metadata.labels.__proto__: "__proto__" cannot be such a key → use letters, digits, - _ . with an optional domain and / in front',
        'spec.target.template.metadata.labels["{{ .user }}"]: "{{ .user }}" cannot be such a key → use letters, digits, - _ . with an optional domain and / in front',
        'spec.target.template.metadata.finalizers[0]: finalizers are not rendered → write plain text without {{',
        'spec.target.template.metadata.finalizers[2]: "not one" is no finalizer → use letters, digits, - _ . with an optional domain and / in front',
      ],
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
}

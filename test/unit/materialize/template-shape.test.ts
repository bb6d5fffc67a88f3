import t from 'tap'
import { Template } from '#api'
import { isLabelValue, isQualifiedName } from '../../../pkg/materialize/template/metadata.ts'
import { templateSources } from '../../../pkg/materialize/template/sources.ts'
import { startEngine } from '../template/running.ts'
import { noEngine, run, type Stage } from './template-stage.ts'

const engine = startEngine()
t.teardown(() => engine.close())

const fetched = { user: 'demo' }
const shapes: { name: string; stage: Stage; want: object }[] = [
  {
    name: 'labels and annotations of the ExternalSecret without a template',
    stage: {},
    want: { labels: { own: 'label' }, annotations: { own: 'annotation' }, finalizers: [], data: fetched },
  },
  {
    name: 'none of them with one',
    stage: { template: { type: 'a/b' } },
    want: { type: 'a/b', labels: {}, annotations: {}, finalizers: [], data: fetched },
  },
  {
    name: 'no type where it is empty',
    stage: { template: { type: '', metadata: { finalizers: ['a/b'] } } },
    want: { labels: {}, annotations: {}, finalizers: ['a/b'], data: fetched },
  },
  {
    name: 'rendered ones, those of the metadata over those of templateFrom, targets in any case',
    stage: {
      template: {
        metadata: {
          labels: { user: '{{ .user }}', both: 'metadata', empty: '' },
          annotations: { 'Example.COM/note': 'für {{ .user }}' },
          finalizers: ['x/{{ .user }}'],
        },
        templateFrom: [
          { literal: 'both: from\nmore: {{ .user | upper }}', target: 'lAbElS' },
          { literal: 'url: "https://{{ .user }}"', target: 'annotations' },
        ],
      },
    },
    want: {
      labels: { both: 'metadata', more: 'DEMO', user: 'demo', empty: '' },
      annotations: { url: 'https://demo', 'Example.COM/note': 'für demo' },
      // plain, as in ESO
      finalizers: ['x/{{ .user }}'],
      data: {},
    },
  },
]
for (const { name, stage, want } of shapes) {
  t.test(`the Secret has ${name}`, async t => t.same(await run(engine, { fetched, ...stage }), want))
}

t.test('labels may be named as what JavaScript objects have', async t => {
  const made = await run(engine, { template: { templateFrom: [{ literal: 'constructor: a', target: 'Labels' }] } })
  t.same(!Array.isArray(made) && Object.entries(made.labels), [['constructor', 'a']])
})

t.test('a byte order mark of an annotation stays', async t => {
  const made = await run(noEngine, { template: { metadata: { annotations: { note: '\ufeffa' } } } })
  t.same(!Array.isArray(made) && made.annotations, { note: '\ufeffa' })
})

t.test('annotations may have 256 KiB together, and not a byte more', async t => {
  const of = (bytes: number) => run(noEngine, { template: { metadata: { annotations: { a: 'x'.repeat(bytes - 1) } } } })
  t.notOk(Array.isArray(await of(256 * 1024)))
  t.same(await of(256 * 1024 + 1), [
    'SecretTooLarge spec.target.template: the annotations have 262145 bytes, 262144 are allowed → put long texts into data',
  ])
})

t.test(
  'keys that the type needs are not asked of a Secret that may have them already, nor of an empty one',
  async t => {
    const template = { type: 'kubernetes.io/tls', data: { 'tls.crt': 'x' } }
    for (const creationPolicy of ['Merge', 'CreateOrMerge', 'None']) {
      t.notOk(Array.isArray(await run(noEngine, { template, creationPolicy })), creationPolicy)
    }
    t.ok(Array.isArray(await run(noEngine, { template, creationPolicy: 'Orphan' })))
    t.notOk(Array.isArray(await run(noEngine, { template: { type: 'kubernetes.io/tls' } })))
  },
)

t.test('each object that templateFrom names is read once', async t => {
  const template = Template.parse({
    templateFrom: [
      { configMap: { name: 'a', items: [{ key: 'k' }] }, secret: { name: 'a', items: [] } },
      { literal: 'x' },
      { configMap: { name: 'a', items: [{ key: 'l' }] } },
    ],
  })
  t.same(templateSources(template), [
    { kind: 'ConfigMap', name: 'a', path: 'spec.target.template.templateFrom[0].configMap', keys: new Set(['k', 'l']) },
  ])
  t.same(templateSources(undefined), [])
})

const names: readonly (readonly [string, boolean])[] = [
  ['a', true],
  ['A.b_c-9', true],
  ['example.com/a', true],
  ['a'.repeat(63), true],
  [`${'a'.repeat(253)}/a`, true],
  ['', false],
  ['-a', false],
  ['__proto__', false],
  ['a'.repeat(64), false],
  [`${'a'.repeat(254)}/a`, false],
  ['Example.com/a', false],
  ['/a', false],
  ['a/', false],
  ['a/b/c', false],
  ['ä', false],
  ['a\n', false],
]
t.test('keys of labels are such as Kubernetes takes', async t => {
  for (const [name, good] of names) t.equal(isQualifiedName(name), good, JSON.stringify(name.slice(0, 70)))
})
t.test('values of labels are such as Kubernetes takes', async t => {
  for (const [text, good] of [
    ['', true],
    ['a b', false],
    ['a\n', false],
    ['a.', false],
    ['0', true],
  ] as const) {
    t.equal(isLabelValue(text), good, JSON.stringify(text))
  }
})

import t from 'tap'
import { startEngine } from '../template/running.ts'
import { noEngine, partsOf, run, type Stage } from './template-stage.ts'

const engine = startEngine()
t.teardown(() => engine.close())

const fetched = { user: 'demo', password: 'hunter2', 'my-key': 'dashed', b64: 'aGk=', both: 'from the item' }
const dataOf = async (stage: Stage) => {
  const made = await run(engine, { fetched, ...stage })
  return Array.isArray(made) ? made : made.data
}
const map = (items: object[], rest: object = {}) => ({ templateFrom: [{ configMap: { name: 'c', items }, ...rest }] })
const literal = (text: string, rest: object = {}) => ({ templateFrom: [{ literal: text, ...rest }] })

const makes: { name: string; stage: Stage; want: object }[] = [
  { name: 'no template: the fetched values', stage: {}, want: fetched },
  { name: 'a template of a type alone: the fetched values', stage: { template: { type: 'x/y' } }, want: fetched },
  {
    name: 'empty data and templateFrom: the fetched values',
    stage: { template: { data: {}, templateFrom: [] } },
    want: fetched,
  },
  {
    name: 'data alone, where nothing is merged',
    stage: {
      template: {
        data: { dsn: 'pg://{{ .user }}:{{ .password }}@db', plain: 'as it is', dash: '{{ index . "my-key" }}' },
      },
    },
    want: { dsn: 'pg://demo:hunter2@db', plain: 'as it is', dash: 'dashed' },
  },
  {
    name: 'data over the fetched values with mergePolicy Merge',
    stage: {
      fetched: { user: 'demo', both: 'item' },
      template: { mergePolicy: 'Merge', data: { both: '{{ .both }}!', more: 'm' } },
    },
    want: { user: 'demo', both: 'item!', more: 'm' },
  },
  {
    name: 'nothing, where templateFrom fills labels alone',
    stage: { template: literal('team: a', { target: 'Labels' }) },
    want: {},
  },
  {
    name: 'a value from a ConfigMap under the name of its key',
    stage: { template: map([{ key: 'app.conf' }]), sources: { 'ConfigMap/c': { 'app.conf': 'u={{ .user }}' } } },
    want: { 'app.conf': 'u=demo' },
  },
  {
    name: 'keys and values from a Secret',
    stage: {
      template: { templateFrom: [{ secret: { name: 's', items: [{ key: 'all', templateAs: 'KeysAndValues' }] } }] },
      sources: { 'Secret/s': { all: 'a: {{ .user }}\n"b": yes\nc: 017\nd: ~\n' } },
    },
    want: { a: 'demo', b: 'true', c: '15', d: '' },
  },
  {
    name: 'keys and values from a literal',
    stage: { template: literal('{{ .user }}: x\nv: 1.0') },
    want: { demo: 'x', v: '1' },
  },
  { name: 'nothing from a literal that prints nothing', stage: { template: literal('{{ "" }}') }, want: {} },
  {
    name: 'decoded values, plain or rendered, of a key',
    stage: {
      template: map([{ key: 'a' }, { key: 'b' }], { valuesDecodingStrategy: 'Base64' }),
      sources: { 'ConfigMap/c': { a: '{{ .b64 }}', b: 'AAH/' } },
    },
    want: { a: 'hi', b: '\0\x01\xff' },
  },
  {
    name: 'decoded values, not keys, of keys and values',
    stage: { template: literal('aGk=: {{ .b64 }}', { valuesDecodingStrategy: 'Auto', target: 'data' }) },
    want: [
      'KeyInvalid spec.target.template.templateFrom[0].literal: a key that the template makes (no. 1 by name) has a character other than letters, digits, - _ . → use letters, digits, - _ .',
    ],
  },
  {
    name: 'values left as they are by Auto',
    stage: { template: literal('k: "a b"', { valuesDecodingStrategy: 'Auto' }) },
    want: { k: 'a b' },
  },
  {
    name: 'the last of what an entry says: configMap, secret, literal',
    stage: {
      template: {
        templateFrom: [
          {
            literal: 'c: literal',
            secret: { name: 's', items: [{ key: 'b' }, { key: 'c' }] },
            configMap: { name: 'c', items: [{ key: 'a' }, { key: 'b' }, { key: 'c' }] },
          },
        ],
      },
      sources: { 'ConfigMap/c': { a: 'map', b: 'map', c: 'map' }, 'Secret/s': { b: 'secret', c: 'secret' } },
    },
    want: { a: 'map', b: 'secret', c: 'literal' },
  },
  {
    name: 'later entries over earlier ones, data over all, the fetched values below',
    stage: {
      fetched: { user: 'demo', one: 'item', two: 'item' },
      template: {
        mergePolicy: 'Merge',
        templateFrom: [
          { literal: 'one: first\ntwo: first\nthree: first\nfour: first' },
          { literal: 'two: second\nthree: second' },
        ],
        data: { three: 'data' },
      },
    },
    want: { user: 'demo', one: 'first', two: 'second', three: 'data', four: 'first' },
  },
  {
    name: 'what a value prints is not rendered again',
    stage: { fetched: { v: '{{ .secret }}' }, template: { data: { k: '{{ .v }}' } } },
    want: { k: '{{ .secret }}' },
  },
]
for (const { name, stage, want } of makes) t.test(`the data is ${name}`, async t => t.same(await dataOf(stage), want))

t.test('names of JavaScript are keys like others', async t => {
  const template = {
    ...literal('__proto__: "{{ index . "__proto__" }}"\nconstructor: c\ntoString: s'),
    data: { hasOwnProperty: '{{ .constructor }}' },
  }
  const odd = JSON.parse('{"__proto__":"p","constructor":"c"}')
  const data = await dataOf({ fetched: odd, template })
  t.same(Object.entries(data), [
    ['__proto__', 'p'],
    ['constructor', 'c'],
    ['toString', 's'],
    ['hasOwnProperty', 'c'],
  ])
})

t.test('a source may hold a key called __proto__, and a key that it lacks is not found on Object', async t => {
  const sources = { 'ConfigMap/c': JSON.parse('{"__proto__":"p"}') }
  t.same(Object.entries(await dataOf({ template: map([{ key: '__proto__' }]), sources })), [['__proto__', 'p']])
  t.match(await dataOf({ template: map([{ key: 'constructor' }]), sources }), [
    /^TemplateSourceMissing .* no key "constructor"/,
  ])
})

t.test('bytes that are no UTF-8 come through values, templates and sources unharmed', async t => {
  const bytes = Buffer.from([0xff, 0x00, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xfe])
  const data = await dataOf({
    fetched: { raw: bytes },
    template: {
      mergePolicy: 'Merge',
      ...map([{ key: 'plain' }, { key: 'full' }]),
      data: { copy: '{{ .raw }}', twice: '{{ .raw }}{{ .raw }}' },
    },
    sources: { 'ConfigMap/c': { plain: bytes, full: Buffer.concat([bytes, Buffer.from('{{ .raw }}')]) } },
  })
  const text = bytes.toString('latin1')
  t.same(data, { raw: text, copy: text, twice: text + text, plain: text, full: text + text })
})

const idle: { name: string; stage: Stage }[] = [
  { name: 'there is no template', stage: { template: undefined } },
  { name: 'all texts are plain', stage: { template: { data: { a: 'x' }, metadata: { labels: { l: 'v' } } } } },
  {
    name: 'a source is plain, decoded or not',
    stage: {
      template: map([{ key: 'a' }], { valuesDecodingStrategy: 'Base64' }),
      sources: { 'ConfigMap/c': { a: 'aGk=' } },
    },
  },
  { name: 'a literal is empty', stage: { template: literal('') } },
]
for (const { name, stage } of idle) {
  t.test(`the engine is not asked where ${name}`, async t => t.notOk('faults' in (await partsOf(noEngine, stage))))
}

t.test('the engine is asked once, for nothing but what it must say', async t => {
  const asked: string[][] = []
  const spy = {
    render: (...[values, templates]: Parameters<typeof engine.render>) => {
      asked.push(templates.map(({ name, gives }) => `${gives} ${name}`))
      return engine.render(values, templates)
    },
  }
  const template = {
    ...literal('a: plain'),
    data: { b: '{{ .user }}', c: 'plain' },
    metadata: { labels: { d: '{{ .user }}' } },
  }
  t.ok('parts' in (await partsOf(spy, { fetched, template })))
  t.same(asked, [['pairs ', 'text b', 'text d']])
})

t.test('for a path in a manifest the YAML itself is kept, and the value of a key', async t => {
  const template = {
    templateFrom: [
      { literal: 'list: [1, {{ .user }}]', target: 'spec.a' },
      ...map([{ key: 'k' }], { target: 'Spec' }).templateFrom,
    ],
  }
  const made = await partsOf(engine, { fetched, template, sources: { 'ConfigMap/c': { k: '{{ .user }}' } } })
  t.same(
    'parts' in made &&
      made.parts.map(part => [part.target, part.scope, [...part.pairs.keys()], String(part.document?.reveal())]),
    [
      ['spec.a', 'KeysAndValues', [], 'list: [1, demo]'],
      ['Spec', 'Values', ['k'], 'undefined'],
    ],
  )
})

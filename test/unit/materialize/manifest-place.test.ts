// Where templates put things in an object of another kind (compatibility.md §2.8), with the real YAML reader.
import t from 'tap'
import { Template } from '#api'
import { Sensitive, unstructuredHash } from '#core'
import { createEngine, engineSource } from '#template'
import { place } from '../../../pkg/materialize/manifest/place.ts'
import type { Part } from '../../../pkg/materialize/template/parts.ts'
import { effortMs } from '../../support/effort.ts'

const engine = createEngine({
  source: engineSource(),
  setTimer: (ms, fire) => {
    const timer = setTimeout(fire, ms)
    return () => clearTimeout(timer)
  },
})
t.teardown(() => engine.close())

const at = 'spec.target.template.templateFrom[0]'
const sensitive = (pairs: Record<string, string | Uint8Array>) =>
  new Map(
    Object.entries(pairs).map(([key, value]) => [
      key,
      typeof value === 'string' ? Sensitive.text(value) : Sensitive.bytes(value),
    ]),
  )
const values = (target: string, pairs: Record<string, string | Uint8Array>): Part => ({
  target,
  scope: 'Values',
  path: at,
  pairs: sensitive(pairs),
})
const document = (target: string, yaml: string): Part => ({
  target,
  scope: 'KeysAndValues',
  path: at,
  pairs: new Map(),
  document: Sensitive.text(yaml),
})
const pairs = (target: string, given: Record<string, string>): Part => ({
  ...values(target, given),
  scope: 'KeysAndValues',
})

const templated = Template.parse({ templateFrom: [{ literal: 'x' }] })
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: {} }
const route = { apiVersion: 'x.io/v1', kind: 'Route', metadata: { name: 'a' }, spec: {} }

const put = async (parts: readonly Part[], base: object = route, template: Template | undefined = templated) => {
  const placed = await place({ ...base }, template, new Map(), parts, engine)
  return 'object' in placed ? placed.object : placed.faults.map(fault => fault.line())
}

const places: readonly [string, readonly Part[], object][] = [
  [
    'Data, in any case, takes texts',
    [values('dAtA', { a: '1', b: 'true' })],
    { data: { a: '1', b: 'true' }, spec: {} },
  ],
  ['Data with KeysAndValues takes texts', [pairs('Data', { a: '1.0' })], { data: { a: '1.0' }, spec: {} }],
  ['Spec with Values takes texts', [values('SPEC', { a: '1' })], { spec: { a: '1' } }],
  [
    'Spec with a document takes its tree',
    [document('Spec', 'count: 1\nlist: [a, 2, null]')],
    { spec: { count: 1, list: ['a', 2, null] } },
  ],
  [
    'labels and annotations go into the metadata',
    [values('Labels', { team: 'a' }), values('annotations', { note: 'x y' })],
    {
      metadata: { name: 'a', labels: { team: 'a' }, annotations: { note: 'x y' } },
      spec: {},
    },
  ],
  [
    'a path makes maps and lists on its way',
    [values('spec.rules[1].from[0].ip', { any: 'text' })],
    {
      spec: { rules: [null, { from: [{ ip: 'text' }] }] },
    },
  ],
  ['the case of a path counts', [values('spec.Mixed.caseKept', { any: 'x' })], { spec: { Mixed: { caseKept: 'x' } } }],
  [
    'a value at a path is read as YAML',
    [values('spec.a', { x: '[1, yes, 0x10, 1e3]' })],
    { spec: { a: [1, true, 16, 1000] } },
  ],
  [
    'what is no YAML stays a text',
    [values('spec.a', { x: 'a: b: {c' }), values('spec.b', { x: '7' })],
    { spec: { a: 'a: b: {c', b: 7 } },
  ],
  [
    'later values of one path win',
    [values('spec.a', { x: '1', y: '2' }), values('spec.a', { x: '3' })],
    { spec: { a: 3 } },
  ],
  [
    'a document in a path is merged with the map there',
    [document('spec.a', 'p: 1\nq: {deep: 1}'), document('spec.a', 'q: {other: 2}')],
    {
      spec: { a: { p: 1, q: { other: 2 } } },
    },
  ],
  [
    'a document for a single field replaces it',
    [document('spec', 'x: 1'), document('spec', 'q: 2')],
    { spec: { q: 2 } },
  ],
  [
    'a document that is a list replaces what is there',
    [document('spec.a', 'x: 1'), document('spec.a', '[1]')],
    { spec: { a: [1] } },
  ],
  [
    'whole numbers keep all their digits',
    [document('spec', 'a: 9007199254740993\nb: -9223372036854775808')],
    {
      spec: { a: 9007199254740993n, b: -9223372036854775808n },
    },
  ],
  [
    'labels can be given as a tree',
    [document('metadata.labels', 'team: a')],
    { metadata: { name: 'a', labels: { team: 'a' } }, spec: {} },
  ],
]
for (const [name, parts, expected] of places) {
  t.test(name, async t => {
    const object = await put(parts)
    const { apiVersion, kind, metadata } = route
    t.strictSame(object, { apiVersion, kind, metadata, ...expected })
  })
}

t.test('names of the prototype are names', async t => {
  const parts = [
    values('spec.constructor.name', { x: 'c' }),
    values('Data', { toString: 't' }),
    values('Labels', { valueOf: 'v' }),
  ]
  t.equal(
    JSON.stringify(await put(parts)),
    JSON.stringify({
      ...route,
      metadata: { name: 'a', labels: { valueOf: 'v' } },
      spec: { constructor: { name: 'c' } },
      data: { toString: 't' },
    }),
  )
})

t.test('a __proto__ in a path or a document is a field, and nothing inherits from it', async t => {
  const object = await put([values('spec.__proto__.a', { x: 'p' }), document('status', '{"__proto__": {"b": 1}}')])
  t.notOk(Array.isArray(object))
  const { spec, status } = object as { spec: object; status: object }
  t.strictSame(Object.keys(spec), ['__proto__'])
  t.strictSame(Object.keys(status), ['__proto__'])
  t.equal(Object.getPrototypeOf(spec), Object.prototype)
  t.equal(Object.getPrototypeOf(status), Object.prototype)
  t.equal(JSON.stringify(spec), '{"__proto__":{"a":"p"}}')
  t.equal(Reflect.get({}, 'a'), undefined)
})

const refused: readonly [string, readonly Part[], RegExp][] = [
  ['an empty path', [values('', { a: '1' })], /the path "" has an empty part/],
  ['an empty part', [values('spec..a', { a: '1' })], /the path "spec\.\.a" has an empty part/],
  ['an index that is no number', [values('spec.a[x]', { a: '1' })], /an index that is no number/],
  ['a negative index', [values('spec.a[-1]', { a: '1' })], /an index that is no number/],
  ['an index without an end', [values('spec.a[1', { a: '1' })], /an index that is no number/],
  ['text after an index', [values('spec.a[1]b', { a: '1' })], /an index that is no number/],
  ['an index above 10000', [values('spec.a[10001]', { a: '1' })], /an index above 10000/],
  ['an index of a thousand digits', [values(`spec.a[${'9'.repeat(1000)}]`, { a: '1' })], /an index above 10000/],
  ['a path that begins with an index', [values('[0].a', { a: '1' })], /does not begin with a field/],
  ['a path of 65 parts', [values(Array(65).fill('a').join('.'), { a: '1' })], /more than 64 parts/],
  ...[
    'apiVersion',
    'kind',
    'metadata',
    'metadata.name',
    'metadata.namespace',
    'metadata.ownerReferences[0].uid',
    'metadata.finalizers',
    'metadata.uid',
    'metadata.resourceVersion',
    'metadata[0]',
    'metadata.labels2',
    'kind.x',
  ].map((path): [string, readonly Part[], RegExp] => [
    `${path}, which says who the object is`,
    [values(path, { a: 'x' }), document(path, 'x: 1')],
    /says who the object is, which a template cannot →/,
  ]),
  ['a list where a map is', [values('spec[0]', { a: '1' })], /"spec" is no list/],
  ['a map where a list is', [document('spec.a', '[1]'), values('spec.a.b', { x: '1' })], /"spec\.a" is no map/],
  [
    'a map where a text is',
    [values('spec.a', { x: 'hunter2' }), values('spec.a.b', { x: '1' })],
    /"spec\.a" is no map/,
  ],
  [
    'labels that are no texts',
    [document('metadata.labels', 'number: 1')],
    /"metadata\.labels" is not a map of texts alone/,
  ],
  [
    'labels that are a list',
    [values('metadata.labels', { x: '[hunter2]' })],
    /"metadata\.labels" is not a map of texts alone/,
  ],
  ['an invalid label value', [values('Labels', { team: 'a b' })], /the value of "team" is not a valid label value/],
  ['a document that is no YAML', [document('spec', 'hunter2: [')], new RegExp(`^${at.replaceAll(/[[\]]/g, '\\$&')}: `)],
  ['YAML that nests too far', [document('spec', `${'['.repeat(150)}${']'.repeat(150)}`)], /nests deeper than 100/],
  [
    'bytes that are no text',
    [values('Data', { cert: new Uint8Array([0xff, 0xfe]) })],
    /the value of "cert" is not UTF-8 text/,
  ],
  ['bytes that are no text at a path', [values('spec.a', { cert: new Uint8Array([0xff, 0xfe]) })], /not UTF-8/],
  ['more than 1 MiB', [values('Data', { a: 'x'.repeat(1024 * 1024) })], /larger than 1 MiB/],
  [
    'lists of nothing',
    Array.from({ length: 30 }, (_, n) => values(`spec.a${n}[9999]`, { x: 'y' })),
    /larger than 1 MiB/,
  ],
]
for (const [name, parts, message] of refused) {
  t.test(`refuses ${name}`, async t => {
    const faults = await put(parts)
    t.ok(Array.isArray(faults))
    if (!Array.isArray(faults)) return
    for (const line of faults) {
      t.match(line, message)
      t.ok(line.startsWith(at), 'the field path comes first')
      t.notMatch(line, /hunter2/)
    }
  })
}

t.test('ever so many keys are laid down together', async t => {
  // one by one, 16,000 of them took a minute
  const parts = Array.from({ length: 16_000 }, (_, n) => values('Data', { [`k${n}`]: 'v' }))
  const started = effortMs()
  const object = await put(parts)
  t.ok(effortMs() - started < 3_000)
  t.ok(!Array.isArray(object))
  const paths = Array.from({ length: 1_001 }, (_, n) => values(`spec.a${n}`, { x: 'y' }))
  t.match(await put(paths), [/puts 1001 values at paths, 1000 are allowed/])
})

t.test('what stands in a shared object can be in the way', async t => {
  t.match(await put([values('Data', { x: '1' })], { ...configMap, data: ['hunter2'] }), [/^[^"]*"data" is no map →/])
  t.match(await put([values('Labels', { x: '1' })], { ...configMap, metadata: 1 }), [/"metadata" is no map →/])
  t.match(await put([values('Data', { x: '1' })], { ...configMap, data: null }), { data: { x: '1' } })
})

t.test('all that is wrong is told at once, and a key that a template printed is not repeated', async t => {
  const faults = await put([values('spec..a', { a: '1' }), values('kind', { a: '1' })])
  t.equal(Array.isArray(faults) && faults.length, 2)
  const bytes = { ...values('Data', { hunter2: new Uint8Array([0xff]) }), scope: 'KeysAndValues' as const }
  t.match(await put([bytes]), [/key 1 that the template makes is not UTF-8/])
})

t.test('an engine that stopped is not taken for text that is no YAML', async t => {
  const stopped = { index: 0, blame: 'engine' as const, message: 'took too long', remedy: undefined }
  const placed = await place(route, templated, new Map(), [values('spec.a', { x: '1' })], {
    json: async () => ({ problems: [stopped] }),
  })
  t.match('faults' in placed && placed.faults, [{ code: 'TemplateStopped', path: at }])
})

t.test('without paths and documents the engine is not asked', async t => {
  const placed = await place(
    configMap,
    templated,
    new Map(),
    [values('Data', { a: '1' }), values('Labels', { b: '2' })],
    {
      json: () => Promise.reject(new Error('asked')),
    },
  )
  t.ok('object' in placed)
})

t.test(
  'without a template fetched values are texts: in data of a ConfigMap, in spec.data of any other kind',
  async t => {
    const fetched = sensitive({ user: 'u', __proto__x: 'y' })
    const of = async (kind: string, base: object, template?: Template) => {
      const placed = await place({ ...base, kind }, template, fetched, [], engine)
      return 'object' in placed ? placed.object : placed.faults
    }
    const texts = { user: 'u', __proto__x: 'y' }
    t.strictSame(await of('ConfigMap', configMap), { ...configMap, data: texts })
    t.strictSame(await of('Route', { ...route, spec: { kept: 1 } }), { ...route, spec: { kept: 1, data: texts } })
    t.strictSame(await of('Secret', { ...route, kind: 'Secret' }), { ...route, kind: 'Secret', spec: { data: texts } })
    const merging = Template.parse({ mergePolicy: 'Merge', data: { a: 'x' } })
    t.match(await of('ConfigMap', configMap, merging), { data: texts })
    t.strictSame(await of('ConfigMap', configMap, templated), configMap, 'templates take their place')
  },
)

t.test('what others have in a shared object stays, and the base itself is not changed', async t => {
  const base = { ...configMap, data: { theirs: '1', ours: 'old' }, binaryData: { b: 'AA==' } }
  const before = structuredClone(base)
  t.strictSame(await put([values('Data', { ours: 'new' })], base), { ...base, data: { theirs: '1', ours: 'new' } })
  t.strictSame(base, before)
})

t.test('the hash of a placed object counts every digit', async t => {
  const hash = async (yaml: string) => {
    const object = await put([document('spec', yaml)])
    return Array.isArray(object) ? undefined : unstructuredHash(Reflect.get(object, 'spec'))
  }
  t.not(await hash('a: 9007199254740993'), await hash('a: 9007199254740992'))
  t.equal(await hash('a: 1.0'), await hash('a: 1'), 'as the API server writes it')
})

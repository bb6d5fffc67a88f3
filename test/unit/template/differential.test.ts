import fc from 'fast-check'
import t from 'tap'
import { Sensitive } from '#core'
import type { Template } from '#template'
import { buildNativeEngine, getCall, type NativeCall, renderCall, valuesCall } from '../../oracle/template/oracle.ts'
import { seed } from '../../support/random.ts'
import { resultsOf, startEngine } from './running.ts'

const native = buildNativeEngine(reason => t.comment(reason))
const engine = startEngine()
t.teardown(() => engine.close())

/** Cases a run. */
const wanted = 10_000
const batch = 100

const literal = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }).map(text => JSON.stringify(text)),
  fc.integer({ min: -1000, max: 1000 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }).map(String),
  fc.constantFrom('true', 'false', 'nil', '`raw`', "'x'"),
)
const keys = ['user', 'a', 'json', 'list', 'num', 'bin', '__proto__', 'constructor']
const path = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...keys.map(key => `.${key}`), '$.user') },
  fc.constantFrom('.', '$', '.absent'),
)
const unary = [
  ...['upper', 'lower', 'title', 'trim', 'quote', 'squote', 'b64enc', 'b64dec', 'len', 'toJson', 'toYaml', 'fromJson'],
  ...[
    'fromYaml',
    'html',
    'js',
    'urlquery',
    'int',
    'float64',
    'toString',
    'sha256sum',
    'not',
    'reverse',
    'first',
    'last',
  ],
  ...['keys', 'sortAlpha', 'uniq', 'compact', 'kindOf', 'typeOf', 'nospace', 'initials', 'snakecase', 'camelcase'],
  ...['kebabcase', 'swapcase', 'untitle', 'hexdec', 'b32enc', 'b32dec', 'toStrings', 'floor', 'ceil', 'empty', 'base'],
  ...['splitList ","', 'trunc 3', 'trunc -3', 'default "d"', 'indent 2', 'nindent 1', 'replace "a" "b"', 'abbrev 5'],
  ...['printf "%v"', 'printf "%q"', 'printf "%5d"', 'regexFind "[a-c]+"', 'regexReplaceAll "(.)b" "$1-"', 'index 0'],
  ...['substr 1 3', 'contains "a"', 'hasPrefix "a"', 'add 1', 'mul 2', 'join "-"', 'dig "a" "b" "none"', 'repeat 2'],
]
const textToText = unary.filter(
  name =>
    !/^(?:len|fromJson|fromYaml|first|last|keys|sortAlpha|uniq|compact|reverse|dig|printf "%5d"|index|add|mul|floor|ceil|not|int|float64|empty|contains|hasPrefix|splitList|toStrings|join)/.test(
      name,
    ),
)
/** Mostly fits together: what is refused by both proves little. */
const pipeline = fc
  .tuple(fc.constantFrom(...keys.map(key => `.${key}`)), fc.array(fc.constantFrom(...textToText), { maxLength: 4 }))
  .map(([of, names]) => `(${[of, ...names].join(' | ')})`)
const { expression } = fc.letrec<{ expression: string }>(tie => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    path,
    literal,
    { weight: 6, arbitrary: pipeline },
    fc.tuple(fc.constantFrom(...unary), tie('expression')).map(([name, of]) => `(${name} ${of})`),
    fc.tuple(tie('expression'), fc.constantFrom(...unary)).map(([of, name]) => `(${of} | ${name})`),
    fc
      .tuple(
        fc.constantFrom('eq', 'lt', 'and', 'or', 'list', 'dict', 'print', 'cat', 'coalesce', 'index', 'merge'),
        tie('expression'),
        tie('expression'),
      )
      .map(([name, a, b]) => `(${name} ${a} ${b})`),
  ),
}))
const { block } = fc.letrec<{ block: string }>(tie => ({
  block: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc
      .tuple(fc.constantFrom('{{', '{{-'), expression, fc.constantFrom('}}', '-}}'))
      .map(([open, of, close]) => `${open} ${of} ${close}`),
    fc.tuple(expression, tie('block'), tie('block')).map(([of, a, b]) => `{{ if ${of} }}${a}{{ else }}${b}{{ end }}`),
    fc.tuple(expression, tie('block')).map(([of, a]) => `{{ range $i, $e := ${of} }}{{ $i }}${a}{{ end }}`),
    fc.tuple(expression, tie('block')).map(([of, a]) => `{{ with ${of} }}${a}{{ . }}{{ end }}`),
    fc.tuple(tie('block'), tie('block')).map(all => all.join('')),
    fc.constantFrom('{{', '}}', '{{ end }}', '{{ else }}', '{{/* c */}}', 'a: ', '\n', '- '),
  ),
}))
const template = fc.record({ text: block, gives: fc.constantFrom('text', 'text', 'pairs') })
const data = fc.record({
  user: fc.string({ unit: 'grapheme', maxLength: 12 }),
  a: fc.constantFrom('a,b,c', '', '0', 'aabbcc'),
  json: fc.json({ maxDepth: 3 }),
  list: fc.array(fc.string({ maxLength: 3 })).map(all => JSON.stringify(all)),
  num: fc.integer().map(String),
})

const described = (done: boolean, fields: readonly Uint8Array[]): string =>
  done ? JSON.stringify(fields.map(field => Buffer.from(field).toString('latin1'))) : 'refused'

t.test(`a template means in WASM what it means in Go, seed ${seed}`, { timeout: 600_000 }, async t => {
  if (!native) return
  const cases = fc.sample(fc.tuple(template, data), { numRuns: wanted, seed })
  let refused = 0
  for (let from = 0; from < cases.length; from += batch) {
    const some = cases.slice(from, from + batch).map(([{ text, gives }, values]) => ({
      template: { name: 'k', text, gives } as Template,
      values: new Map<string, Uint8Array>([
        ...Object.entries(values).map(([key, value]): [string, Uint8Array] => [key, Buffer.from(value)]),
        ['bin', Buffer.from([0, 0xff, 0xfe, 0x41])],
        ['__proto__', Buffer.from('p')],
        ['constructor', Buffer.from('c')],
      ]),
    }))
    const replies = native(
      some.flatMap(({ template, values }): NativeCall[] => [
        [valuesCall, ...[...values].flat()],
        [renderCall, 'k', String(template.text), 'refuse', template.gives],
      ]),
    ).filter((_, index) => index % 2 === 1)
    for (const [index, { template, values }] of some.entries()) {
      const outcome = await engine.render(new Map([...values].map(([k, v]) => [k, Sensitive.bytes(v)])), [template])
      const [rendered] = 'results' in outcome ? outcome.results : []
      const fields =
        rendered?.is === 'text'
          ? [rendered.text.reveal()]
          : [...(rendered?.pairs ?? [])].flatMap(([key, value]) => [Buffer.from(key), value.reveal()])
      const got = described(rendered !== undefined, fields)
      const { done, fields: want } = replies[index]!
      if (!done) refused++
      if (got !== described(done, want)) t.equal(got, described(done, want), JSON.stringify(template.text))
    }
  }
  t.comment(`${cases.length} templates, ${refused} refused by both`)
  t.ok(refused < cases.length * 0.8, 'enough of them are templates that work')
})

const step = fc.constantFrom(
  'a',
  'b',
  '*',
  '?',
  '#',
  '0',
  '1',
  '#.a',
  '#(a>1)',
  '#(a>1)#',
  '#(%"x*")#',
  '@reverse',
  '@this',
  '@keys',
  '@values',
  '@flatten',
  '@pretty',
  '@ugly',
  '@join',
  '[a,b]',
  '{a,b}',
  '{"k":a}',
  '!"s"',
  '..#',
  'a\\.b',
  'a*',
  '@tostr',
  '@valid',
  '@dig:a',
)
const gjsonPath = fc
  .array(fc.tuple(step, fc.constantFrom('.', '|')), { minLength: 1, maxLength: 4 })
  .map(all => all.map(([name, join], index) => (index === 0 ? name : `${join}${name}`)).join(''))
const document = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc
    .array(fc.record({ a: fc.integer(), b: fc.array(fc.string()) }))
    .map(all => JSON.stringify({ a: all, b: all.at(0) ?? null, 'a.b': 1 })),
)

t.test(`a path means in WASM what it means in gjson, seed ${seed}`, { timeout: 600_000 }, async t => {
  if (!native) return
  const cases = fc.sample(fc.record({ json: document, path: gjsonPath }), { numRuns: wanted, seed })
  let [there, telling] = [0, 0]
  for (let from = 0; from < cases.length; from += batch) {
    const some = cases.slice(from, from + batch)
    const replies = native(some.map(({ json, path }): NativeCall => [getCall, json, path]))
    const outcome = await engine.get(some.map(({ json, path }) => ({ json: Sensitive.text(json), path })))
    const found = resultsOf(outcome)
    t.equal(found.length, some.length)
    for (const [index, { json, path }] of some.entries()) {
      const want = replies[index]!.fields[0]?.toString('latin1')
      const got = found[index]?.reveal().toString('latin1')
      if (want !== undefined) there++
      if (want !== undefined && !/^(?:|\[\]|\{\})$/.test(want)) telling++
      if (got !== want) t.equal(got, want, `${path} of ${json}`)
    }
  }
  t.comment(`${cases.length} paths, ${there} lead somewhere, ${telling} to more than nothing`)
  t.ok(telling > cases.length * 0.15, 'enough of them find something')
  t.ok(there < cases.length * 0.9, 'and enough find nothing')
})

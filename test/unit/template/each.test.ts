import t from 'tap'
import { Sensitive } from '#core'
import type { Template } from '#template'
import { resultsOf, sensitive, startEngine } from './running.ts'

const engine = startEngine()
t.teardown(() => engine.close())

const template = (text: string, more: Partial<Template> = {}): Template => ({ name: 'k', text, gives: 'text', ...more })
const job = (values: Readonly<Record<string, string>>, text: string, more: Partial<Template> = {}) => ({
  values: sensitive(values),
  template: template(text, more),
})
type Jobs = Parameters<typeof engine.renderEach>[0]

const texts = async (jobs: Jobs) =>
  resultsOf(await engine.renderEach(jobs)).map(rendered =>
    rendered.is === 'text'
      ? rendered.text.reveal().toString('latin1')
      : [...rendered.pairs].map(([key, value]) => [key, value.reveal().toString('latin1')]),
  )
const problems = async (jobs: Jobs) => {
  const outcome = await engine.renderEach(jobs)
  return 'problems' in outcome ? outcome.problems : []
}

t.test('each template sees its own values and no others', async t => {
  const jobs = [
    job({ a: '1' }, '{{ .a }}{{ .b }}', { missing: 'print' }),
    job({ b: '2' }, '{{ .a }}{{ .b }}', { missing: 'print' }),
    job({}, '{{ len . }}'),
    job({ value: '__proto__' }, '{{ .value }}'),
    { values: new Map([['bin', Sensitive.bytes(Buffer.from([0xff, 0]))]]), template: template('{{ .bin }}') },
    job({ a: 'x' }, '{{ .a }}: 1', { gives: 'pairs' }),
  ]
  t.same(await texts(jobs), ['1<no value>', '<no value>2', '0', '__proto__', '\xff\0', [['x', '1']]])
})

t.test('nothing asked is nothing rendered', async t => {
  t.same(await engine.renderEach([]), { results: [] })
})

t.test('problems carry the index of their job and name the keys of its values', async t => {
  const found = await problems([
    job({ value: 'a' }, '{{ .value }}'),
    job({ user: 'a' }, '{{ .usr }}'),
    job({ first: 'a', second: 'b' }, '{{ .zzzzzz }}'),
    job({ value: 'a' }, '{{'),
  ])
  t.same(
    found.map(({ index, blame }) => [index, blame]),
    [
      [1, 'template'],
      [2, 'template'],
      [3, 'template'],
    ],
  )
  t.match(found[0]?.remedy, /did you mean user/)
  t.match(found[1]?.remedy, /the data has first, second/)
})

t.test('a job that never ends is named, and ends all within one time limit', async t => {
  const forever =
    '{{ define "x" }}{{ range until 9999 }}{{ range until 9999 }}{{ end }}{{ end }}{{ end }}{{ template "x" }}'
  const before = performance.now()
  const found = await problems([job({}, 'a'), job({}, 'b'), job({}, forever), job({}, forever), job({}, 'c')])
  t.match(found, [{ index: 2, blame: 'engine', message: 'it takes too long and was ended' }])
  t.ok(performance.now() - before < 3_000)
  t.same(await texts([job({ a: '1' }, '{{ .a }}')]), ['1'], 'the next request is served')
})

t.test('one job that derives passwords gives all of them the time for it', async t => {
  // half a second; a key of RSA would be by luck sometimes more than may be taken
  const derive = '{{ range until 3 }}{{ derivePassword 1 "long" "p" "u" "s" | len }},{{ end }}'
  t.same(await texts([job({}, 'a'), job({}, derive), job({ a: '1' }, '{{ .a }}')]), ['a', '14,14,14,', '1'])
})

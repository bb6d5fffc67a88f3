import { readFileSync } from 'node:fs'
import t from 'tap'
import { Sensitive } from '#core'
import type { Rendered } from '#template'
import { goldenFile, goldenValues, type TemplateCase } from '../../oracle/template/oracle.ts'
import { resultsOf, startEngine } from './running.ts'

const engine = startEngine()
t.teardown(() => engine.close())

const read = <T>(name: string): T[] => JSON.parse(readFileSync(goldenFile(name), 'utf8'))
const templates = read<TemplateCase>('template.json')
const values = new Map([...goldenValues()].map(([key, bytes]) => [key, Sensitive.bytes(bytes)]))

const bytes = (value: Sensitive) => value.reveal().toString('latin1')
const flat = (rendered: Rendered): string[] =>
  rendered.is === 'text'
    ? [bytes(rendered.text)]
    : [...rendered.pairs].flatMap(([key, value]) => [Buffer.from(key).toString('latin1'), bytes(value)])

t.test('templates give what Go gives, byte for byte, or are refused where Go refuses', async t => {
  t.ok(templates.length >= 300)
  for (const [index, { text, gives, missing, want, refused }] of templates.entries()) {
    const outcome = await engine.render(values, [{ name: 'k', text, gives, ...(missing && { missing }) }])
    const line = `line ${index + 2} of template.json: ${text.slice(0, 60)}`
    if (want) t.same(resultsOf(outcome).flatMap(flat), want, line)
    else t.ok('problems' in outcome && refused, line)
  }
})

t.test('property paths with patterns give what gjson gives', async t => {
  const plain = read<{ text: string; path: string; want: string | null }>('gjson.json')
  const patterns = read<{ text: string; path: string; want: string | null }>('template-gjson.json')
  t.ok(patterns.length >= 150)
  const cases = [...plain, ...patterns]
  const outcome = await engine.get(cases.map(({ text, path }) => ({ json: Sensitive.text(text), path })))
  const found = resultsOf(outcome)
  t.equal(found.length, cases.length)
  for (const [index, { text, path, want }] of cases.entries()) {
    t.equal(found[index]?.reveal().toString('utf8') ?? null, want, `${path} of ${text.slice(0, 40)}`)
  }
})

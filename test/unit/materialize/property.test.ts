import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { toByteText } from '../../../pkg/materialize/json/cursor.ts'
import { property } from '../../../pkg/materialize/property.ts'
import { askProperties, buildOracle } from '../../oracle/oracle.ts'

const ours = (text: string, path: string) => {
  const found = property(toByteText(text), toByteText(path))
  return found.is === 'value' ? Buffer.from(found.text, 'latin1').toString('base64') : found.is
}
const absent = new Set(['absent', 'plain-text'])
const isPattern = /^[@[{!]|\.[@[{]|[*?|#]|^\.\./

/**
 * Equal to gjson, or a refusal: `pattern` only for paths that have such characters, `damaged` only where the document is no JSON.
 * Returns what is wrong, or undefined.
 */
const differs = (text: string, path: string, want: { valid: boolean; out: string | undefined }): string | undefined => {
  const got = ours(text, path)
  if (got === 'pattern') return isPattern.test(path) ? undefined : 'refused as a pattern'
  if (got === 'damaged') return want.valid ? 'called damaged, yet the document is valid' : undefined
  if (absent.has(got)) return want.out === undefined ? undefined : 'not found, gjson finds it'
  return got === want.out
    ? undefined
    : `${Buffer.from(got, 'base64')}, gjson says ${want.out && Buffer.from(want.out, 'base64')}`
}

interface Golden {
  text: string
  path: string
  valid: boolean
  want: string | null
}
const golden: Golden[] = JSON.parse(readFileSync(join(import.meta.dirname, '../../golden/gjson.json'), 'utf8'))

t.test('a property is what gjson v1.18 finds, by its recorded answers', async t => {
  t.ok(golden.length >= 120)
  for (const [index, { text, path, valid, want }] of golden.entries()) {
    const out = want === null ? undefined : Buffer.from(want).toString('base64')
    t.equal(differs(text, path, { valid, out }), undefined, `line ${index + 2} of gjson.json`)
  }
})

t.test('patterns are refused rather than guessed, and plain names that look like them are not', async t => {
  const text = '{"user":"u","us*":1,"arr":[1],"a@b":"mail","@type":"T","h#":1,"x":{"#":2}}'
  for (const path of ['us*', 'use?', 'arr.#', 'user|@this', '@this', '@pretty', '[user]', '{user}', '..0', 'x.@keys']) {
    t.equal(ours(text, path), 'pattern', path)
  }
  for (const path of ['a@b', '@type', 'h#', 'x.#', 'us\\*']) t.not(ours(text, path), 'pattern', path)
})

t.test('a text that is not JSON is told apart from a property that is missing', async t => {
  t.equal(ours('hunter2', 'password'), 'plain-text')
  t.equal(ours('{"user":1}', 'password'), 'absent')
})

t.test('what gjson would cut short or make up is refused', async t => {
  for (const text of ['{"a":"x\\q"}', '{"a":0x10}', '{"a":tru}', '{"a":{"b":1', '{"a":"\\u12"}', '{"a":"1\n\\t"}']) {
    t.equal(ours(text, 'a'), 'damaged', text)
  }
})

const key = fc.oneof(
  { weight: 15, arbitrary: fc.constantFrom('a', 'b', '0', 'a.b') },
  fc.constantFrom('a', 'b', 'a.b', '0', '1', '', 'k x', '@id', 'é', '"', '\\', 'a\\', '__proto__', '😀'),
  fc.string({ maxLength: 4 }),
)
const leaf = fc.oneof(
  fc.constantFrom('1.50', '12345678901234567890', '-0', '1e3', '1e400', '0.1', 'true', 'false', 'null', '""'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.string({ unit: 'binary', maxLength: 8 }).map(text => JSON.stringify(text)),
  fc.constantFrom('"\\ud83d\\ude00"', '"\\ud800"', '"\\ud800\\u0041"', '"\\/"', '"\\u00e9"', '"]}"'),
)
const { root } = fc.letrec<{ json: string; root: string }>(tie => {
  const space = fc.constantFrom('', '', ' ', '\n\t')
  const member = fc.tuple(key, space, tie('json')).map(([k, s, v]) => `${s}${JSON.stringify(k)}${s}:${s}${v}${s}`)
  const children = { minLength: 1, maxLength: 6, depthIdentifier: 'json' } as const
  const object = fc.array(member, children).map(all => `{${all.join(',')}}`)
  const array = fc.array(tie('json'), children).map(all => `[${all.join(', ')}]`)
  return {
    json: fc.oneof({ depthSize: 'medium', depthIdentifier: 'json' }, leaf, object, object, array),
    root: fc.oneof(object, object, array),
  }
})
const path = fc
  .array(
    fc.oneof(
      key,
      key.map(text => text.replaceAll(/[.\\*?|@#]/g, '\\$&')),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map(steps => steps.join('.'))
const broken = fc
  .tuple(root, fc.nat(), fc.constantFrom('', ',', '}', ']', '"', '\\', '{', '[', '(', 'n', ' '), fc.nat({ max: 2 }))
  .map(
    ([text, at, char, drop]) =>
      text.slice(0, at % (text.length + 1)) + char + text.slice((at % (text.length + 1)) + drop),
  )

t.test('on 2,000 arbitrary documents, sound and broken, a property is what the Go library finds', async t => {
  const oracle = buildOracle(reason => t.comment(reason))
  if (!oracle) return
  const sound = fc.record({ text: root, path })
  const cases = [
    ...fc.sample(sound, 1200),
    ...fc.sample(fc.record({ text: broken.map(text => text.toWellFormed()), path }), 800),
  ]
  const replies = askProperties(oracle, cases)
  const wrong = cases.flatMap((entry, index) => {
    const { exists, valid, out } = replies[index]!
    const problem = differs(entry.text, entry.path, { valid, out: exists ? out : undefined })
    return problem ? [{ ...entry, problem }] : []
  })
  t.same(wrong, [])
  const hits = replies.filter(reply => reply.exists).length
  t.ok(hits > 300, `${hits} of them find something`)
})

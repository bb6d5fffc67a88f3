import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { goJson } from '../../../pkg/akeyless/go-json.ts'
import { parseExact } from '../../../pkg/akeyless/json.ts'

const again = (text: string) => goJson(parseExact(text))

t.test('JSON is printed as Go prints it', async t => {
  const cases: readonly [string, string][] = [
    ['{"b":1, "a":[true,null,"x"]}', '{"a":[true,null,"x"],"b":1}'],
    ['"<a href=\'x\'>&\u2028\u2029"', '"\\u003ca href=\'x\'\\u003e\\u0026\\u2028\\u2029"'],
    ['"\\u0000\\u0008\\t\\n\\u000c\\r\\u001f\\"\\\\/\u007f"', '"\\u0000\\b\\t\\n\\f\\r\\u001f\\"\\\\/\u007f"'],
    ['"\\ud800 \\ud83d\\ude00"', '"\ufffd \ud83d\ude00"'],
    ['{"n":12345678901234567890,"m":1.50,"e":1e3,"z":-0}', '{"e":1e3,"m":1.50,"n":12345678901234567890,"z":-0}'],
    ['{"a":1,"a":2}', '{"a":2}'],
    ['{"\uffff":1,"\\ud83d\\ude00":2}', '{"\uffff":1,"\ud83d\ude00":2}'],
    ['{"__proto__":{"x":1},"constructor":2}', '{"__proto__":{"x":1},"constructor":2}'],
    ['{}', '{}'],
    ['[]', '[]'],
  ]
  for (const [index, [text, want]] of cases.entries()) t.equal(again(text), want, `case ${index}`)
  t.equal(Reflect.get({}, 'x'), undefined)
})

t.test('absurd nesting is an error, not an overflow', async t => {
  t.throws(() => again('['.repeat(300) + ']'.repeat(300)), RangeError)
  t.throws(() => again('['.repeat(100_000) + ']'.repeat(100_000)), RangeError)
})

t.test('printing and parsing again gives the same value', async t => {
  const holds = fc.property(fc.json({ maxDepth: 6 }), text => {
    const value: unknown = JSON.parse(text)
    return isDeepStrictEqual(JSON.parse(again(text)), JSON.parse(JSON.stringify(value).toWellFormed()))
  })
  t.equal(fc.check(holds, { numRuns: 500 }).counterexample, null)
})

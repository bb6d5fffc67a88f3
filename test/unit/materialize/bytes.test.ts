import t from 'tap'
import type { DecodingStrategy } from '../../../pkg/materialize/decode.ts'
import { type BytesCase, readGolden } from '../../oracle/golden.ts'
import { askProperties, buildOracle, type Document } from '../../oracle/oracle.ts'
import { byName, differs, readDecoded, readMembers, readProperty } from './reading.ts'

const golden: BytesCase[] = JSON.parse(readGolden('bytes.json'))

/** What is wrong with our answer; undefined where it is Go's. */
const wrong = (entry: BytesCase): unknown => {
  switch (entry.op) {
    case 'get':
      return differs(entry, entry.path, {
        valid: entry.valid === true,
        out: typeof entry.want === 'string' ? entry.want : undefined,
      })
    case 'decode': {
      const got = readDecoded(entry, entry.strategy as DecodingStrategy)
      return got === entry.want ? undefined : got
    }
    case 'extract': {
      const got = readMembers(entry)
      const want = Array.isArray(entry.want) ? byName([...entry.want]) : null
      return JSON.stringify(got) === JSON.stringify(want) ? undefined : got
    }
  }
}

t.test('odd names, numbers, escapes, doubled names and bytes that are no UTF-8 come out as from Go', async t => {
  t.ok(golden.length >= 100)
  for (const [index, entry] of golden.entries()) t.equal(wrong(entry), undefined, `line ${index + 2} of bytes.json`)
})

t.test('nothing of these cases is refused but what is no JSON', async t => {
  const refused = golden.filter(entry => entry.op === 'get' && readProperty(entry, entry.path) === 'damaged')
  t.same(
    refused.filter(entry => entry.valid),
    [],
  )
})

const base64 = (text: string) => Buffer.from(text).toString('base64')
const mebibyte = 1024 * 1024
for (const size of [mebibyte - 1, mebibyte, mebibyte + 1]) {
  t.test(`a value of ${size} bytes comes out whole, to the last byte`, async t => {
    const oracle = buildOracle(reason => t.comment(reason))
    const value = `${'a\u00e9\u2028'.repeat(size).slice(0, Math.floor(size / 6) * 3)}${'z'.repeat(size % 6)}`
    t.equal(Buffer.byteLength(value), size)
    const plain: Document = { text: JSON.stringify({ a: 'first', v: value, z: 1 }) }
    const escaped: Document = { text: `{"v":"${value.replaceAll('\u00e9', '\\u00e9')}"}` }
    for (const document of [plain, escaped]) {
      t.ok(readProperty(document, 'v') === base64(value), 'as a property')
      t.ok(new Map(readMembers(document)).get('v') === base64(value), 'as a member')
      if (!oracle) continue
      const [found] = askProperties(oracle, [{ ...document, path: 'v' }])
      t.ok(found?.out === base64(value), 'as Go finds it')
    }
    const packed: Document = { text: base64(value) }
    for (const strategy of ['Base64', 'Auto'] as const) t.ok(readDecoded(packed, strategy) === base64(value), strategy)
    t.ok(readDecoded({ text: value }, 'Auto') === base64(value), 'not Base64 with Auto')
    const bytes: Document = { bytes: Buffer.alloc(size, 0xfe).toString('base64') }
    t.ok(readDecoded(bytes, 'None') === bytes.bytes, 'bytes that are no UTF-8')
  })
}

t.test('two names with escapes that Node’s own JSON.parse mixes up stay two names', async t => {
  // V8 13.6 can take one of them for the other when it has seen an object like the second (nodejs/node#63785).
  const one = { text: '{"a":1,"a\\\\":"backslash"}' }
  const other = { text: '{"a":1,"a\\b":"backspace"}' }
  JSON.parse(one.text)
  t.same(readMembers(one)?.at(-1), ['a\\', base64('backslash')])
  t.same(readMembers(other)?.at(-1), ['a\b', base64('backspace')])
})

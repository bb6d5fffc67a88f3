import fc from 'fast-check'
import t from 'tap'
import { type DecodingStrategy, decode } from '../../../pkg/materialize/decode.ts'
import { fromByteText, toByteText } from '../../../pkg/materialize/json/cursor.ts'
import { readGolden } from '../../oracle/golden.ts'
import { buildOracle } from '../../oracle/oracle.ts'
import { seed } from '../../support/random.ts'
import { readDecoded } from './reading.ts'

interface Golden {
  text: string
  strategy: DecodingStrategy
  want: string | null
}
const golden: Golden[] = JSON.parse(readGolden('decode.json'))

t.test('a value is decoded as Go’s encoding/base64 does it, by its recorded answers', async t => {
  t.ok(golden.length >= 60)
  for (const [index, { text, strategy, want }] of golden.entries())
    t.equal(readDecoded({ text }, strategy), want, `line ${index + 2} of decode.json`)
})

const encoded = fc
  .tuple(fc.uint8Array({ maxLength: 60 }), fc.constantFrom<BufferEncoding>('base64', 'base64', 'base64url'))
  .map(([bytes, as]) => Buffer.from(bytes).toString(as))
/** Another alphabet's padding is not written by Buffer; Go wants it. */
const padded = encoded.map(text => text.padEnd(Math.ceil(text.length / 4) * 4, '='))
/** A character at any place: line breaks are passed over, padding and the rest are not, and neither is an end too early. */
const touched = fc
  .tuple(
    padded,
    fc.nat(),
    fc.constantFrom('\r\n', '\n', '\r', '=', '==', ' ', '\t', '-', '+', '_', 'A', '\0', 'é'),
    fc.nat({ max: 1 }),
  )
  .map(([text, place, char, drop]) => {
    const at = place % (text.length + 1)
    return text.slice(0, at) + char + text.slice(at + drop)
  })
const lines = fc
  .tuple(padded, fc.integer({ min: 1, max: 30 }), fc.constantFrom('\n', '\r\n'))
  .map(([text, width, end]) => (text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join(end))
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'AbZ09+/-_==\r\n* é'), maxLength: 12 }),
  encoded,
  padded,
  lines,
  touched,
)
const strategies: readonly DecodingStrategy[] = ['Base64', 'Base64URL', 'Auto']

t.test(`on 10,000 texts the decoders agree with Go, seed ${seed}`, async t => {
  const oracle = buildOracle(reason => t.comment(reason))
  if (!oracle) return
  const cases = fc.sample(fc.record({ text, strategy: fc.constantFrom(...strategies) }), { numRuns: 10_000, seed })
  const replies = oracle(cases.map(entry => ({ op: 'decode', ...entry })))
  const wrong = cases.filter(({ text, strategy }, index) => {
    const { exists, out } = replies[index]!
    return readDecoded({ text }, strategy) !== (exists ? out : null)
  })
  t.same(wrong.slice(0, 5), [])
  const plain = (text: string) => Buffer.from(text).toString('base64')
  const count = (strategy: DecodingStrategy, done: boolean) =>
    cases.filter((entry, index) => {
      const { exists, out } = replies[index]!
      return entry.strategy === strategy && done === (exists && (entry.text === '' || out !== plain(entry.text)))
    }).length
  for (const strategy of strategies) {
    t.ok(count(strategy, true) > 600, `${count(strategy, true)} are ${strategy}`)
    t.ok(count(strategy, false) > 600, `${count(strategy, false)} are not ${strategy}`)
  }
})

t.test('without a strategy nothing is decoded, whatever it looks like', async t => {
  t.equal(fromByteText(decode(toByteText('dGVzdA==')) ?? ''), 'dGVzdA==')
})

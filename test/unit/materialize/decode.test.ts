import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { type DecodingStrategy, decode } from '../../../pkg/materialize/decode.ts'
import { fromByteText, toByteText } from '../../../pkg/materialize/json/cursor.ts'
import { buildOracle } from '../../oracle/oracle.ts'

interface Golden {
  text: string
  strategy: DecodingStrategy
  want: string | null
}
const golden: Golden[] = JSON.parse(readFileSync(join(import.meta.dirname, '../../golden/decode.json'), 'utf8'))
const ours = (text: string, strategy: DecodingStrategy) => {
  const out = decode(toByteText(text), strategy)
  return out === undefined ? null : Buffer.from(out, 'latin1').toString('base64')
}

t.test('a value is decoded as Go’s encoding/base64 does it, by its recorded answers', async t => {
  t.ok(golden.length >= 30)
  for (const [index, { text, strategy, want }] of golden.entries())
    t.equal(ours(text, strategy), want, `line ${index + 2} of decode.json`)
})

t.test('on 2,000 arbitrary texts the decoders agree with Go', async t => {
  const oracle = buildOracle(reason => t.comment(reason))
  if (!oracle) return
  const unit = fc.constantFrom(...'AbZ09+/-_==\r\n* é')
  const text = fc.oneof(
    fc.string({ unit, maxLength: 12 }),
    fc.base64String({ maxLength: 20 }),
    fc.uint8Array({ maxLength: 20 }).map(bytes => Buffer.from(bytes).toString('base64url')),
  )
  const strategy = fc.constantFrom<DecodingStrategy>('Base64', 'Base64URL', 'Auto')
  const cases = fc.sample(fc.record({ text, strategy }), 2000)
  const replies = oracle(cases.map(entry => ({ op: 'decode', ...entry })))
  const wrong = cases.filter((entry, index) => {
    const { exists, out } = replies[index]!
    return ours(entry.text, entry.strategy) !== (exists ? out : null)
  })
  t.same(wrong, [])
})

t.test('without a strategy nothing is decoded, whatever it looks like', async t => {
  t.equal(fromByteText(decode(toByteText('dGVzdA==')) ?? ''), 'dGVzdA==')
})

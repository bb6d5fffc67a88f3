import fc from 'fast-check'
import t from 'tap'
import { readGolden } from '../../oracle/golden.ts'
import { askProperties, buildOracle } from '../../oracle/oracle.ts'
import { seed } from '../../support/random.ts'
import { broken, key, root } from './documents.ts'
import { differs, readProperty } from './reading.ts'

interface Golden {
  text: string
  path: string
  valid: boolean
  want: string | null
}
const golden: Golden[] = JSON.parse(readGolden('gjson.json'))

t.test('a property is what gjson v1.18 finds, by its recorded answers', async t => {
  t.ok(golden.length >= 200)
  for (const [index, { text, path, valid, want }] of golden.entries()) {
    const out = want === null ? undefined : Buffer.from(want).toString('base64')
    t.equal(differs({ text }, path, { valid, out }), undefined, `line ${index + 2} of gjson.json`)
  }
})

t.test('patterns are refused rather than guessed, and plain names that look like them are not', async t => {
  const text = '{"user":"u","us*":1,"arr":[1],"a@b":"mail","@type":"T","h#":1,"x":{"#":2}}'
  for (const path of ['us*', 'use?', 'arr.#', 'user|@this', '@this', '@pretty', '[user]', '{user}', '..0', 'x.@keys']) {
    t.equal(readProperty({ text }, path), 'pattern', path)
  }
  for (const path of ['a@b', '@type', 'h#', 'x.#', 'us\\*']) t.not(readProperty({ text }, path), 'pattern', path)
})

t.test('a text that is not JSON is told apart from a property that is missing', async t => {
  t.equal(readProperty({ text: 'hunter2' }, 'password'), 'plain-text')
  t.equal(readProperty({ text: '{"user":1}' }, 'password'), 'absent')
})

t.test('what gjson would cut short or make up is refused', async t => {
  for (const text of ['{"a":"x\\q"}', '{"a":0x10}', '{"a":tru}', '{"a":{"b":1', '{"a":"\\u12"}', '{"a":"1\n\\t"}']) {
    t.equal(readProperty({ text }, 'a'), 'damaged', text)
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

t.test(`in 10,000 documents, sound and broken, a property is what the Go library finds, seed ${seed}`, async t => {
  const oracle = buildOracle(reason => t.comment(reason))
  if (!oracle) return
  const cases = [
    ...fc.sample(fc.record({ text: root, path }), { numRuns: 6000, seed }),
    ...fc.sample(fc.record({ text: broken(root), path }), { numRuns: 4000, seed }),
  ]
  const replies = askProperties(oracle, cases)
  t.equal(replies.length, 10_000)
  const wrong = cases.flatMap(({ text, path }, index) => {
    const { exists, valid, out } = replies[index]!
    const problem = differs({ text }, path, { valid, out: exists ? out : undefined })
    return problem ? [{ text, path, problem }] : []
  })
  t.same(wrong.slice(0, 5), [])
  const hits = replies.filter(reply => reply.exists).length
  t.ok(hits > 1500, `${hits} of them find something`)
  const refused = cases.filter(({ text, path }) => /^(pattern|damaged)$/.test(readProperty({ text }, path))).length
  t.ok(refused < 1500, `${refused} are refused, where no answer is compared`)
  const damaged = replies.filter(reply => !reply.valid).length
  t.ok(damaged > 2000, `${damaged} documents are no JSON`)
})

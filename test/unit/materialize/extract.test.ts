import fc from 'fast-check'
import t from 'tap'
import { readGolden } from '../../oracle/golden.ts'
import { buildOracle } from '../../oracle/oracle.ts'
import { seed } from '../../support/random.ts'
import { broken, object, root } from './documents.ts'
import { byName, readMembers } from './reading.ts'

const golden: { text: string; want: [string, string][] | null }[] = JSON.parse(readGolden('extract.json'))

t.test('extract takes from a JSON object what Go’s encoding/json takes, by its recorded answers', async t => {
  t.ok(golden.length >= 25)
  for (const [index, { text, want }] of golden.entries()) {
    const encoded = want?.map(([name, value]): [string, string] => [name, Buffer.from(value).toString('base64')])
    t.same(readMembers({ text }), encoded ? byName(encoded) : null, `line ${index + 2} of extract.json`)
  }
})

const space = fc.constantFrom('', '', ' ', '\n', '\ufeff')
const text = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(space, object, space).map(parts => parts.join('')) },
  { weight: 3, arbitrary: broken(object) },
  root,
  fc.json(),
)

t.test(`of 10,000 documents extract takes the members that Go takes, seed ${seed}`, async t => {
  const oracle = buildOracle(reason => t.comment(reason))
  if (!oracle) return
  const cases = fc.sample(text, { numRuns: 10_000, seed })
  const replies = oracle(cases.map(text => ({ op: 'extract', text })))
  t.equal(replies.length, 10_000)
  const wrong = cases.flatMap((text, index) => {
    const { exists, members = [] } = replies[index]!
    const [got, want] = [readMembers({ text }), exists ? byName(members) : null]
    return JSON.stringify(got) === JSON.stringify(want) ? [] : [{ text, got, want }]
  })
  t.same(wrong.slice(0, 5), [])
  const taken = replies.filter(({ members }) => members && members.length > 1).length
  t.ok(taken > 2000, `${taken} have several members`)
  const refused = replies.filter(reply => !reply.exists).length
  t.ok(refused > 1500, `${refused} are no object`)
})

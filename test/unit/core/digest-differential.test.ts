import fc from 'fast-check'
import t from 'tap'
import { buildHashOracle, type HashQuestion } from '../../oracle/hash/oracle.ts'
import { seed } from '../../support/random.ts'
import { ourHash } from './our-hash.ts'

const oracle = buildHashOracle(reason => t.comment(reason))
const runs = 10_000

// UTF-8 and UTF-16 put the characters around U+FFFF and U+10000 in different orders.
const name = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'abAB01.-_'), minLength: 1, maxLength: 6 }),
  fc.string({ unit: fc.constantFrom('a', 'é', '\ufffd', '\uffff', '\ue000', '😀', '\u{10000}'), maxLength: 3 }),
  fc.constantFrom('__proto__', 'constructor', 'toString', '10', '9', '', 'a b', 'a:[', 'tls.key'),
)
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }).map(value => value.toWellFormed()),
  fc.constantFrom('', ' ', ']', 'a:b c', '\0', '\u2028', '\ufeff'),
)
const labels = fc.dictionary(name, text, { maxKeys: 6 })

const data = fc
  .uniqueArray(fc.tuple(name, fc.uint8Array({ maxLength: 40 })), { maxLength: 8, selector: ([key]) => key })
  .map(
    (pairs): HashQuestion => ({
      op: 'data',
      data: pairs.map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')]),
    }),
  )
const metadata = fc.record(
  { op: fc.constant('metadata' as const), annotations: labels, labels },
  { requiredKeys: ['op'] },
)
const names = fc.string({ unit: fc.constantFrom(...'abz09-.'), minLength: 1, maxLength: 60, size: 'max' })
const named = fc.oneof(
  fc.record({ op: fc.constant('created-by' as const), namespace: names, name: names }),
  fc.record({ op: fc.constant('field-manager' as const), name: names }),
)

const whole = fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }).map(String)
const fraction = fc
  .oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.double({ min: -1e7, max: 1e7, noNaN: true }))
  .map(value => JSON.stringify(value))
const { json } = fc.letrec<{ json: string }>(tie => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(whole, fraction, fc.integer().map(String), fc.constantFrom('null', 'true', 'false', '[]', '{}', '-0')),
    text.map(value => JSON.stringify(value)),
    fc.array(tie('json'), { maxLength: 4 }).map(all => `[${all.join(',')}]`),
    fc
      .array(fc.tuple(name, tie('json')), { maxLength: 5 })
      .map(all => `{${all.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`),
  ),
}))
const member = fc.tuple(name, json).map(([key, value]) => `${JSON.stringify(key)}:${value}`)
const value = fc
  .array(member, { minLength: 1, maxLength: 5 })
  .map((all): HashQuestion => ({ op: 'value', json: `{${all.join(',')}}` }))

const orderMatters = (keys: readonly string[]): boolean => {
  const byBytes = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return keys.toSorted().join('\n') !== byBytes.join('\n')
}
const keysOf = (question: HashQuestion): readonly string[] => {
  if (question.op === 'data') return question.data.map(([key]) => key)
  return question.op === 'metadata' ? Object.keys(question.annotations ?? {}) : []
}

interface Family {
  readonly of: string
  readonly questions: fc.Arbitrary<HashQuestion>
  /** What a simple printer would get wrong, and how many of those there must be. */
  readonly hard: (question: HashQuestion, reply: { want: string; printed?: string }) => boolean
  readonly least: number
}
const families: readonly Family[] = [
  { of: 'the data of a Secret', questions: data, hard: question => orderMatters(keysOf(question)), least: 300 },
  { of: 'annotations and labels', questions: metadata, hard: question => orderMatters(keysOf(question)), least: 200 },
  { of: 'names', questions: named, hard: (_, { want }) => want.includes('/sha3/'), least: 500 },
  {
    of: 'the content of a manifest target',
    questions: value,
    hard: (_, { printed = '' }) => /\de[+-]\d|<nil>/.test(printed),
    least: 3000,
  },
]
for (const { of, questions, hard, least } of families) {
  t.test(`${runs} hashes of ${of} are those of Go, seed ${seed}`, async t => {
    if (!oracle) return
    const cases = fc.sample(questions, { numRuns: runs, seed })
    const replies = oracle(cases)
    t.equal(replies.length, runs)
    const wrong = cases.flatMap((question, index) =>
      ourHash(question) === replies[index]!.want ? [] : [{ question, printed: replies[index]!.printed }],
    )
    t.same(wrong.slice(0, 5), [])
    t.ok(new Set(replies.map(reply => reply.want)).size > runs / 2, 'they are different values')
    const count = cases.filter((question, index) => hard(question, replies[index]!)).length
    t.ok(count >= least, `${count} are hard ones`)
  })
}

import fc from 'fast-check'
import t from 'tap'
import { firingsInDay, longestPause, nextFiring, parseSchedule } from '#core'
import { buildCronOracle, type CronCase } from '../../oracle/cron/oracle.ts'
import { readGolden } from '../../oracle/golden.ts'
import { seed } from '../../support/random.ts'

/** The next five firings, fewer where there are no more, null for a refusal. */
const ours = (spec: string, at: number): readonly number[] | null => {
  const schedule = parseSchedule(spec)
  if (!schedule) return null
  const found: number[] = []
  let last: Date | undefined = new Date(at)
  while (found.length < 5) {
    last = nextFiring(schedule, last)
    if (!last) break
    found.push(last.getTime())
  }
  return found
}
const told = (instants: readonly number[] | null) => instants?.map(ms => new Date(ms).toISOString()) ?? null

const golden: CronCase[] = JSON.parse(readGolden('cron.json'))

t.test('a schedule fires when robfig/cron v3.0.1 fires, by its recorded answers', async t => {
  t.ok(golden.length >= 150)
  for (const { spec, at, want } of golden) {
    t.same(told(ours(spec, Date.parse(at))), want, `${JSON.stringify(spec)} after ${at}`)
  }
})

t.test('what names a time zone is refused, and so is a text of a size that nobody means', async t => {
  for (const spec of ['TZ=UTC 0 0 * * *', 'CRON_TZ=UTC 0 0 * * *', 'TZ=UTC 0 0 * *', 'TZ=UTC', 'CRON_TZ=']) {
    t.equal(parseSchedule(spec), undefined, spec)
  }
  const written = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at).join()
  const all = [written(0, 59), written(0, 23), written(1, 31), written(1, 12), written(0, 6)].join(' ')
  t.ok(parseSchedule(all), 'every value written out is no such text')
  t.equal(parseSchedule(`${'0'.repeat(1_016)}5 * * * *`)?.is, undefined)
  t.equal(parseSchedule(`${'0'.repeat(1_014)} * * * *`)?.is, 'calendar')
})

t.test('schedules that never fire, or almost never, are answered within a millisecond', async t => {
  const specs = ['0 0 31 2 *', '0 0 30 2 *', ', * * * *', '* , * * *', '0 0 , * *', '* * 31 2,4,6,9,11 *', '0 0 29 2 *']
  const from = Date.parse('2096-03-01T00:00:00Z')
  for (const spec of specs) {
    const rounds = 200
    const started = process.hrtime.bigint()
    for (let round = 0; round < rounds; round++) {
      if (nextFiring(parseSchedule(spec)!, new Date(from)) !== undefined) t.fail(`${spec} fires`)
    }
    const ms = Number(process.hrtime.bigint() - started) / 1e6 / rounds
    t.ok(ms < 1, `${spec}: ${ms.toFixed(4)} ms`)
  }
})

t.test('how far apart firings are is known for days of the week alone', async t => {
  const minute = 60e3
  const cases: readonly [string, number | undefined][] = [
    ['* * * * *', minute],
    ['@hourly', 60 * minute],
    ['@daily', 1440 * minute],
    ['@weekly', 7 * 1440 * minute],
    ['@every 90s', 90e3],
    ['5/10 * * * *', 10 * minute],
    ['0,50 * * * *', 50 * minute],
    ['0 9-17 * * *', 16 * 60 * minute],
    ['0 9-17 * * MON-FRI', (16 + 48) * 60 * minute],
    ['0 0 * * mon', 7 * 1440 * minute],
    ['0 0 13 * 5', 7 * 1440 * minute],
    ['@monthly', undefined],
    ['0 0 29 2 *', undefined],
    [', * * * *', undefined],
    ['0 0 1 * ,', undefined],
  ]
  for (const [spec, want] of cases) t.equal(longestPause(parseSchedule(spec)!), want, spec)
})

const fields: readonly (readonly [from: number, to: number, names: readonly string[]])[] = [
  [0, 59, []],
  [0, 23, []],
  [1, 31, []],
  [1, 12, ['jan', 'FEB', 'Mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']],
  [0, 6, ['sun', 'MON', 'Tue', 'wed', 'thu', 'fri', 'sat']],
]
const field = fields.map(([from, to, names]) => {
  const one = fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: from, max: to }).map(String) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: to + 2 }).map(String) },
    ...(names.length > 0 ? [{ weight: 4, arbitrary: fc.constantFrom(...names) }] : []),
  )
  const pair = fc
    .tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to }))
    .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`)
  const span = fc.oneof(
    { weight: 4, arbitrary: one },
    { weight: 3, arbitrary: pair },
    { weight: 4, arbitrary: fc.constantFrom('*', '*', '?') },
    { weight: 1, arbitrary: fc.constantFrom('*-3', '+1', '01', '5-1', '-', '**', '1-2-3') },
  )
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constant('') },
    { weight: 3, arbitrary: fc.integer({ min: 1, max: to + 3 }).map(n => `/${n}`) },
    { weight: 1, arbitrary: fc.constantFrom('/1', '/1', '/0', '/', '/2/2', '/-1', '/+2') },
  )
  const element = fc.tuple(span, step).map(parts => parts.join(''))
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant('*') },
    { weight: 8, arbitrary: element },
    { weight: 3, arbitrary: fc.array(element, { minLength: 1, maxLength: 3 }).map(all => all.join()) },
  )
})
const spec = fc.oneof(
  { weight: 20, arbitrary: fc.tuple(...field).map(parts => parts.join(' ')) },
  {
    weight: 1,
    arbitrary: fc.array(fc.constantFrom('*', '1', ' ', '@daily', ','), { maxLength: 7 }).map(a => a.join(' ')),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('@yearly', '@monthly', '@weekly', '@daily', '@hourly', '@midnight', '@never'),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(
        fc.tuple(
          fc.integer({ min: 0, max: 4000 }),
          fc.constantFrom('', '.5', '.001'),
          fc.constantFrom('h', 'm', 's', 'ms', 'd'),
        ),
        {
          minLength: 1,
          maxLength: 3,
        },
      )
      .map(parts => `@every ${parts.flat().join('')}`),
  },
)
const instant = fc.integer({ min: Date.parse('1960-01-01T00:00:00Z'), max: Date.parse('2110-01-01T00:00:00Z') })

t.test(`random schedules fire here when they fire in Go, seed ${seed}`, { timeout: 600_000 }, async t => {
  const oracle = buildCronOracle(reason => t.comment(reason))
  if (!oracle) return
  const asked = fc.sample(fc.record({ spec, at: instant }), { numRuns: 10_000, seed })
  const answers = oracle(asked)
  t.equal(answers.length, asked.length)
  let refused = 0
  for (const [index, { spec, at }] of asked.entries()) {
    const want = answers[index] ?? null
    if (want === null) refused++
    const got = ours(spec, at)
    if (JSON.stringify(got) !== JSON.stringify(want)) {
      t.same(told(got), told(want), `${JSON.stringify(spec)} after ${new Date(at).toISOString()}`)
    }
  }
  t.comment(`${asked.length} schedules, ${refused} refused by both`)
  t.ok(refused < asked.length * 0.6, 'enough of them are schedules')
})

t.test('no two firings are further apart than the longest pause, and none of a day is after its last', async () => {
  fc.assert(
    fc.property(spec, instant, (text, at) => {
      const schedule = parseSchedule(text)
      const pause = schedule && longestPause(schedule)
      const [first, ...others] = ours(text, at) ?? []
      if (!schedule || first === undefined) return true
      const last = schedule.is === 'calendar' ? firingsInDay(schedule).lastMs : Number.POSITIVE_INFINITY
      let before = first
      for (const next of others) {
        if (pause !== undefined && next - before > pause) return false
        if (next % 86_400e3 > last && next >= 0) return false
        before = next
      }
      return true
    }),
    { numRuns: 3_000, seed },
  )
})

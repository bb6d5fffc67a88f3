import fc from 'fast-check'
import t from 'tap'
import { parseDuration, showMs, suggestDuration } from '#core'

t.test('durations are read as Go reads them', async t => {
  const cases: readonly [string, number | undefined][] = [
    ['1h', 3_600_000],
    ['1h0m0s', 3_600_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['5.s', 5000],
    ['100ms', 100],
    ['10µs', 0.01],
    ['10μs', 0.01],
    ['-5m', -300_000],
    ['+5m', 300_000],
    ['0', 0],
    ['-0', 0],
    ['0s', 0],
    ['', undefined],
    ['5', undefined],
    ['5 m', undefined],
    ['1d', undefined],
    ['5 minutes', undefined],
    ['h', undefined],
    ['1h-5m', undefined],
    ['2562048h', undefined], // past int64 nanoseconds
    ['2562047h', 9_223_369_200_000],
  ]
  for (const [text, want] of cases) t.equal(parseDuration(text), want, text)
})

t.test('a duration put together from whole units is their sum', async t => {
  fc.assert(
    fc.property(
      fc.nat(1000),
      fc.nat(59),
      fc.nat(59),
      (h, m, s) => parseDuration(`${h}h${m}m${s}s`) === ((h * 60 + m) * 60 + s) * 1000,
    ),
  )
  t.pass()
})

t.test('what a person meant is proposed where it is clear', async t => {
  const cases: readonly [string, string | undefined][] = [
    ['5 minutes', '5m'],
    ['1 day', '24h'],
    ['2w', '336h'],
    ['90', '90s'],
    ['1 Hour', '1h'],
    ['soon', undefined],
    ['1.5 moons', undefined],
  ]
  for (const [text, want] of cases) t.equal(suggestDuration(text), want, text)
})

t.test('times are shown in the unit that a person reads', async t => {
  t.same([41.4, 3200, 60_000 * 12, 3_600_000 * 6].map(showMs), ['41 ms', '3.2 s', '12 m', '6 h'])
})

/** Milliseconds of the machine's clock that a call takes. */
const took = (work: () => unknown): number => {
  const started = performance.now()
  work()
  return performance.now() - started
}

t.test('a hostile text costs no time, whatever its length', async t => {
  // backtracking over 100,000 characters takes 5 s, and four times as much for twice as many
  const hostile = [
    '1'.repeat(100_000),
    `1${' '.repeat(100_000)}!`,
    `${'1h'.repeat(50_000)}!`,
    `+${'.1'.repeat(50_000)}`,
  ]
  for (const text of hostile) {
    t.ok(took(() => t.equal(parseDuration(text), undefined)) < 200, `parse ${text.slice(0, 4)}`)
    t.ok(took(() => t.equal(suggestDuration(text), undefined)) < 200, `suggest ${text.slice(0, 4)}`)
  }
})

t.test('a duration has at most 64 characters', async t => {
  t.equal(parseDuration(`${'0'.repeat(62)}1s`), 1000)
  t.equal(parseDuration(`${'0'.repeat(63)}1s`), undefined)
  t.equal(suggestDuration(`${'0'.repeat(62)} s`), `${'0'.repeat(62)}s`)
  t.equal(suggestDuration(`${'0'.repeat(63)} s`), undefined)
})

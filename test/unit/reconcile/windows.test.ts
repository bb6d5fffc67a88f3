import fc from 'fast-check'
import t from 'tap'
import type { SyncWindows } from '#api'
import { openAt, opensAt } from '../../../pkg/reconcile/windows.ts'
import { effortMs } from '../../support/effort.ts'

type Kind = SyncWindows['kind']
const windows = (kind: Kind, ...entries: readonly (readonly [schedule: string, duration: string])[]): SyncWindows => ({
  kind,
  windows: entries.map(([schedule, duration]) => ({ schedule, duration })),
})
const at = (text: string) => new Date(text.length === 16 ? `${text}:00Z` : text)
const dayMs = 86_400e3

const nightly: readonly [string, string] = ['0 22 * * *', '2h']

t.test('a window is open from a firing to its end, both included, and gates by its kind', async t => {
  const cases: readonly [now: string, inside: boolean][] = [
    ['2026-06-01T21:59:59.999Z', false],
    ['2026-06-01T22:00', true],
    ['2026-06-01T22:30', true],
    ['2026-06-02T00:00', true],
    ['2026-06-02T00:00:00.001Z', false],
    ['2026-06-02T03:00', false],
    ['2026-06-02T22:30', true],
  ]
  for (const [now, inside] of cases) {
    t.equal(openAt(windows('allow', nightly), at(now)), inside, `allow ${now}`)
    t.equal(openAt(windows('deny', nightly), at(now)), !inside, `deny ${now}`)
  }
})

t.test('one active window of several is enough', async t => {
  const two = [nightly, ['0 6 * * *', '30m']] as const
  for (const now of ['2026-06-01T23:00', '2026-06-01T06:30']) {
    t.ok(openAt(windows('allow', ...two), at(now)), now)
    t.notOk(openAt(windows('deny', ...two), at(now)), now)
  }
  t.notOk(openAt(windows('allow', ...two), at('2026-06-01T12:00')))
  t.ok(openAt(windows('deny', ...two), at('2026-06-01T12:00')))
})

t.test('without windows everything is open', async t => {
  const now = at('2026-06-01T12:00')
  t.ok(openAt(undefined, now))
  t.same(opensAt(undefined, now), now)
  for (const kind of ['allow', 'deny'] as const) {
    t.ok(openAt(windows(kind), now))
    t.same(opensAt(windows(kind), now), now)
  }
})

t.test('what cannot be read, lasts no time or comes after the hundredth window is passed over', async t => {
  const now = at('2026-06-01T23:00')
  const unread: readonly (readonly [string, string])[] = [
    ['not-a-cron', '2h'],
    ['0 22 * * 7', '2h'],
    ['TZ=UTC * * * * *', '2h'],
    ['0 22 * * *', '2 hours'],
    ['0 22 * * *', '0s'],
    ['0 23 * * *', '0'],
    ['0 22 * * *', '-2h'],
    ['__proto__', 'constructor'],
  ]
  for (const entry of unread) {
    t.notOk(openAt(windows('allow', entry), now), `allow ${entry}`)
    t.ok(openAt(windows('deny', entry), now), `deny ${entry}`)
    t.ok(openAt(windows('allow', entry, nightly), now), `allow ${entry} and a good one`)
    t.equal(opensAt(windows('allow', entry), now), undefined)
    t.same(opensAt(windows('deny', entry), now), now)
  }
  const many = Array.from({ length: 100 }, () => ['0 3 * * *', '1m'] as const)
  t.notOk(openAt(windows('allow', ...many, nightly), now))
})

t.test('@every has no start: it is open always, or never', async t => {
  const now = at('2026-06-01T23:00:00.123Z')
  for (const [schedule, duration, active] of [
    ['@every 8h', '2h', false],
    ['@every 8h', '7h59m59.999s', false],
    ['@every 8h', '8h', true],
    ['@every 1m', '1h', true],
  ] as const) {
    t.equal(openAt(windows('allow', [schedule, duration]), now), active, `${schedule} for ${duration}`)
    t.equal(openAt(windows('deny', [schedule, duration]), now), !active)
    t.same(opensAt(windows('allow', [schedule, duration]), now), active ? now : undefined)
    t.same(opensAt(windows('deny', [schedule, duration]), now), active ? undefined : now)
  }
})

t.test('the next opening is computed', async t => {
  const from = '2026-06-01T23:00' // a Monday
  const cases: readonly [Kind, readonly (readonly [string, string])[], from: string, want: string | undefined][] = [
    ['allow', [nightly], from, from],
    ['allow', [nightly], '2026-06-02T00:00:00.001Z', '2026-06-02T22:00'],
    ['allow', [nightly, ['0 6 * * *', '1h']], '2026-06-02T01:00', '2026-06-02T06:00'],
    ['allow', [['0 0 31 2 *', '1h']], from, undefined],
    ['allow', [['0 0 29 2 *', '1h']], from, undefined], // 2028, more than a year ahead
    ['allow', [['0 0 29 2 *', '1h']], '2028-01-01T00:00', '2028-02-29T00:00'],
    ['deny', [nightly], '2026-06-01T12:00', '2026-06-01T12:00'],
    ['deny', [nightly], from, '2026-06-02T00:00:00.001Z'],
    ['deny', [nightly, ['0 0 * * *', '6h']], from, '2026-06-02T06:00:00.001Z'],
    ['deny', [['0 9-17 * * MON-FRI', '1h']], '2026-06-01T09:30', '2026-06-01T18:00:00.001Z'],
    ['deny', [['* * * * MON-FRI', '1m']], from, '2026-06-06T00:00:00.001Z'],
    ['deny', [['* * * * *', '1m']], from, undefined],
    ['deny', [['* * * * *', '59s']], '2026-06-01T23:00:30Z', '2026-06-01T23:00:59.001Z'],
    ['deny', [['@daily', '24h']], from, undefined],
    ['deny', [['@daily', '23h59m']], from, '2026-06-01T23:59:00.001Z'],
    [
      'deny',
      [
        ['@weekly', '48h'],
        ['0 0 * * 1-6', '24h'],
      ],
      from,
      undefined,
    ],
    ['deny', [['@monthly', '744h']], from, undefined],
    ['deny', [['@monthly', '720h']], from, '2026-07-31T00:00:00.001Z'],
    ['deny', [['* * * * *', '17520h']], from, undefined],
    ['deny', [['0 0 1 6 *', '2562047h']], from, undefined],
  ]
  for (const [kind, entries, from, want] of cases) {
    t.same(
      opensAt(windows(kind, ...entries), at(from)),
      want && at(want),
      `${kind} ${entries.join(' and ')} at ${from}`,
    )
  }
})

t.test('a hundred hostile windows cost milliseconds', async t => {
  const from = at('2026-06-01T00:00')
  const hundred = (entry: (index: number) => readonly [string, string]) =>
    Array.from({ length: 100 }, (_, index) => entry(index))
  const hostile = {
    'minute by minute': hundred(index => [`${index % 60} * * * *`, '1m']),
    'never firing': [...hundred(() => ['* * 31 2,4,6,9,11 *', '1h']).slice(1), ['* * * * *', '59s'] as const],
    'hour by hour': hundred(index => [`0 ${index % 24} * * *`, '1h']),
    'years long': hundred(() => ['*/7 */5 */3 */2 *', '200000h']),
  }
  for (const [name, entries] of Object.entries(hostile)) {
    for (const kind of ['allow', 'deny'] as const) {
      const started = effortMs()
      const opens = opensAt(windows(kind, ...entries), from)
      const ms = effortMs() - started
      t.ok(ms < 100, `${kind}, ${name}: ${ms.toFixed(1)} ms`)
      t.ok(opens === undefined || opens >= from)
    }
  }
})

t.test('windows too interlocked to follow give an instant until which they are closed', async t => {
  const from = at('2026-06-01T00:00')
  const interlocked = windows('deny', ['0,30 * * * *', '20m'], ['20,50 * * * *', '10m'])
  const opens = opensAt(interlocked, from)
  t.ok(opens && opens.getTime() - from.getTime() > dayMs, 'it saves more than a day of looking')
  for (let ms = from.getTime(); opens && ms < opens.getTime(); ms += 60e3) {
    if (openAt(interlocked, new Date(ms))) t.fail(new Date(ms).toISOString())
  }
})

const field = (from: number, to: number) =>
  fc.oneof(
    fc.constant('*'),
    fc.integer({ min: from, max: to }).map(String),
    fc
      .tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to }))
      .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    fc.integer({ min: 2, max: to }).map(step => `*/${step}`),
  )
const schedule = fc
  .tuple(
    field(0, 59),
    field(0, 23),
    fc.oneof({ weight: 3, arbitrary: fc.constant('*') }, field(1, 31)),
    fc.constant('*'),
    field(0, 6),
  )
  .map(parts => parts.join(' '))
const duration = fc
  .tuple(fc.constantFrom(0, 0, 0, 1, 5, 23, 24, 48), fc.constantFrom(1, 4, 5, 15, 30, 59))
  .map(([h, m]) => `${h}h${m}m`)
const some = fc.record({
  kind: fc.constantFrom<Kind>('allow', 'deny'),
  windows: fc.array(fc.record({ schedule, duration }), { minLength: 1, maxLength: 3 }),
})
const instant = fc.integer({ min: Date.parse('2023-01-01T00:00:00Z'), max: Date.parse('2029-01-01T00:00:00Z') })

t.test('the next opening is open, and no minute before it is', { timeout: 120_000 }, async t => {
  let later = 0
  fc.assert(
    fc.property(some, instant, (windows, ms) => {
      const from = new Date(ms)
      const opens = opensAt(windows, from)
      if (opens && !openAt(windows, opens)) return false
      if (opens && opens > from) later++
      const until = Math.min(opens?.getTime() ?? Number.POSITIVE_INFINITY, ms + 3 * dayMs)
      for (let between = ms; between < until; between += 60e3) {
        if (openAt(windows, new Date(between))) return false
      }
      return opens === undefined || opens <= from || !openAt(windows, new Date(opens.getTime() - 1))
    }),
    { numRuns: 150 },
  )
  t.ok(later > 15, `${later} of them opened later`)
})

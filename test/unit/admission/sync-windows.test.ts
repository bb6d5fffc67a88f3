import t from 'tap'
import { denialText, judge, warningTexts } from '#admission'
import { externalSecret } from './objects.ts'

type Entry = readonly [schedule: string, duration: string]

/** What the rule says of windows, without what other rules say; warnings end with its id. */
const said = (kind: string, entries: readonly Entry[], over: object = {}): string[] => {
  const object = externalSecret(spec => {
    spec.syncWindows = { kind, windows: entries.map(([schedule, duration]) => ({ schedule, duration })) }
    Object.assign(spec, over)
  })
  const { denials, warnings } = judge(object, undefined, {})
  const ours = denials.filter(({ rule }) => rule === 'sync-windows')
  const lines = denialText('', ours).split('\n').slice(1)
  return [...lines.map(line => line.trim()), ...warningTexts(warnings.filter(({ rule }) => rule === 'sync-windows'))]
}
const first = 'spec.syncWindows.windows[0]'
const field = 'as a number, a list, a range or with a step'

t.test('windows that mean something pass without a word', async t => {
  const good: readonly Entry[] = [
    ['0 22 * * *', '2h'],
    ['*/15 9-17 * JAN-MAR MON-FRI', '5m'],
    ['0 0 29 2 *', '1h'],
    ['@weekly', '48h'],
    ['@daily', '23h59m'],
    ['@monthly', '1ms'],
  ]
  for (const kind of ['allow', 'deny']) {
    for (const entry of good) t.same(said(kind, [entry]), [], `${kind} ${entry}`)
    t.same(said(kind, good), [], `${kind}, all of them`)
  }
  t.same(said('allow', [['@daily', '24h']]), [], 'an allow window that is always open lets all through')
  t.same(said('allow', [['@every 8h', '8h']]), [])
})

t.test('a schedule or duration that does not parse is refused with its cause and a remedy', async t => {
  const cases: readonly [...Entry, ...lines: string[]][] = [
    [
      '60 * * * *',
      '1h',
      `${first}.schedule: "60 * * * *" is not a schedule: "60" is not a minute → write 0 to 59, ${field}`,
    ],
    [
      '0 24 * * *',
      '1h',
      `${first}.schedule: "0 24 * * *" is not a schedule: "24" is not an hour → write 0 to 23, ${field}`,
    ],
    [
      '0 0 * * 7',
      '1h',
      `${first}.schedule: "0 0 * * 7" is not a schedule: "7" is not a weekday → write 0 to 6, with 0 for Sunday, or SUN to SAT, ${field}`,
    ],
    [
      '0 0 * constructor *',
      '1h',
      `${first}.schedule: "0 0 * constructor *" is not a schedule: "constructor" is not a month → write 1 to 12 or JAN to DEC, ${field}`,
    ],
    ['0 0 L * *', '1h', `${first}.schedule: "0 0 L * *" is not a schedule: "L" is not a day → write 1 to 31, ${field}`],
    [
      '@every day',
      '1h',
      `${first}.schedule: "@every day" is not a schedule → write minute, hour, day, month and weekday as 0 22 * * 1-5, or @daily, or @every 8h`,
    ],
    [
      'TZ=Europe/Berlin 0 22 * *',
      '1h',
      `${first}.schedule: "TZ=Europe/Berlin 0 22 * *" names a time zone → write the hours of UTC, without a zone`,
    ],
    ['@daily', '2 hours', `${first}.duration: "2 hours" is not a duration → write 2h`],
    ['@daily', '', `${first}.duration: "" is not a duration → write it as 90s, 5m or 1h30m`],
    ['@daily', '0s', `${first}.duration: "0s" is no time at all → write how long the window stays open, as 2h`],
    ['@daily', '-1h', `${first}.duration: "-1h" is no time at all → write how long the window stays open, as 2h`],
    [
      '@every x',
      '0',
      `${first}.schedule: "@every x" is not a schedule → write minute, hour, day, month and weekday as 0 22 * * 1-5, or @daily, or @every 8h`,
      `${first}.duration: "0" is no time at all → write how long the window stays open, as 2h`,
    ],
  ]
  for (const [schedule, duration, ...lines] of cases) {
    t.same(said('allow', [[schedule, duration]]), lines, `${schedule} for ${duration}`)
  }
  t.match(
    said('deny', [
      ['@daily', '1h'],
      ['@daily', '1y'],
    ]).join(),
    /^spec\.syncWindows\.windows\[1\]\.duration: /,
  )
})

t.test('windows that never open, or never close where they deny, are warned about', async t => {
  const never = `${first}.schedule: is a schedule that never fires, and so the window never opens → write a day that the month has [sync-windows]`
  const shorter = `${first}.schedule: @every has no fixed start, and so a window shorter than its period never opens → write the hours, as 0 */8 * * * [sync-windows]`
  const always = `${first}.duration: lasts until the window opens again, and so nothing is ever refreshed by time → shorten it [sync-windows]`
  for (const kind of ['allow', 'deny']) {
    for (const schedule of ['0 0 31 2 *', '0 0 31 4,6 *', ', * * * *']) t.same(said(kind, [[schedule, '1h']]), [never])
    t.same(said(kind, [['@every 8h', '2h']]), [shorter])
  }
  for (const [schedule, duration] of [
    ['@hourly', '1h'],
    ['@daily', '24h'],
    ['@weekly', '200h'],
    ['@every 1h', '1h'],
    ['*/5 * * * *', '5m'],
  ] as const) {
    t.same(said('deny', [[schedule, duration]]), [always], `${schedule} for ${duration}`)
  }
})

t.test('windows beside what is never refreshed by time are warned about', async t => {
  const told = (because: string) => [
    `spec.syncWindows: gates refreshes by time alone, and there are none with ${because} → leave it out [sync-windows]`,
  ]
  const entries = [['@daily', '1h']] as const
  t.same(said('allow', entries, { refreshPolicy: 'OnChange' }), told('refreshPolicy OnChange'))
  t.same(said('allow', entries, { refreshPolicy: 'CreatedOnce' }), told('refreshPolicy CreatedOnce'))
  t.same(said('allow', entries, { refreshInterval: '0' }), told('refreshInterval "0"'))
  t.same(said('allow', entries, { refreshInterval: '-1h', refreshPolicy: 'Periodic' }), told('refreshInterval "-1h"'))
  t.same(said('allow', entries, { refreshPolicy: 'Periodic' }), [])
  t.same(said('allow', entries, { refreshInterval: 'often' }), [], 'its own rule speaks of a bad interval')
})

t.test('a hundred windows are enough', async t => {
  const many = (count: number) => Array.from({ length: count }, () => ['@daily', '1h'] as const)
  t.same(said('allow', many(100)), [])
  t.same(said('allow', many(101)), [
    'spec.syncWindows.windows: has 101 windows, more than 100 → join them: a schedule takes lists and ranges',
  ])
})

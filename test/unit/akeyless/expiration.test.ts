import t from 'tap'
import { parseExpiration, refreshTime } from '../../../pkg/akeyless/expiration.ts'

const at = Date.UTC(2026, 10, 21, 20, 36, 5)

t.test('every form of an expiration is read', async t => {
  const cases: readonly [string, number | undefined][] = [
    ['2026-11-21T20:36:05Z', at],
    ['2026-11-21T20:36:05.123456789Z', at + 123],
    ['2026-11-21T22:36:05+02:00', at],
    ['2026-11-21 20:36:05 +0000 UTC', at],
    ['2026-11-21 15:36:05 -0500 EST', at],
    ['2026-11-21 20:36:05.5 +0000 +0000', at + 500],
    ['2026-11-21 20:36:05 +0000', at],
    ['2026-13-21T20:36:05Z', undefined],
    ['1795293365', undefined],
    ['tomorrow', undefined],
    ['', undefined],
  ]
  for (const [text, want] of cases) t.equal(parseExpiration(text), want, text || 'empty')
})

t.test('a token is replaced before it ends, and not at once', async t => {
  const cases: readonly { name: string; life: number | undefined; want: number }[] = [
    { name: 'an hour: four fifths', life: 3600e3, want: 2880e3 },
    { name: 'four minutes: a minute before the end', life: 240e3, want: 180e3 },
    { name: 'half a minute: in the middle', life: 30e3, want: 15e3 },
    { name: 'no expiration: ten minutes', life: undefined, want: 600e3 },
    { name: 'an end that lies behind our clock: ten minutes', life: -5000, want: 600e3 },
  ]
  for (const { name, life, want } of cases) {
    t.equal(refreshTime(at, life === undefined ? undefined : at + life) - at, want, name)
  }
})

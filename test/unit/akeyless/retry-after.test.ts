import t from 'tap'
import { retryAfterMs } from '../../../pkg/akeyless/retry-after.ts'
import { effortMs } from '../../support/effort.ts'

const now = Date.UTC(2026, 10, 21, 20, 0, 0)
const cases: readonly { name: string; header?: string; text?: string; want: number | undefined }[] = [
  { name: 'seconds in the header', header: '7', want: 7000 },
  { name: 'a date in the header', header: 'Sat, 21 Nov 2026 20:00:30 GMT', want: 30_000 },
  { name: 'a date that has passed', header: 'Sat, 21 Nov 2026 19:00:00 GMT', want: 0 },
  { name: 'a duration in the text', text: 'too many requests, the next will be released in 1m30s.', want: 90_000 },
  { name: 'words in the text', text: 'limit will be released in 12 seconds', want: 12_000 },
  { name: 'milliseconds in the text', text: 'will be released in 250ms', want: 250 },
  { name: 'the header before the text', header: '1', text: 'will be released in 9s', want: 1000 },
  { name: 'nonsense in the header', header: 'soon', text: 'will be released in 9s', want: 9000 },
  { name: 'no more than five minutes', header: '86400', want: 300_000 },
  { name: 'nothing at all', want: undefined },
]

for (const { name, header, text = '', want } of cases) {
  t.test(`how long to wait: ${name}`, async t => {
    t.equal(retryAfterMs(header, text, now), want)
  })
}

t.test('a hostile answer costs no time', async t => {
  // without bounds 100,000 digits take 5 s, and the body may have 4 MiB
  for (const text of ['1'.repeat(100_000), `${' '.repeat(100_000)}1h`, 'will be released in '.repeat(5000)]) {
    const started = effortMs()
    t.equal(retryAfterMs(undefined, `the next will be released in ${text}`, now), undefined)
    t.ok(effortMs() - started < 200)
  }
})

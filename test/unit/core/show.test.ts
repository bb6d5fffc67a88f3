import t from 'tap'
import { member, show } from '#core'

t.test('a name is shown in quotes, on one line, with every invisible character escaped', async t => {
  const cases = [
    ['/apps/db', '"/apps/db"'],
    ['a"b\\c', String.raw`"a\"b\\c"`],
    ['a\r\nb\u001b[31m', String.raw`"a\r\nb\u001b[31m"`],
    ['a\u2028b\u202ec\u200bd\ufeffe\u0085', String.raw`"a\u2028b\u202ec\u200bd\ufeffe\u0085"`],
    ['tag \u{e0041}', String.raw`"tag \udb40\udc41"`],
    ['\u{1f600} é', '"\u{1f600} é"'],
    ['lone \ud800', '"lone \ufffd"'],
  ] as const
  for (const [name, shown] of cases) t.equal(show(name), shown)
  t.equal(show('x'.repeat(500)), `"${'x'.repeat(120)}…"`)
})

t.test('a key with a dot stands in brackets', async t => {
  t.equal(member('labels', 'team'), 'labels.team')
  t.equal(member('labels', 'a.b/c'), 'labels["a.b/c"]')
})

import t from 'tap'
import { Sensitive } from '#core'
import { createPathToken } from '../../../server/path-token.ts'

const [first, second, third] = ['a', 'b', 'c'].map(letter => letter.repeat(43)) as [string, string, string]

t.test('a token opens once it is known, and its predecessor for ten minutes more', async t => {
  const clock = { now: 0 }
  const token = createPathToken(() => clock.now)
  t.equal(token.path(), undefined)
  for (const text of ['', first, 'undefined']) t.notOk(token.accepts(text), text)
  token.use(Sensitive.text(first))
  t.equal(token.path(), `/validate/${first}`)
  t.ok(token.accepts(first))
  for (const text of ['', first.slice(1), `${first}a`, second, first.toUpperCase()]) t.notOk(token.accepts(text), text)
  token.use(Sensitive.text(second))
  token.use(Sensitive.text(second))
  t.equal(token.path(), `/validate/${second}`)
  t.same([first, second, third].map(token.accepts), [true, true, false])
  clock.now = 10 * 60e3
  t.same([first, second, third].map(token.accepts), [false, true, false])
  t.notMatch(JSON.stringify(token), second)
})

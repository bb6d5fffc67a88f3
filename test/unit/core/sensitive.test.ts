import { inspect } from 'node:util'
import t from 'tap'
import { Sensitive } from '#core'

const canary = 'CANARY-7f3a-not-for-print'

t.test('no way of printing shows the bytes', async t => {
  const secret = Sensitive.text(canary)
  const nested = { list: [secret], map: new Map([['k', secret]]) }
  const error = new Error(`with ${secret}`)
  for (const text of [
    `${secret}`,
    String(secret),
    JSON.stringify(nested),
    inspect(nested, { depth: 9, showHidden: true }),
    error.message,
    inspect(secret),
  ]) {
    t.notMatch(text, /CANARY/)
  }
})

t.test('reveal gives back what went in, bytes untouched', async t => {
  t.equal(Sensitive.text('ä😀').reveal().toString('hex'), 'c3a4f09f9880')
  t.equal(
    Sensitive.bytes(new Uint8Array([0, 255]))
      .reveal()
      .toString('hex'),
    '00ff',
  )
  t.equal(Sensitive.text('\ud800').reveal().toString('hex'), 'efbfbd', 'a lone surrogate as Go prints it')
  t.equal(Sensitive.text('ä').size, 2)
})

t.test('equality and fingerprints follow the bytes', async t => {
  t.ok(Sensitive.text('a').equals(Sensitive.text('a')))
  t.notOk(Sensitive.text('a').equals(Sensitive.text('ab')))
  t.equal(Sensitive.text('a').fingerprint(), Sensitive.bytes(Buffer.from('a')).fingerprint())
})

import t from 'tap'
import { deriveToken, issueCa, randomSources } from '#certs'
import { Sensitive } from '#core'

const [one, two] = await Promise.all([1, 2].map(() => issueCa({ sources: randomSources(), now: new Date() })))
const text = (key: Sensitive) => deriveToken(key).reveal().toString()

t.test('every holder of one key derives the same token, which fits into a URL; another key gives another', async t => {
  if (!one || !two) throw new Error('no CA')
  const token = text(one.key)
  t.match(token, /^[\w-]{43}$/)
  const pem = one.key.reveal().toString()
  t.equal(text(Sensitive.text(`\n${pem.replaceAll('\n', '\r\n')}\n`)), token, 'however its PEM is written')
  t.not(text(two.key), token)
  t.equal(`${deriveToken(one.key)}`, '[redacted]')
})

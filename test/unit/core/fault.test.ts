import t from 'tap'
import { asFault, Fault, faults, sentence } from '#core'

t.test('a fault reads as path, what is wrong, what would be right', async t => {
  const fault = new Fault('ItemNotFound', 'item "/db" not found', { remedy: 'check the path' })
  t.equal(fault.line(), 'item "/db" not found → check the path')
  t.equal(fault.at('spec.data[1]').line(), 'spec.data[1]: item "/db" not found → check the path')
  t.equal(fault.at('spec.data[1]').code, 'ItemNotFound')
  t.equal(sentence({ message: 'wrong' }), 'wrong')
})

t.test('what a foreign error says is not repeated', async t => {
  const fault = asFault(new Error('password hunter2 is wrong'))
  t.equal(fault.code, 'Unexpected')
  t.notMatch(fault.line(), /hunter2/)
  const own = new Fault('RateLimited', 'too many requests', { retryAfterMs: 5 })
  t.equal(asFault(own), own)
  t.equal(own.at('x').retryAfterMs, 5)
})

t.test('a fault without a remedy of its own has that of the catalogue', async t => {
  const fault = new Fault('GatewayFailed', 'gateway g failed', { path: 'spec' })
  t.equal(fault.line(), `spec: gateway g failed → ${faults.GatewayFailed.remedy}`)
  t.equal(asFault(new Error('x')).line(), `a defect in Latchkey → ${faults.Unexpected.remedy}`)
})

t.test('every fault tells its cause in a sentence and a remedy that reads well after an arrow', async t => {
  for (const [code, { cause, remedy }] of Object.entries(faults)) {
    t.match(code, /^[A-Z][A-Za-z]+$/)
    t.match(cause, /^[A-Z].*\.$/, code)
    t.match(remedy, /^[a-z].*[^.]$/, code)
  }
})

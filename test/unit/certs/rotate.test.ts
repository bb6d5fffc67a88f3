import t from 'tap'
import { nextStep, renewalOf, settleMs, trusted } from '#certs'

const minute = 60e3
const hour = 60 * minute
const day = 24 * hour
const start = Date.parse('2026-01-01T00:00:00Z')
const names = { dns: ['latchkey.latchkey-system.svc'], ip: ['127.0.0.1'] }
const signer = { id: 'A', notBefore: start - hour, notAfter: start + 365 * day }
const leaf = { notBefore: start - hour, notAfter: start + 90 * day, names, signer: 'A' }
// a CA made 200 days later, by this or by another replica
const newer = { id: 'B', notBefore: start + 200 * day - hour, notAfter: start + 565 * day }
const aged = { ...leaf, notBefore: start + 190 * day - hour, notAfter: start + 280 * day }

const cases = [
  { name: 'an empty store asks for a CA', signer: undefined, leaf: undefined, at: 0, want: 'new-ca' },
  { name: 'a CA without a leaf asks for a leaf', signer, leaf: undefined, at: 0, want: 'new-leaf' },
  { name: 'a young pair stays', signer, leaf, at: day, want: 'keep' },
  { name: 'a leaf stays until two thirds of its life', signer, leaf, at: 59 * day, want: 'keep' },
  { name: 'a leaf is renewed after two thirds of its life', signer, leaf, at: 60 * day, want: 'new-leaf' },
  { name: 'an expired leaf is renewed', signer, leaf, at: 91 * day, want: 'new-leaf' },
  { name: 'a CA is followed after two thirds of its life', signer, leaf, at: 244 * day, want: 'new-ca' },
  { name: 'an expired CA is followed', signer, leaf, at: 400 * day, want: 'new-ca' },
  { name: 'a clock set back an hour changes nothing', signer, leaf, at: -59 * minute, want: 'keep' },
  { name: 'a clock set back to before the CA began asks for a CA', signer, leaf, at: -2 * day, want: 'new-ca' },
  { name: 'a clock set back to before the leaf began asks for a leaf', signer, leaf: aged, at: day, want: 'new-leaf' },
  {
    name: 'a new name asks for a leaf',
    signer,
    leaf: { ...leaf, names: { dns: [], ip: [] } },
    at: 0,
    want: 'new-leaf',
  },
  {
    name: 'a name too many does no harm',
    signer,
    leaf: { ...leaf, names: { ...names, dns: [...names.dns, 'x'] } },
    at: 0,
    want: 'keep',
  },
  { name: 'a new CA is only announced at first', signer: newer, leaf: aged, at: 200 * day + minute, want: 'keep' },
  {
    name: 'a new CA signs after it has settled',
    signer: newer,
    leaf: aged,
    at: 200 * day + settleMs,
    want: 'new-leaf',
  },
  {
    name: 'a new CA signs at once where nothing serves',
    signer: newer,
    leaf: undefined,
    at: 200 * day,
    want: 'new-leaf',
  },
  { name: 'a new CA signs at once where the old leaf is dead', signer: newer, leaf, at: 200 * day, want: 'new-leaf' },
  {
    name: 'a leaf due for renewal waits for the new CA to settle',
    signer: newer,
    leaf: { ...aged, notAfter: start + 200.1 * day },
    at: 200 * day,
    want: 'keep',
  },
] as const

for (const { name, at, want, ...input } of cases) {
  t.test(name, async t => {
    const step = nextStep({ signer: input.signer, leaf: input.leaf, names, now: start + at })
    t.equal(step.do, want)
    if (step.do !== 'keep') t.match(step.because, /\w+ \w+/)
  })
}

t.test('renewal falls at two thirds of a life', async t => {
  t.equal(renewalOf({ notBefore: 0, notAfter: 90 }), 60)
})

t.test('a retired CA is trusted as long as a leaf of it can live, and not beyond its own end', async t => {
  const made = newer.notBefore + hour
  const ids = (now: number) => trusted([newer, signer], now).map(({ id }) => id)
  t.same(ids(made), ['B', 'A'])
  t.same(ids(made + 90 * day), ['B', 'A'])
  t.same(ids(made + 92 * day), ['B'])
  t.same(
    trusted([newer, { ...signer, notAfter: made }], made).map(({ id }) => id),
    ['B'],
  )
  t.same(
    trusted([signer], start + 999 * day).map(({ id }) => id),
    ['A'],
    'the signing CA is never dropped',
  )
})

import fc from 'fast-check'
import t from 'tap'
import { Fault } from '#core'
import { readApart } from '../../../pkg/akeyless/batch.ts'
import { Refusal, type Why } from '../../../pkg/akeyless/refusal.ts'

const refusal = (why: Why) => new Refusal(why, new Fault('ItemNotFound', why))
const { signal } = new AbortController()

/** A gateway that refuses a call as soon as one of its names is bad, or leaves the bad names out. */
const gateway = (bad: ReadonlyMap<string, Why>, manner: 'refuse' | 'omit') => {
  const calls: (readonly string[])[] = []
  const fetch = async (names: readonly string[]) => {
    calls.push(names)
    const spoilt = names.find(name => bad.has(name))
    if (spoilt !== undefined && (manner === 'refuse' || names.length === 1)) throw refusal(bad.get(spoilt) ?? 'absent')
    return new Map(names.filter(name => !bad.has(name)).map(name => [name, `value of ${name}`]))
  }
  return { fetch, calls }
}

t.test('every name gets its own outcome, whichever of them are bad', async t => {
  const names = fc.uniqueArray(fc.stringMatching(/^\/[a-z]{1,6}$/), { minLength: 1, maxLength: 100 })
  const manners = fc.constantFrom('refuse' as const, 'omit' as const)
  const holds = fc.asyncProperty(names, fc.array(fc.boolean()), manners, async (all, flags, manner) => {
    const bad = new Map(all.flatMap((name, index): [string, Why][] => (flags[index] ? [[name, 'denied']] : [])))
    const outcome = await readApart<string>(gateway(bad, manner).fetch, all, signal)
    return all.every(name => {
      const value = outcome.get(name)
      return (value instanceof Refusal ? value.why : value) === (bad.get(name) ?? `value of ${name}`)
    })
  })
  t.equal((await fc.check(holds, { numRuns: 200 })).counterexample, null)
})

t.test('one bad name among a hundred costs a handful of calls', async t => {
  const names = Array.from({ length: 100 }, (_, index) => `/${index}`)
  const { fetch, calls } = gateway(new Map([['/33', 'failed']]), 'refuse')
  const outcome = await readApart<string>(fetch, names, signal)
  t.equal([...outcome.values()].filter(value => value instanceof Refusal).length, 1)
  t.ok(calls.length <= 15, `${calls.length} calls`)
})

t.test('what concerns the whole gateway is not asked for piece by piece', async t => {
  const names = Array.from({ length: 100 }, (_, index) => `/${index}`)
  const cases: readonly [Why, number][] = [
    ['rate', 1],
    ['login', 1],
    ['down', 1],
    ['slow', 1],
    ['path', 1],
    ['failed', 3],
    ['foreign', 3],
  ]
  for (const [why, want] of cases) {
    const { fetch, calls } = gateway(new Map(names.map(name => [name, why])), 'refuse')
    const outcome = await readApart<string>(fetch, names, signal)
    t.ok([...outcome.values()].every(value => value instanceof Refusal && value.why === why))
    t.equal(outcome.size, 100)
    t.equal(calls.length, want, why)
  }
})

t.test('what is no refusal ends the whole read', async t => {
  const fetch = async () => {
    throw new Error('defect')
  }
  await t.rejects(readApart<string>(fetch, ['/a', '/b'], signal), { message: 'defect' })
})

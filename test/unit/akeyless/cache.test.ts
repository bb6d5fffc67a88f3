import { setTimeout as turn } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { Sensitive } from '#core'
import { type CacheKey, createCache, longestKeptMs } from '../../../pkg/akeyless/cache.ts'

const hour = 3600e3
const value = (text: string) => ({ type: 'STATIC_SECRET' as const, text: Sensitive.text(text) })
const key = (over: Partial<CacheKey> = {}): CacheKey => ({
  owner: 'o',
  reader: 'r',
  path: '/a',
  version: 0,
  scope: '',
  ...over,
})
const textOf = (found: ReturnType<ReturnType<typeof createCache>['get']>) => found?.text.reveal().toString()

const keys: fc.Arbitrary<CacheKey> = fc.record({
  owner: fc.constantFrom('o1', 'o2'),
  reader: fc.constantFrom('r1', 'r2'),
  path: fc.constantFrom('/a', '/b', '/a","0'),
  version: fc.constantFrom(0, 1),
  scope: fc.constantFrom('', 's1', 's2'),
})
const steps = fc.oneof(
  fc.record({ do: fc.constant('put' as const), key: keys, ms: fc.nat(20) }),
  fc.record({ do: fc.constant('get' as const), key: keys, ms: fc.nat(20) }),
  fc.record({ do: fc.constant('get' as const), key: keys, ms: fc.nat(20) }),
  fc.record({ do: fc.constantFrom('forget' as const, 'revoke' as const), key: keys, ms: fc.nat(3) }),
)

t.test('no value ever crosses to another identity, item, version or object, in 100,000 random steps', async t => {
  const crossed: string[] = []
  let hits = 0
  fc.assert(
    fc.property(fc.array(steps, { minLength: 200, maxLength: 200 }), run => {
      const clock = { now: 0 }
      const cache = createCache(() => clock.now, 60_000)
      const model = new Map<string, { text: string; at: number; owner: string; path: string }>()
      for (const [index, step] of run.entries()) {
        clock.now += step.ms
        const name = JSON.stringify(step.key)
        const { owner, path } = step.key
        if (step.do === 'put') {
          model.set(name, { text: `${name} ${index}`, at: clock.now, owner, path })
          cache.put(step.key, value(`${name} ${index}`), clock.now, hour)
        } else if (step.do === 'get') {
          const found = textOf(cache.get(step.key, 500))
          const known = model.get(name)
          const want = known && clock.now - known.at < 500 ? known.text : undefined
          if (found !== want) crossed.push(`${name}: ${found} for ${want}`)
          if (found !== undefined) hits += 1
        } else {
          const mine = [...model].filter(([, entry]) => entry.owner === owner)
          if (step.do === 'forget' || mine.some(([, entry]) => entry.path === path))
            for (const [old] of mine) model.delete(old)
          cache[step.do](owner, path)
        }
      }
    }),
    { numRuns: 500 },
  )
  t.same(crossed, [])
  t.ok(hits > 1000, `${hits} hits`)
})

t.test('the cache is bounded by bytes', async t => {
  const cache = createCache(() => 0, 10_000)
  for (let n = 0; n < 100; n++) cache.put(key({ path: `/${n}` }), value('x'.repeat(1000)), 0, hour)
  const kept = Array.from({ length: 100 }, (_, n) => cache.get(key({ path: `/${n}` }), 1)).filter(Boolean)
  t.ok(kept.length > 2 && kept.length < 10, `${kept.length} kept`)
  cache.put(key({ path: '/huge' }), value('x'.repeat(20_000)), 0, hour)
  t.equal(cache.get(key({ path: '/huge' }), 1), undefined)
  t.ok(cache.get(key({ path: '/99' }), 1), 'one that does not fit pushes nobody out')
})

t.test('a denial of what was readable forgets the identity; a denial of what never was does not', async t => {
  const cache = createCache(() => 0)
  cache.put(key(), value('a'), 0, hour)
  cache.put(key({ path: '/b' }), value('b'), 0, hour)
  cache.put(key({ owner: 'other' }), value('c'), 0, hour)
  cache.revoke('o', '/never')
  t.equal(textOf(cache.get(key(), 1)), 'a')
  cache.revoke('o', '/b')
  t.equal(cache.get(key(), 1), undefined)
  t.equal(textOf(cache.get(key({ owner: 'other' }), 1)), 'c')
})

t.test('a value ends with the longest time that it was wanted for, and a lease with itself', async t => {
  const cache = createCache(() => 0)
  const briefMs = 30
  const paths = ['/short', '/wanted', '/lease']
  cache.put(key({ path: '/short' }), value('a'), 0, briefMs)
  cache.put(key({ path: '/wanted' }), value('b'), 0, hour)
  cache.put(key({ path: '/wanted' }), value('b'), 0, briefMs)
  cache.put(key({ path: '/lease' }), { ...value('c'), ttlMs: briefMs }, 0, hour)
  const kept = () => paths.filter(path => cache.get(key({ path }), hour))
  t.same(kept(), paths)
  while (kept().length === paths.length) await turn()
  while (kept().length > 1) await turn()
  t.same(kept(), ['/wanted'])
})

t.test('no object keeps a value for longer than a day', async t => {
  t.equal(longestKeptMs, 24 * hour)
  const cache = createCache(() => 0)
  cache.put(key(), value('a'), 0, Number.POSITIVE_INFINITY)
  t.equal(textOf(cache.get(key(), 1)), 'a', 'no timer overflows')
})

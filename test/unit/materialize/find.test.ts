import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { Find, ItemQuery, ListedItem } from '#api'
import { Fault } from '#core'
import { findProblem, findQuery, select, type Turns } from '../../../pkg/materialize/find.ts'
import { effortMs } from '../../support/effort.ts'

const path = 'spec.dataFrom[0].find'
const turns: Turns = { now: () => performance.now(), pause: () => turn() }

const listing = (...paths: string[]): ListedItem[] => paths.map(each => ({ path: each, type: 'STATIC_SECRET' }))

/** What a find takes, or the line of its fault. */
const take = async (find: Find, listed: readonly ListedItem[]): Promise<readonly string[] | string> => {
  const found = await select(find, listed, path, turns)
  return found instanceof Fault ? `${found.code} ${found.line()}` : found
}

t.test('a find becomes a query as in ESO', async t => {
  const cases: { name: string; find: Find; want: ItemQuery }[] = [
    { name: 'a name looks through everything', find: { name: { regexp: 'x' } }, want: {} },
    { name: 'a folder gets its slashes', find: { path: 'a/b', name: { regexp: 'x' } }, want: { path: '/a/b/' } },
    { name: 'a folder keeps its slashes', find: { path: '/a/' }, want: { path: '/a/' } },
    { name: 'the root is everything', find: { path: '/' }, want: {} },
    { name: 'an empty path is none', find: { path: '', tags: { a: 'b' } }, want: { tags: ['b'] } },
    {
      name: 'of tags only the values count, each once',
      find: { path: 'a', tags: { k: 'v', l: 'w', m: 'v' } },
      want: { path: '/a/', tags: ['v', 'w'] },
    },
    { name: 'a name makes tags meaningless', find: { name: { regexp: 'x' }, tags: { k: 'v' } }, want: {} },
    { name: 'even one without an expression', find: { name: {}, tags: { k: 'v' } }, want: {} },
    { name: 'no tags are none', find: { path: 'a', tags: {} }, want: { path: '/a/' } },
  ]
  for (const { name, find, want } of cases) t.same(findQuery(find), want, name)
})

t.test('the full path decides, by an expression that matches anywhere', async t => {
  const listed = listing('/b/db', '/a/DB', '/a/db-2', '/a/web', '/žlutý/db')
  const cases: { name: string; find: Find; want: string[] }[] = [
    { name: 'anywhere in the path', find: { name: { regexp: 'db' } }, want: ['/a/db-2', '/b/db', '/žlutý/db'] },
    { name: 'in its folders', find: { name: { regexp: '^/a/' } }, want: ['/a/DB', '/a/db-2', '/a/web'] },
    { name: 'anchored where it says so', find: { name: { regexp: '/db$' } }, want: ['/b/db', '/žlutý/db'] },
    { name: 'with the flags of Go', find: { name: { regexp: '(?i)^/a/db' } }, want: ['/a/DB', '/a/db-2'] },
    {
      name: 'with the classes of Go',
      find: { name: { regexp: '[[:upper:]]|\\p{Latin}ý' } },
      want: ['/a/DB', '/žlutý/db'],
    },
    { name: 'nothing', find: { name: { regexp: 'nowhere' } }, want: [] },
    {
      name: 'everything by an empty expression',
      find: { name: { regexp: '' } },
      want: ['/a/DB', '/a/db-2', '/a/web', '/b/db', '/žlutý/db'],
    },
    {
      name: 'everything by a name without one',
      find: { name: {} },
      want: ['/a/DB', '/a/db-2', '/a/web', '/b/db', '/žlutý/db'],
    },
    { name: 'everything of a folder', find: { path: '/' }, want: ['/a/DB', '/a/db-2', '/a/web', '/b/db', '/žlutý/db'] },
    {
      name: 'everything that has a tag',
      find: { tags: { a: 'b' } },
      want: ['/a/DB', '/a/db-2', '/a/web', '/b/db', '/žlutý/db'],
    },
    {
      name: 'by name alone where there are tags too',
      find: { name: { regexp: 'web' }, tags: { a: 'b' } },
      want: ['/a/web'],
    },
  ]
  for (const { name, find, want } of cases) t.same(await take(find, listed), want, name)
})

t.test('the result is in the order of bytes, whatever the listing was', async t => {
  const ordered = ['/A', '/__proto__', '/a', '/a/b', '/ab', '/é', '/\uffee', '/🐎']
  for (const listed of [[...ordered].reverse(), [...ordered].sort()])
    t.same(await take({ path: '/' }, listing(...listed)), ordered)
})

t.test('a find that says too little or too much is a fault at its field', async t => {
  const tags = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, `v${index}`]))
  const cases: { find: Find; want: string }[] = [
    { find: {}, want: `${path}: does not say what to find → set name.regexp, tags or path` },
    { find: { path: '' }, want: `${path}: does not say what to find → set name.regexp, tags or path` },
    { find: { tags: {} }, want: `${path}: does not say what to find → set name.regexp, tags or path` },
    { find: { tags: { a: 'b', env: '' } }, want: `${path}.tags.env: is empty → give the tag, which is the value here` },
    {
      find: { path: 'a', tags: { 'a.b': 'x'.repeat(4097) } },
      want: `${path}.tags["a.b"]: is longer than 4096 characters → shorten it`,
    },
    { find: { tags }, want: `${path}.tags: has 51 tags, 50 are allowed → find by fewer tags` },
    {
      find: { path: 'x'.repeat(4097) },
      want: `${path}.path: is longer than 4096 characters → write the folder as Akeyless has it`,
    },
  ]
  for (const { find, want } of cases) {
    t.equal(findProblem(find, path)?.line(), want)
    t.equal(await take(find, listing('/a')), `SpecInvalid ${want}`)
  }
  const none = ', which has no lookaround and no back references'
  const correct = 'correct it; the syntax is that of Go'
  for (const [regexp, why, remedy = correct] of [
    ['(', ': missing closing )'],
    ['a(?=b)', none],
    ['\\1', none],
    ['(?<n>a)\\k<n>', ': invalid escape sequence'],
    ['*', ': missing argument to repetition operator', 'write .* where anything may stand'],
    ['x{1001}', ': invalid repeat count'],
    ['[z-a]', ': invalid character class range'],
  ] as const)
    t.equal(
      await take({ name: { regexp } }, []),
      `SpecInvalid ${path}.name.regexp: is not a regular expression of RE2${why} → ${remedy}`,
      regexp,
    )
})

t.test('a thousand items are found, and not one more', async t => {
  const listed = listing(...Array.from({ length: 1001 }, (_, index) => `/x/${index}`))
  t.equal((await take({ path: 'x' }, listed.slice(1))).length, 1000)
  t.equal((await take({ name: { regexp: '[^0]$|0' } }, listed.slice(1))).length, 1000)
  t.equal(
    await take({ path: 'x' }, listed),
    `SecretTooLarge ${path}: finds 1001 items, 1000 are allowed → narrow it by path or name.regexp, or split it into several ExternalSecrets`,
  )
})

const vault = (size: number) =>
  listing(
    ...Array.from(
      { length: size },
      (_, n) => `/apps/team-${n % 50}/service-${n}/production/database-password-${n % 7}`,
    ),
  )

t.test('50,000 names are looked through in 300 ms', async t => {
  const listed = vault(50_000)
  for (const regexp of [
    '^/apps/team-7/.*password-3$',
    '(db|database)-(user|password)-9$',
    '(a+)+Z',
    '(.*)(.*)(.*)(.*)x',
  ])
    await t.test(regexp, async t => {
      const started = effortMs()
      t.ok(Array.isArray(await take({ name: { regexp } }, listed)))
      const tookMs = effortMs() - started
      t.ok(tookMs < 300, `${tookMs} ms`)
    })
})

t.test('a hostile expression over a hostile vault holds nobody up, and is cut', async t => {
  // letters as a generator of pseudo-random numbers gives them: every name makes the automaton grow
  let seed = 1
  const letter = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return 'ab c'[(seed >> 16) & 3]
  }
  const listed = listing(...Array.from({ length: 20_000 }, () => `/${Array.from({ length: 120 }, letter).join('')}`))
  let longestMs = 0
  let last = performance.now()
  const watched: Turns = {
    // ten times as fast, for a test that is
    now: () => performance.now() * 10,
    pause: async () => {
      longestMs = Math.max(longestMs, performance.now() - last)
      await turn()
      last = performance.now()
    },
  }
  last = performance.now()
  const started = last
  const found = await select({ name: { regexp: '(?:a.{0,90}){9}[A-Zd]' } }, listed, path, watched)
  t.match(found, {
    code: 'SpecInvalid',
    path: `${path}.name.regexp`,
    message: /takes too long on the names of 20000 items/,
  })
  t.ok(longestMs < 250, `nobody waits for longer than ${longestMs} ms`)
  t.ok(performance.now() - started < 5000)
})

t.test('a search that nobody wants any more ends', async t => {
  const left = new Error('left')
  let at = 0
  const pause = () => Promise.reject(left)
  await t.rejects(select({ name: { regexp: 'x' } }, vault(10), path, { now: () => (at += 11), pause }), left)
})

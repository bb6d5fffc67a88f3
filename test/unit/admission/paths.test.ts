// Path allow-lists, looked at as by somebody who wants past them.
import fc from 'fast-check'
import t from 'tap'
import { allowedPaths, allowsFolder, allowsItem } from '#admission'
import { fits } from '#api'
import { effortMs } from '../../support/effort.ts'

const allow = ['/team-a/*', '/shared/db', 'plain/*']

const items: readonly [key: string, isAllowed: boolean][] = [
  ['/team-a/db', true],
  ['team-a/db', true],
  ['/team-a/x/y/z', true],
  ['/team-a/my.app/.env', true],
  ['/team-a/two words', true],
  ['/shared/db', true],
  ['shared/db', true],
  ['plain/x', true],
  ['/plain/x', true],
  ['/team-a/é', true],
  ['/team-a', false],
  ['/team-a/', false],
  ['/team-ab/db', false],
  ['/team-a-b/db', false],
  ['/Team-A/db', false],
  ['/shared/DB', false],
  ['/shared/db2', false],
  ['/shared/db/x', false],
  ['/shared/db/', false],
  ['/shared', false],
  ['', false],
  ['/', false],
  ['//', false],
  ['//team-a/db', false],
  ['/team-a//db', false],
  ['/team-a/db/', false],
  ['/team-a/../team-b/db', false],
  ['/team-a/..', false],
  ['/team-a/./db', false],
  ['/team-a/.../db', false],
  ['/team-a/ .. /team-b/db', false],
  ['../team-a/db', false],
  ['/team-a/%2e%2e/team-b/db', false],
  ['/team-a/%2E%2E%2Fteam-b', false],
  ['/team-a/%252e%252e/team-b', false],
  ['/team-a/..\\team-b', false],
  ['/team-a\\..\\team-b', false],
  ['/team-a/\u2025/team-b', false],
  ['/team-a/\u2024\u2024/team-b', false],
  ['/team-a/\uff0e\uff0e/team-b', false],
  ['/team-a/..\uff0fteam-b', false],
  ['\uff0fteam-a/db', false],
  ['/team-\uff41/db', false],
  ['/team-a/\u0000', false],
  ['/team-a/a\nb', false],
  ['/team-a/\u202e', false],
  ['/team-a/\u200b../x', false],
  ['/team-a/.\u200b./x', false],
  [' /team-a/db', false],
]
for (const [key, isAllowed] of items) {
  t.test(`${JSON.stringify(key)} is ${isAllowed ? '' : 'not '}an allowed item`, async t => {
    t.equal(allowsItem(allow, key), isAllowed)
  })
}

const folders: readonly [path: string | undefined, isAllowed: boolean][] = [
  ['/team-a', true],
  ['/team-a/', true],
  ['team-a', true],
  ['/team-a/x', true],
  ['/team-ab', false],
  ['/team', false],
  ['/team-a//', false],
  ['/team-a/../team-b', false],
  ['/shared/db', false],
  ['/shared', false],
  ['/', false],
  ['', false],
  [undefined, false],
]
for (const [path, isAllowed] of folders) {
  t.test(`${JSON.stringify(path)} is ${isAllowed ? '' : 'not '}an allowed folder`, async t => {
    t.equal(allowsFolder(allow, path), isAllowed)
  })
}

t.test('marks without end on one letter cost nothing, and are no plain path', async t => {
  const hostile = `/team-a/a${'\u0301'.repeat(50_000)}${'\u0327'.repeat(50_000)}`
  const started = effortMs()
  t.equal(allowsItem(allow, hostile), false)
  t.equal(allowsFolder(allow, hostile), false)
  t.equal(allowsItem(allow, `/team-a/${'x'.repeat(5_000)}`), false, 'no item has a longer name')
  t.equal(allowsItem(allow, `/team-a/a${'\u0301'.repeat(30)}`), true, 'as many as text has')
  // composing them took 10 s
  t.ok(effortMs() - started < 500)
})

t.test('everything may be allowed, and then anything that says where it leads is', async t => {
  for (const all of ['*', '/*']) {
    t.ok(
      allowsItem([all], '/a/b') &&
        allowsFolder([all], undefined) &&
        allowsFolder([all], '/') &&
        allowsFolder([all], '/a'),
    )
    t.notOk(allowsItem([all], '/a/../b') || allowsItem([all], '/') || allowsItem([all], '/a/'))
  }
  t.notOk(allowsItem([], '/a') || allowsFolder([], '/a'))
})

const piece = fc.constantFrom('a', 'b', 'ab', 'A', '.', '..', '', ' ', '%2e%2e', '\\', '\uff0f', '\u2025', '*', 'é')
const path = fc
  .tuple(fc.boolean(), fc.array(piece, { maxLength: 5 }))
  .map(([slash, pieces]) => `${slash ? '/' : ''}${pieces.join('/')}`)
const clean = fc.array(fc.constantFrom('a', 'b', 'ab', 'A'), { minLength: 1, maxLength: 3 })
const entry = fc
  .tuple(fc.boolean(), fc.boolean(), clean)
  .map(([slash, below, pieces]) => `${slash ? '/' : ''}${pieces.join('/')}${below ? '/*' : ''}`)

t.test('what is allowed begins with an allowed path at the boundary of a segment, and climbs nowhere', async () => {
  const segments = (text: string) => text.replace(/^\//, '').split('/')
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 4 }), path, (entries, key) => {
      if (!allowsItem(entries, key)) return true
      const own = segments(key)
      const begins = entries.some(each => {
        const wanted = segments(each.replace(/\/\*$/, ''))
        const rest = own.length - wanted.length
        return wanted.every((text, index) => text === own[index]) && (each.endsWith('/*') ? rest > 0 : rest === 0)
      })
      return begins && own.every(each => each.trim() !== '' && !/^\.+$/.test(each.normalize('NFKC')))
    }),
    { numRuns: 20_000 },
  )
})

t.test('a folder is allowed where every item below it is, and only then', async () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 4 }), path, (entries, folder) => {
      const below = `${folder.replace(/\/$/, '')}/anything`
      return allowsFolder(entries, folder) === allowsItem(entries, below)
    }),
    { numRuns: 20_000 },
  )
})

t.test('a pattern fits as the expression does that it stands for', async () => {
  const letters = (extra: readonly string[]) =>
    fc.array(fc.constantFrom('a', 'b', '-', ...extra), { maxLength: 8 }).map(all => all.join(''))
  fc.assert(
    fc.property(letters(['*', '*']), letters(['/']), (pattern, text) => {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`)
      return fits(pattern, text) === expression.test(text)
    }),
    { numRuns: 20_000 },
  )
})

t.test('entries govern by namespace and store, add up, and leave the rest free', async t => {
  const policy = {
    rules: {},
    paths: [
      { namespaces: ['team-a', 'team-a-*'], stores: ['ClusterSecretStore/shared'], allow: ['/team-a/*'] },
      { stores: ['*/shared'], allow: ['/shared/*'] },
      { namespaces: ['locked'], allow: [] },
    ],
  }
  const of = (namespace: string, kind: 'SecretStore' | 'ClusterSecretStore', name: string) =>
    allowedPaths(policy, { namespace, store: { kind, name } })
  t.same(of('team-a', 'ClusterSecretStore', 'shared'), ['/team-a/*', '/shared/*'])
  t.same(of('team-a-1', 'ClusterSecretStore', 'shared'), ['/team-a/*', '/shared/*'])
  t.same(of('team-ab', 'ClusterSecretStore', 'shared'), ['/shared/*'])
  t.same(of('team-a', 'SecretStore', 'shared'), ['/shared/*'])
  t.equal(of('team-a', 'SecretStore', 'own'), undefined)
  t.same(of('locked', 'SecretStore', 'own'), [])
  t.equal(allowedPaths(undefined, { namespace: 'locked', store: { kind: 'SecretStore', name: 'own' } }), undefined)
})

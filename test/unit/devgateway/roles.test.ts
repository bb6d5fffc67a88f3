import t from 'tap'
import { granted, Rule } from '../../../pkg/devgateway/roles.ts'

const cases = [
  { name: 'a star covers everything below', path: '/apps/*', asks: '/apps/a/b', want: true },
  { name: 'a star does not cover the folder itself', path: '/apps/*', asks: '/apps', want: false },
  { name: 'a star may end a part of a name', path: '/apps/db-*', asks: '/apps/db-user', want: true },
  { name: 'a part of a name must fit', path: '/apps/db-*', asks: '/apps/api', want: false },
  { name: 'the root star covers all', path: '/*', asks: '/x', want: true },
  { name: 'a plus is one segment', path: '/apps/+/db', asks: '/apps/prod/db', want: true },
  { name: 'a plus is not two segments', path: '/apps/+/db', asks: '/apps/prod/eu/db', want: false },
  { name: 'a plus and a star go together', path: '/+/prod/*', asks: '/apps/prod/a/b', want: true },
  { name: 'a plain path is itself alone', path: '/apps/db', asks: '/apps/db', want: true },
  { name: 'a plain path is no prefix', path: '/apps/db', asks: '/apps/db/x', want: false },
]

for (const { name, path, asks, want } of cases)
  t.test(name, async t => {
    t.equal(granted([Rule.parse({ path, allow: ['read'] })], asks).includes('read'), want)
  })

t.test('rules add up, any of them implies list, and deny wins', async t => {
  const rules = [
    { path: '/*', allow: ['read'] },
    { path: '/apps/*', allow: ['update'] },
    { path: '/apps/secret/*', deny: true },
  ].map(rule => Rule.parse(rule))
  t.same(granted(rules, '/x'), ['read', 'list'])
  t.same(granted(rules, '/apps/x'), ['read', 'list', 'update'])
  t.same(granted(rules, '/apps/secret/x'), [])
  t.same(granted([], '/x'), [])
})

import t from 'tap'
import { identities, logIn, startGateway } from '../../support/gateway.ts'

const list = async (call: Awaited<ReturnType<typeof logIn>>, query: object) => {
  const { body } = await call('list-items', query)
  return { ...body, names: body.items.map((item: { item_name: string }) => item.item_name) }
}

t.test('filters narrow the list', async t => {
  const now = new Date('2026-01-02T03:04:05Z')
  const gateway = await startGateway(t, undefined, { now: () => now })
  const call = await logIn(gateway)
  await gateway.put({ path: '/apps/deep/er/one', type: 'STATIC_SECRET', value: 'v' })
  gateway.shiftClock(60e3)
  gateway.rotate('/apps/db-username', 'newer')
  const passwords = ['/apps/db-password']
  const cases = [
    { name: 'by a part of the name', query: { filter: 'passw' }, want: passwords },
    { name: 'by folder, all the way down', query: { path: '/apps/deep' }, want: ['/apps/deep/er/one'] },
    { name: 'by folder without its leading slash', query: { path: 'apps/deep/' }, want: ['/apps/deep/er/one'] },
    { name: 'by folder alone', query: { path: '/apps/deep/er', 'current-folder': true }, want: ['/apps/deep/er/one'] },
    { name: 'not below the current folder', query: { path: '/apps/deep', 'current-folder': true }, want: [] },
    { name: 'not a folder of similar name', query: { path: '/app' }, want: [] },
    { name: 'by tag', query: { tag: 'config' }, want: ['/apps/config'] },
    {
      name: 'by types',
      query: { type: ['rotated-secret', 'certificate'] },
      want: ['/apps/certificate', '/apps/rotated'],
    },
    { name: 'by date of change', query: { 'modified-after': now.getTime() / 1000 }, want: ['/apps/db-username'] },
  ]
  for (const { name, query, want } of cases)
    t.test(name, async t => {
      t.same((await list(call, query)).names, want)
    })
})

t.test('only what the caller may list is there', async t => {
  const gateway = await startGateway(t)
  const reader = await list(await logIn(gateway, identities.reader), {})
  t.notOk(reader.names.includes('/private/token'))
  t.same(reader.folders, ['/apps/'])
  t.match(await list(await logIn(gateway, identities.stranger), {}), { names: [], folders: [], has_next: false })
})

t.test('folders are told one level at a time or all the way down', async t => {
  const gateway = await startGateway(t)
  await gateway.put({ path: '/apps/deep/er/one', type: 'STATIC_SECRET', value: 'v' })
  const call = await logIn(gateway)
  t.same((await list(call, { 'current-folder': true })).folders, ['/apps/', '/private/'])
  t.same((await list(call, { path: '/apps', 'current-folder': true })).folders, ['/apps/deep/'])
  t.same((await list(call, { path: '/apps' })).folders, ['/apps/deep/', '/apps/deep/er/'])
})

t.test('pages follow one another and cover everything once', async t => {
  const gateway = await startGateway(t, undefined, { quirks: { autoPagination: false, pageSize: 3 } })
  const call = await logIn(gateway)
  const names: string[] = []
  let token = ''
  let pages = 0
  do {
    const page = await list(call, { 'pagination-token': token })
    t.equal(page.has_next, page.next_page !== '')
    names.push(...page.names)
    token = page.next_page
    pages += 1
  } while (token && pages < 9)
  t.equal(pages, 3)
  t.same(
    names,
    gateway.items().map(item => item.path),
  )
})

t.test('a page is whole unless auto-pagination is disabled', async t => {
  const gateway = await startGateway(t, undefined, { quirks: { pageSize: 3 } })
  const call = await logIn(gateway)
  t.match(await list(call, {}), { has_next: false, names: { length: 8 } })
  t.match(await list(call, { 'auto-pagination': 'disabled' }), { has_next: true, names: { length: 3 } })
})

t.test('the minimal view shows what has changed and no more', async t => {
  const call = await logIn(await startGateway(t))
  const { items } = await list(call, { filter: 'config', 'minimal-view': true })
  t.same(Object.keys(items[0]).sort(), [
    'item_id',
    'item_name',
    'item_sub_type',
    'item_type',
    'last_version',
    'modification_date',
  ])
})

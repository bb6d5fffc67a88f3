// Nothing is taken away because of one look (decision 20): what is there between the looks, and what makes the second one agree.
import t from 'tap'
import type { SeedInput } from '#devgateway'
import { until } from '../../support/cluster.ts'
import { startLatchkey } from '../../support/latchkey.ts'
import {
  create,
  entry,
  externalSecret,
  get,
  type Json,
  patch,
  readyOf,
  remove,
  settled,
  textsOf,
} from '../../support/objects.ts'
import { openStage, readyLine, staticItems, told } from './stage.ts'

const stage = await openStage(t, [])
const { paths, gateway, esOf, secretOf, secret, make, person, says, synced, force } = stage

// each mostly waits for a second look
t.jobs = 12
const waiting = { buffered: true }

const apart = 5_000
const pending =
  /^False SecretSyncedError: spec: .+ would be removed; nothing is, until a second look agrees → nothing, if they were deleted on purpose; else restore them/
const deleted = 'True SecretDeleted: secret deleted due to DeletionPolicy=Delete'
const fine = 'True SecretSynced: secret synced'
const retained = 'True SecretSynced: secret retained due to DeletionPolicy=Retain'

const put = async (values: Record<string, string>): Promise<void> => {
  for (const item of staticItems(values) ?? []) await gateway.put(item)
}
/** The one resourceVersion, for whoever must not be written. */
const versionOf = async (name: string): Promise<string | undefined> => (await secret(name))?.metadata.resourceVersion
const own = { deletionPolicy: 'Delete' }
const looks = (path: string) => gateway.journal().filter(({ names }) => names.includes(path)).length

t.test('Delete: the first look tells, the second one, 5 s later, deletes', waiting, async t => {
  await put({ '/once/a': 'a', '/once/b': 'b' })
  await make('once', own, { a: '/once/a', b: '/once/b' })
  await synced(t, 'once')
  const version = await versionOf('once')
  gateway.remove('/once/a')
  gateway.remove('/once/b')
  const start = performance.now()
  await force('once')
  const waiting = await says(t, 'once', pending)
  t.match(readyOf(waiting).message, /item "\/once\/a" not found .*item "\/once\/b" not found .*Secret kept as of \S+$/)
  t.match(waiting.status.faults, [{ code: 'RemovalPending' }, { code: 'ItemNotFound' }, { code: 'ItemNotFound' }])
  t.equal(await versionOf('once'), version)
  const calls = looks('/once/a')
  const over = await says(t, 'once', deleted)
  const took = performance.now() - start
  t.ok(took >= apart - 100 && took < apart + 3_000, `${Math.round(took)} ms`)
  t.equal(await secret('once'), undefined)
  t.ok(looks('/once/a') > calls, 'the second look asked Akeyless')
  t.match(over.status.faults, [{ code: 'ItemNotFound' }, { code: 'ItemNotFound' }])
  await until(t, 'the event', async () => {
    const events: Json = await get(paths.events)
    return events.items.some(
      (event: Json) => event.involvedObject.name === 'once' && event.message === deleted.replace(/^.*: /, ''),
    )
      ? true
      : undefined
  })
  await put({ '/once/a': 'A', '/once/b': 'B' })
  await force('once', '2')
  await says(t, 'once', fine)
  t.same(told(await secret('once'))?.data, { a: 'A', b: 'B' })
  await remove(esOf('once'))
})

t.test('items that come back in between change nothing, and the next loss takes two looks again', waiting, async t => {
  await put({ '/back/a': 'a' })
  await make('back', own, { a: '/back/a' })
  await synced(t, 'back')
  const before = await secret('back')
  gateway.remove('/back/a')
  await force('back')
  await says(t, 'back', pending)
  await put({ '/back/a': 'a' })
  await says(t, 'back', fine)
  const after = await secret('back')
  t.same(textsOf(after), { a: 'a' })
  t.equal(after?.metadata.uid, before?.metadata.uid, 'it was never away')
  gateway.remove('/back/a')
  const start = performance.now()
  await force('back', '2')
  await says(t, 'back', pending)
  await says(t, 'back', deleted)
  t.ok(performance.now() - start >= apart - 100)
  await remove(esOf('back'))
})

t.test('an outage or a lost right in between deletes nothing, and is no look', waiting, async t => {
  // the gateway is put back to its seed below, which no other test would like
  const { gateway, esOf, secret, make, says, synced, force } = await openStage(t, [])
  const names = ['outage', 'denied']
  for (const name of names) {
    await gateway.put({ path: `/${name}/a`, type: 'STATIC_SECRET', value: 'a' })
    await make(name, own, { a: `/${name}/a` })
    await synced(t, name)
  }
  for (const name of names) gateway.remove(`/${name}/a`)
  for (const name of names) await force(name)
  for (const name of names) await says(t, name, pending)
  // 403 for one item, as from a gateway whose rights were changed
  await gateway.put({ path: '/denied/a', type: 'STATIC_SECRET', value: 'a', enabled: false })
  gateway.fail({ op: 'get-secret-value', status: 503, times: 100_000 })
  gateway.fail({ op: 'describe-item', status: 503, times: 100_000 })
  const away = await says(t, 'outage', /^False SecretSyncedError: (?!spec: .+ would be removed)/)
  t.notMatch(readyLine(away), /not found/)
  t.ok(await secret('outage'))
  // back to the seed: the fault is over, and of the items of this file there is none
  gateway.reset()
  await gateway.put({ path: '/denied/a', type: 'STATIC_SECRET', value: 'a', enabled: false })
  const start = performance.now()
  for (const name of names) await force(name, '2')
  await says(t, 'outage', pending)
  await says(t, 'denied', /^False SecretSyncedError: spec\.data\[0\]\.remoteRef\.key: (?!.*not found)/)
  await says(t, 'outage', deleted)
  t.ok(performance.now() - start >= apart - 100, 'two looks after the outage')
  t.same(told(await secret('denied'))?.data, { a: 'a' })
  for (const name of names) await remove(esOf(name))
})

t.test(
  'an edit of the deletionPolicy between the looks keeps the Secret, and a later one begins anew',
  waiting,
  async t => {
    await put({ '/mind/a': 'a' })
    await make('mind', own, { a: '/mind/a' })
    await synced(t, 'mind')
    gateway.remove('/mind/a')
    await force('mind')
    await says(t, 'mind', pending)
    await patch(esOf('mind'), { spec: { target: { deletionPolicy: 'Retain' } } })
    await says(t, 'mind', /^False SecretSyncedError: spec\.data\[0\].*not found/)
    const start = performance.now()
    await patch(esOf('mind'), { spec: { target: own } })
    await says(t, 'mind', pending)
    t.ok(await secret('mind'))
    await says(t, 'mind', deleted)
    t.ok(performance.now() - start >= apart - 100)
    await remove(esOf('mind'))
  },
)

t.test('a restart between the looks forgets the first one', waiting, async t => {
  const other = await openStage(t, staticItems({ '/restart/a': 'a' }))
  await other.make('restart', own, { a: '/restart/a' })
  await other.synced(t, 'restart')
  other.gateway.remove('/restart/a')
  await other.force('restart')
  await other.says(t, 'restart', pending)
  await other.latchkey.stop()
  const start = performance.now()
  await startLatchkey(t, other.options)
  await other.says(t, 'restart', deleted)
  t.ok(performance.now() - start >= apart - 100)
})

t.test('another target.name while the items are gone: the Secret of the old one goes', waiting, async t => {
  await put({ '/moved/a': 'a' })
  await make('moved', { ...own, name: 'moved-1' }, { a: '/moved/a' })
  await synced(t, 'moved')
  gateway.remove('/moved/a')
  await patch(esOf('moved'), { spec: { target: { name: 'moved-2' } } })
  // the value of before may serve an edit for half a minute
  await force('moved')
  await says(t, 'moved', deleted)
  t.same([await secret('moved-1'), await secret('moved-2')], [undefined, undefined])
  await remove(esOf('moved'))
})

t.test('Orphan and Delete: it is told why nothing is deleted, and items that come back are seen', waiting, async t => {
  await put({ '/orphan/a': 'a' })
  await make('orphan', { ...own, creationPolicy: 'Orphan' }, { a: '/orphan/a' })
  await synced(t, 'orphan')
  gateway.remove('/orphan/a')
  await force('orphan')
  await says(t, 'orphan', /^False SecretSyncedError: spec\.target\.deletionPolicy: Secret orphan is not deleted/)
  await put({ '/orphan/a': 'new' })
  await settled(t, secretOf('orphan'), object => textsOf(object)['a'] === 'new')
  await says(t, 'orphan', fine)
  await remove(esOf('orphan'))
})

const found = (count: number) => Array.from({ length: count }, (_, index) => `k${index}`)
const dataOf = (keys: readonly string[]) => Object.fromEntries(keys.map(key => [key, 'v']))
const seed = (name: string, keys: readonly string[]): SeedInput['items'] =>
  staticItems(Object.fromEntries(keys.map(key => [`/find-${name}/${key}`, 'v'])))

interface Search {
  readonly name: string
  readonly creation?: string
  readonly deletion: string
  /** Keys found before, and which of them are gone then. */
  readonly had: number
  readonly lost: number
  /** What is there between the looks; undefined where one is enough. */
  readonly waits: boolean
  readonly data: Record<string, string> | undefined
  readonly ready: string
  /** Keys of a person in the same Secret. */
  readonly theirs?: number
}
const person10 = Object.fromEntries(found(10).map(key => [`own-${key}`, 'o']))
const searches: readonly Search[] = [
  { name: 'all-retain', deletion: 'Retain', had: 4, lost: 4, waits: false, data: dataOf(found(4)), ready: retained },
  { name: 'all-delete', deletion: 'Delete', had: 4, lost: 4, waits: true, data: undefined, ready: deleted },
  { name: 'all-merge', deletion: 'Merge', had: 4, lost: 4, waits: true, data: {}, ready: fine },
  { name: 'half-retain', deletion: 'Retain', had: 4, lost: 2, waits: true, data: dataOf(['k2', 'k3']), ready: fine },
  { name: 'half-delete', deletion: 'Delete', had: 4, lost: 2, waits: true, data: dataOf(['k2', 'k3']), ready: fine },
  { name: 'half-merge', deletion: 'Merge', had: 4, lost: 2, waits: true, data: dataOf(['k2', 'k3']), ready: fine },
  {
    name: 'few-retain',
    deletion: 'Retain',
    had: 4,
    lost: 1,
    waits: false,
    data: dataOf(['k1', 'k2', 'k3']),
    ready: fine,
  },
  {
    ...{
      name: 'shared-half',
      creation: 'Merge',
      deletion: 'Retain',
      had: 4,
      lost: 3,
      theirs: 10,
      waits: true,
      ready: fine,
    },
    data: { ...dataOf(['k3']), ...person10 },
  },
  {
    ...{
      name: 'shared-all',
      creation: 'Merge',
      deletion: 'Merge',
      had: 4,
      lost: 4,
      theirs: 10,
      waits: true,
      ready: fine,
    },
    data: person10,
  },
]
const searching = ({ name, creation = 'Owner', deletion }: Search) => ({
  target: { creationPolicy: creation, deletionPolicy: deletion },
  dataFrom: [
    {
      find: { path: `/find-${name}`, name: { regexp: '.*' } },
      rewrite: [{ regexp: { source: '.*/', target: '' } }],
    },
  ],
})

t.test(
  'a search that finds nothing, or half: what it no longer finds stays until the second look',
  waiting,
  async t => {
    for (const search of searches) {
      for (const item of seed(search.name, found(search.had)) ?? []) await gateway.put(item)
      if (search.theirs) await person(search.name, person10)
      await create(paths.externalSecrets, externalSecret(search.name, searching(search)))
    }
    await Promise.all(searches.map(({ name }) => synced(t, name)))
    for (const { name, had, theirs } of searches) {
      t.same(told(await secret(name))?.data, { ...dataOf(found(had)), ...(theirs ? person10 : {}) }, name)
    }
    for (const { name, lost } of searches) for (const key of found(lost)) gateway.remove(`/find-${name}/${key}`)
    const versions = new Map<string, string | undefined>()
    for (const { name } of searches) versions.set(name, await versionOf(name))
    const start = performance.now()
    await Promise.all(searches.map(({ name }) => force(name)))
    await Promise.all(
      searches.map(async ({ name, waits, ready }) => {
        if (waits) await says(t, name, pending)
        if (waits) t.equal(await versionOf(name), versions.get(name), `${name} is kept`)
        await says(t, name, ready)
        const took = performance.now() - start
        if (waits) t.ok(took >= apart - 100, `${name}: ${Math.round(took)} ms`)
      }),
    )
    for (const { name, data } of searches) t.same(told(await secret(name))?.data, data, `${name} at the end`)
  },
)

t.test('what a person takes out of the spec goes at once', waiting, async t => {
  await put(Object.fromEntries(found(4).map(key => [`/find-edit/${key}`, 'v'])))
  const search: Search = {
    name: 'edit',
    deletion: 'Retain',
    had: 4,
    lost: 0,
    waits: false,
    data: undefined,
    ready: fine,
  }
  await create(paths.externalSecrets, externalSecret('edit', searching(search)))
  await synced(t, 'edit')
  const start = performance.now()
  const narrow = { ...searching(search).dataFrom[0], find: { path: '/find-edit', name: { regexp: 'k0$' } } }
  await patch(esOf('edit'), { spec: { dataFrom: [narrow] } })
  await synced(t, 'edit', 2)
  t.same(told(await secret('edit'))?.data, { k0: 'v' })
  t.ok(performance.now() - start < apart)
})

t.test('data beside a search that shrinks comes and goes without waiting', waiting, async t => {
  await put({ '/find-mixed/k0': 'v', '/find-mixed/k1': 'v', '/mixed/x': 'x' })
  const search: Search = {
    name: 'mixed',
    deletion: 'Merge',
    had: 2,
    lost: 0,
    waits: false,
    data: undefined,
    ready: fine,
  }
  await create(paths.externalSecrets, externalSecret('mixed', { ...searching(search), data: [entry('x', '/mixed/x')] }))
  await synced(t, 'mixed')
  gateway.remove('/mixed/x')
  await force('mixed')
  await settled(t, secretOf('mixed'), object => textsOf(object)['x'] === undefined)
  t.same(told(await secret('mixed'))?.data, { k0: 'v', k1: 'v' })
})

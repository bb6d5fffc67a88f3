// What becomes of a Secret under every policy, whoever made it and whatever happens: all cells of policies/table.ts.
import { isDeepStrictEqual } from 'node:util'
import t, { type Test } from 'tap'
import { judge } from '#admission'
import { group } from '#api'
import { namespace as namespaceFor, request, until } from '../support/cluster.ts'
import { testSeed } from '../support/gateway.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  create,
  entry,
  externalSecret,
  get,
  type Json,
  patch,
  pathsOf,
  readyStore,
  remove,
} from '../support/objects.ts'
import {
  before,
  type Cell,
  cells,
  itemsOf,
  manifestOf,
  type Owners,
  type Seen,
  summary,
  wantedOf,
} from './policies/cells.ts'
import { type Event, events, forbidden } from './policies/table.ts'
import { install } from './twin.ts'

const namespace = await namespaceFor(t)
const paths = pathsOf(namespace)
await install()
const items = events.flatMap(event => {
  const { a, b } = itemsOf(event)
  return [
    { path: a, type: 'STATIC_SECRET', value: 'a1' } as const,
    { path: b, type: 'STATIC_SECRET', value: 'b1' } as const,
  ]
})
const gateway = await startTlsGateway(t, { ...testSeed, items: [...testSeed.items, ...items] })

/** So many at once that the API server is busy, and no more. */
const each = async <T>(list: readonly T[], work: (one: T) => Promise<unknown>): Promise<void> => {
  const left = [...list]
  const worker = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
}

const makeOwners = async (): Promise<Owners> => {
  const app = await create(`/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name: 'app' } })
  // it never gets to write anything itself
  const idle = { secretStoreRef: { name: 'nowhere' }, data: [entry('k', '/apps/db-username')] }
  const rival = await create(paths.externalSecrets, externalSecret('rival', idle))
  const reference = (apiVersion: string, kind: string, { metadata: { name, uid } }: Json) => ({
    ...{ apiVersion, kind, name, uid, controller: true },
  })
  return { app: reference('v1', 'ConfigMap', app), rival: reference(`${group}/v1`, 'ExternalSecret', rival) }
}

const versions = { first: new Map<string, string>(), last: new Map<string, string>() }

const secretOf = ({ name }: Cell) => `${paths.secrets}/${name}`
const esOf = ({ name }: Cell) => `${paths.externalSecrets}/${name}`

const look = async (): Promise<(cell: Cell) => Seen> => {
  const [secrets, objects] = await Promise.all([get(paths.secrets), get(paths.externalSecrets)])
  const byName = (list: Json) => new Map<string, Json>(list.items.map((item: Json) => [item.metadata.name, item]))
  const [secret, object] = [byName(secrets), byName(objects)]
  return ({ name }) => ({ secret: secret.get(name), externalSecret: object.get(name) })
}

/** Waits until every cell is as the table says, and then holds each of them against it. */
const asTheTableSays = async (t: Test, owners: Owners, eventOf: (cell: Cell) => Event): Promise<void> => {
  const compare = async () => {
    const see = await look()
    return cells.map(cell => {
      const seen = see(cell)
      return {
        cell,
        found: summary(cell, seen, namespace),
        wanted: wantedOf(cell, eventOf(cell), seen, owners, versions),
      }
    })
  }
  const differ = async () => (await compare()).filter(({ found, wanted }) => !isDeepStrictEqual(found, wanted))
  // whoever never gets there is named below
  await until(t, 'the table', async () => ((await differ()).length === 0 ? true : undefined), 60_000).catch(() => {})
  for (const { cell, found, wanted } of await compare()) t.same(found, wanted, `${cell.name} after ${eventOf(cell)}`)
}

const happens = async (cell: Cell): Promise<void> => {
  if (cell.event === 'create') return
  if (cell.event === 'deleted') await remove(esOf(cell))
  else await patch(esOf(cell), { metadata: { annotations: { 'force-sync': '1' } } })
}

t.test('the state matrix', async t => {
  const owners = await makeOwners()
  const latchkey = await startLatchkey(t, { namespace, gateway })
  await readyStore(t, namespace)
  await each(cells, async cell => {
    const there = before(cell, owners)
    if (there) {
      const made = await create(`${paths.secrets}?fieldManager=${encodeURIComponent(there.manager)}`, there.secret)
      versions.first.set(cell.name, made.metadata.resourceVersion)
    }
    await create(paths.externalSecrets, manifestOf(cell))
  })
  await t.test('made', t => asTheTableSays(t, owners, () => 'create'))

  const see = await look()
  for (const cell of cells) {
    const { secret } = see(cell)
    if (secret) versions.last.set(cell.name, secret.metadata.resourceVersion)
  }
  const refreshed = itemsOf('refresh')
  gateway.rotate(refreshed.a, 'a2')
  gateway.rotate(refreshed.b, 'b2')
  gateway.remove(itemsOf('half').b)
  gateway.remove(itemsOf('gone').a)
  gateway.remove(itemsOf('gone').b)
  const living = cells.filter(({ target }) => target !== 'absent')
  await each(living, happens)
  await t.test('and something happens', t =>
    asTheTableSays(t, owners, ({ target, event }) => (target === 'absent' ? 'create' : event)),
  )

  // what is absent is so while nobody looks; all others are to be left alone by a process that has just started
  await latchkey.stop()
  const absent = cells.filter(({ target }) => target === 'absent')
  await each(absent, async cell => {
    if (cell.event === 'create') return
    await request('DELETE', secretOf(cell))
    await happens(cell)
  })
  const settledVersions = await look()
  const second = await startLatchkey(t, { namespace, gateway })
  const failing = cells.filter(
    cell => cell.event !== 'deleted' && settledVersions(cell).externalSecret?.status.conditions[0].status === 'False',
  )
  await until(t, 'all that fail to be tried again', () => {
    const tried = new Set(second.lines().map(line => line['name']))
    return failing.every(({ name }) => tried.has(name)) || undefined
  })
  await t.test('and it happens while Latchkey is away, and Latchkey comes back', t =>
    asTheTableSays(t, owners, ({ event }) => event),
  )
  const last = await look()
  for (const cell of living) {
    const was = settledVersions(cell).secret?.metadata.resourceVersion
    t.equal(last(cell).secret?.metadata.resourceVersion, was, `${cell.name} is not written by a restart`)
  }
  t.comment(`${cells.length} cells`)
})

t.test('what the webhook forbids it says in the words of the reconciler', async t => {
  for (const cell of cells.filter(({ event, target }) => event === 'create' && target === 'foreign')) {
    const { denials } = judge({ ...manifestOf(cell), metadata: { name: cell.name, namespace } })
    const said = denials.map(({ path, message, remedy }) => `${path}: ${message} → ${remedy}`)
    const word = forbidden[`${cell.creation} ${cell.deletion}`]
    t.same(said, word === undefined ? [] : [word], cell.name)
  }
})

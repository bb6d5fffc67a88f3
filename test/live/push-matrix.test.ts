// What becomes of an item under every policy, whatever is in Akeyless before and whatever happens to the Secret: all cells of
// push/cells.ts. Then once more with Latchkey away while it happens.
import { isDeepStrictEqual } from 'node:util'
import t, { type Test } from 'tap'
import { startAudit } from '../support/audit.ts'
import { until } from '../support/cluster.ts'
import { startLatchkey } from '../support/latchkey.ts'
import { create, get, type Json, remove } from '../support/objects.ts'
import { base64 } from './policies/stage.ts'
import { type Cell, cells, type Event, manifestOf, type Seen, seedOf, summary, wantedOf } from './push/cells.ts'
import { openStage, type Stage } from './push/stage.ts'

/** So many at once that the API server is busy, and no more. */
const each = async <T>(list: readonly T[], work: (one: T) => Promise<unknown>): Promise<void> => {
  const left = [...list]
  const worker = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
}

const look = async ({ paths, gateway }: Stage): Promise<(cell: Cell) => Seen> => {
  const list: Json[] = (await get(paths.pushSecrets)).items
  const objects = new Map(list.map(item => [item.metadata.name, item]))
  return ({ name, path }) => ({
    object: objects.get(name),
    value: gateway.value(path),
    tags: gateway.items().find(item => item.path === path)?.tags,
  })
}

/** Waits until every cell is as the oracle says, and then holds each of them against it. */
const asTheOracleSays = async (t: Test, stage: Stage, eventOf: (cell: Cell) => Event): Promise<void> => {
  const compare = async () => {
    const see = await look(stage)
    return cells.map(cell => ({ cell, found: summary(see(cell)), wanted: wantedOf(cell, eventOf(cell)) }))
  }
  const differ = async () => (await compare()).filter(({ found, wanted }) => !isDeepStrictEqual(found, wanted))
  // whoever never gets there is named below
  await until(t, 'the oracle', async () => ((await differ()).length === 0 ? true : undefined), 45_000).catch(() => {})
  for (const { cell, found, wanted } of await compare()) t.same(found, wanted, `${cell.name} after ${eventOf(cell)}`)
}

const begin = async (t: Test) => {
  const audit = await startAudit(t)
  const stage = await openStage(t, cells.flatMap(seedOf), { kubeconfig: audit.kubeconfig })
  await each(cells, async cell => {
    await create(stage.paths.secrets, { metadata: { name: cell.name }, data: base64({ k: 'v1' }) })
    await create(stage.paths.pushSecrets, manifestOf(cell))
  })
  const happens = async (cell: Cell): Promise<unknown> => {
    switch (cell.event) {
      case 'present':
        return undefined
      case 'changed':
        return stage.edit(cell.name, { k: 'v2' })
      case 'gone':
        return remove(stage.secretOf(cell.name))
      case 'deleted':
        return stage.remove(cell.name)
    }
  }
  return { audit, stage, happens }
}

t.test('the state matrix', async t => {
  const { stage, audit, happens } = await begin(t)
  await t.test('made', t => asTheOracleSays(t, stage, () => 'present'))
  await each(cells, happens)
  await t.test('and something happens', t => asTheOracleSays(t, stage, ({ event }) => event))
  await stage.latchkey.stop()
  audit.forget()
  const journal = stage.gateway.journal().length
  const next = await startLatchkey(t, stage.options)
  const failing = cells.filter(cell => wantedOf(cell, cell.event).ready?.startsWith('False'))
  await until(t, 'all that fail to be tried again', () => {
    const tried = new Set(next.lines().map(line => line['name']))
    return failing.every(({ name }) => tried.has(name)) || undefined
  })
  await t.test('a restart changes nothing', t => asTheOracleSays(t, stage, ({ event }) => event))
  t.same(audit.writes(), [], 'and writes nothing')
  const writes = stage.gateway
    .journal()
    .slice(journal)
    .filter(({ op }) => /^(create|update|delete)/.test(op))
  t.same(writes, [])
  t.comment(`${cells.length} cells`)
})

t.test('and it happens while Latchkey is away', async t => {
  const { stage, happens } = await begin(t)
  await t.test('made', t => asTheOracleSays(t, stage, () => 'present'))
  await stage.latchkey.kill()
  await each(cells, happens)
  await startLatchkey(t, stage.options)
  await t.test('and Latchkey comes back', t => asTheOracleSays(t, stage, ({ event }) => event))
})

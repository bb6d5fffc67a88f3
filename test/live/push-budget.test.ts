// What a push costs: exact lists of what Latchkey asks of the gateway and of the API server.
import t, { type Test } from 'tap'
import { startAudit } from '../support/audit.ts'
import { until } from '../support/cluster.ts'
import { startLatchkey } from '../support/latchkey.ts'
import { create, get, type Json, patch, readyOf, remove, settled } from '../support/objects.ts'
import { base64 } from './policies/stage.ts'
import { openStage, pushSecret, syncedLine, to } from './push/stage.ts'

const begin = async (t: Test, more: Parameters<typeof openStage>[2] = {}) => {
  const audit = await startAudit(t)
  return { audit, ...(await openStage(t, [], { kubeconfig: audit.kubeconfig, ...more })) }
}
const holds = (t: Test, stage: { value(path: string): unknown }, path: string, wanted: string) =>
  until(t, `${path} holding ${wanted}`, () => (stage.value(path) === wanted ? true : undefined))

/** As if it had been pushed more than an hour ago, whatever the interval was. */
const makeDue = async (path: string, { status }: Json): Promise<void> => {
  const refreshTime = new Date(Date.parse(status.refreshTime) - 4_000_000).toISOString().replace(/\.\d+/, '')
  await patch(`${path}/status`, { status: { refreshTime } })
}
const isFresh = ({ status }: Json): boolean => Date.now() - Date.parse(status.refreshTime) < 3_000_000

t.test('new 2, unchanged 1, changed 2, deleted 2 calls; one status write each', async t => {
  const stage = await begin(t)
  const { secret, make, says, calls, edit, audit, pushOf, secretOf, gone } = stage
  const name = 'one'
  const status = `PATCH ${pushOf(name)}/status`
  const own = `PATCH ${pushOf(name)}`
  /** The calls that something costs; the writes are waited for: the audit has each when it is answered, a moment after its work. */
  const cost = async (writes: readonly string[], act: () => Promise<unknown>): Promise<readonly string[]> => {
    const before = calls().length
    audit.forget()
    await act()
    await until(t, 'the audit of it', () => audit.writes().length >= writes.length || undefined)
    t.same(audit.writes(), writes)
    return calls(before)
  }
  const pushed = async () => {
    const { resourceVersion } = (await get(secretOf(name))).metadata
    await settled(t, pushOf(name), object => object.status.sourceVersion === resourceVersion)
  }
  await secret(name, { k: '1' })
  await until(
    t,
    'the audit of the store',
    () => audit.writes().some(line => /\/store\/status$/.test(line)) || undefined,
  )
  const made = await cost([status], async () => {
    await make(name, { data: [to('/budget/one', 'k', 'k')] })
    await says(t, name, syncedLine)
  })
  t.same(made, ['describe-item /budget/one', 'create-secret /budget/one'], 'the store has logged in')

  const changed = await cost([status], async () => {
    await edit(name, { k: '2' })
    await pushed()
  })
  t.same(changed, ['get-secret-value /budget/one', 'update-secret-val /budget/one'])

  const touched = await cost([status], async () => {
    await patch(secretOf(name), { metadata: { annotations: { touched: 'yes' } } })
    await pushed()
  })
  t.same(touched, [], 'what is pushed is the same: nobody is asked')

  await stage.latchkey.stop()
  await makeDue(pushOf(name), await get(pushOf(name)))
  const unchanged = await cost([status], async () => {
    await startLatchkey(t, stage.options)
    await settled(t, pushOf(name), isFresh)
  })
  t.same(unchanged, ['auth', 'get-secret-value /budget/one'], 'refreshTime is all that is written')

  audit.forget()
  await patch(pushOf(name), { spec: { deletionPolicy: 'Delete', data: [to('/budget/one', 'k')] } })
  await settled(t, pushOf(name), object => object.status.observedGeneration === 2 && readyOf(object).status === 'True')
  const taken = () => audit.asked().filter(each => each.status === 200 && each.path === `${pushOf(name)}/status`).length
  await until(t, 'what is to be pushed and what was pushed in the audit', () => taken() >= 2 || undefined)

  const deleted = await cost([own], async () => {
    await remove(pushOf(name))
    await gone(t, name)
  })
  t.same(deleted, ['describe-item /budget/one', 'delete-item /budget/one'], 'and the finalizer comes off')
})

t.test('an account that keeps versions costs one refusal, once', async t => {
  const stage = await begin(t, { quirks: { keepsVersions: true } })
  const { secret, make, says, calls, edit } = stage
  await secret('grows', { k: '1' })
  await make('grows', { data: [to('/budget/grows', 'k')] })
  await says(t, 'grows', syncedLine)
  const costs: (readonly string[])[] = []
  for (const round of ['2', '3', '4', '5']) {
    const before = calls().length
    await edit('grows', { k: round })
    await holds(t, stage, '/budget/grows', round)
    const { resourceVersion } = (await get(stage.secretOf('grows'))).metadata
    await settled(t, stage.pushOf('grows'), object => object.status.sourceVersion === resourceVersion)
    costs.push(calls(before).map(call => call.split(' ')[0]!))
  }
  const two = ['get-secret-value', 'update-secret-val']
  t.same(costs, [two, [...two, 'describe-item', ...two], two, two])
})

t.test('500 PushSecrets of one identity share a login and batch their reads', async t => {
  const stage = await begin(t)
  const { paths, latchkey, calls, audit } = stage
  await latchkey.stop()
  const many = 500
  const names = Array.from({ length: many }, (_, index) => `many-${index}`)
  const left = [...names]
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let name = left.shift(); name !== undefined; name = left.shift()) {
        await create(paths.secrets, { metadata: { name }, data: base64({ k: name }) })
        await create(paths.pushSecrets, pushSecret(name, { data: [to(`/many/${name}`, 'k')] }))
      }
    }),
  )
  const before = calls().length
  audit.forget()
  const started = performance.now()
  const next = await startLatchkey(t, stage.options)
  const allSynced = async () => {
    const items: Json[] = (await get(paths.pushSecrets)).items
    return items.every(item => readyOf(item)?.status === 'True') ? items : undefined
  }
  await until(t, 'all of them', allSynced, 60_000)
  t.comment(`${many} PushSecrets made in ${Math.round(performance.now() - started)} ms`)
  const count = (list: readonly string[], op: string) => list.filter(call => call.startsWith(op)).length
  const made = calls(before)
  t.equal(count(made, 'auth'), 1)
  t.equal(count(made, 'create-secret'), many)
  t.equal(made.length, 1 + 2 * many, 'a look and a creation each')
  await next.stop()

  // all due at once, and nothing in memory
  const items = await allSynced()
  for (const item of items ?? []) await makeDue(stage.pushOf(item.metadata.name), item)
  const again = calls().length
  audit.forget()
  await startLatchkey(t, stage.options)
  await until(
    t,
    'all compared',
    async () => {
      const all: Json[] = (await get(paths.pushSecrets)).items
      return all.every(isFresh) || undefined
    },
    60_000,
  )
  const compared = calls(again)
  const reads = count(compared, 'get-secret-value')
  t.equal(count(compared, 'auth'), 1)
  t.equal(compared.length, 1 + reads, 'nothing but reads')
  // how many objects meet in a call is up to the machine
  t.ok(reads < (many * 4) / 5, `${reads} reads for ${many} items`)
  await until(t, 'the audit of all', () => new Set(audit.writes()).size >= many || undefined)
  t.equal(new Set(audit.writes()).size, many, 'a status write each')
  t.comment(`${reads} reads for ${many} items`)
})

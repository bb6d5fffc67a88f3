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

t.test('new 2, unchanged 1, changed 2, deleted 2 calls; one status write each', async t => {
  const stage = await begin(t)
  const { secret, make, says, calls, edit, audit, pushOf, gone } = stage
  const name = 'one'
  const status = `PATCH ${pushOf(name)}/status`
  const cost = async (
    act: () => Promise<unknown>,
  ): Promise<{ calls: readonly string[]; writes: readonly string[] }> => {
    const before = calls().length
    audit.forget()
    await act()
    return { calls: calls(before), writes: audit.writes() }
  }
  await secret(name, { k: '1' })
  const made = await cost(async () => {
    await make(name, { refreshInterval: '2s', data: [to('/budget/one', 'k', 'k')] })
    await says(t, name, syncedLine)
  })
  t.same(made.calls, ['describe-item /budget/one', 'create-secret /budget/one'], 'the store has logged in')
  t.same(made.writes, [status])

  const { refreshTime } = (await stage.object(name)).status
  const unchanged = await cost(() => settled(t, pushOf(name), object => object.status.refreshTime !== refreshTime))
  t.same(unchanged.calls, ['get-secret-value /budget/one'])
  t.same(unchanged.writes, [status], 'refreshTime')

  await patch(pushOf(name), { spec: { refreshInterval: '1h' } })
  await settled(t, pushOf(name), object => object.status.observedGeneration === 2)
  const changed = await cost(async () => {
    await edit(name, { k: '2' })
    const { resourceVersion } = (await get(stage.secretOf(name))).metadata
    await settled(t, pushOf(name), object => object.status.sourceVersion === resourceVersion)
  })
  t.same(changed.calls, ['get-secret-value /budget/one', 'update-secret-val /budget/one'])
  t.same(changed.writes, [status])

  const touched = await cost(async () => {
    await patch(stage.secretOf(name), { metadata: { annotations: { touched: 'yes' } } })
    const { resourceVersion } = (await get(stage.secretOf(name))).metadata
    await settled(t, pushOf(name), object => object.status.sourceVersion === resourceVersion)
  })
  t.same(touched.calls, [], 'what is pushed is the same: nobody is asked')

  await patch(pushOf(name), { spec: { deletionPolicy: 'Delete', data: [to('/budget/one', 'k')] } })
  await settled(t, pushOf(name), object => object.status.observedGeneration === 3 && readyOf(object).status === 'True')
  const deleted = await cost(async () => {
    await remove(pushOf(name))
    await gone(t, name)
  })
  t.same(deleted.calls, ['describe-item /budget/one', 'delete-item /budget/one'])
  t.same(deleted.writes, [`PATCH ${pushOf(name)}`], 'the finalizer comes off')
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
  for (const { metadata, status } of items ?? []) {
    const refreshTime = new Date(Date.parse(status.refreshTime) - 4_000_000).toISOString().replace(/\.\d+/, '')
    await patch(`${stage.pushOf(metadata.name)}/status`, { status: { refreshTime } })
  }
  const again = calls().length
  audit.forget()
  await startLatchkey(t, stage.options)
  await until(
    t,
    'all compared',
    async () => {
      const all: Json[] = (await get(paths.pushSecrets)).items
      return all.every(({ status }) => Date.now() - Date.parse(status.refreshTime) < 3_000_000) || undefined
    },
    60_000,
  )
  const compared = calls(again)
  const reads = count(compared, 'get-secret-value')
  t.equal(count(compared, 'auth'), 1)
  t.equal(compared.length, 1 + reads, 'nothing but reads')
  // how many objects meet in a call is up to the machine
  t.ok(reads < (many * 4) / 5, `${reads} reads for ${many} items`)
  t.equal(new Set(audit.writes()).size, many, 'a status write each')
  t.comment(`${reads} reads for ${many} items`)
})

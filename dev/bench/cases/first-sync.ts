import { setTimeout as pause } from 'node:timers/promises'
import { writeBare } from '../api.ts'
import type { Case, Figure } from '../case.ts'
import { collection, externalSecret, secretStore } from '../manifests.ts'
import { median } from '../numbers.ts'
import type { Measured } from '../process.ts'
import { followReadiness, type Readiness } from '../ready.ts'
import type { Stage } from '../stage.ts'
import { countWrites, since } from '../writes.ts'

const namespace = 'bench-first-sync'
const properties = ['host', 'port', 'username', 'password']
const rounds = 15
// whatever a process still means to do after a sync or a start, it has begun within this
const settleMs = 2_000

const plant = async ({ gateway }: Stage, path: string): Promise<void> => {
  const value = JSON.stringify(Object.fromEntries(properties.map(property => [property, `value of ${property}`])))
  await gateway.put({ path, type: 'STATIC_SECRET', format: 'json', value })
}

/** Four keys of one item. */
const fourKeys = (name: string, store: string, key: string) =>
  externalSecret(name, store, Object.fromEntries(properties.map(property => [property, { key, property }])))

/** What the gateway and the API server were asked while `act` ran, and until it was quiet again. */
const observe = async ({ api, gateway }: Stage, act: () => Promise<unknown>) => {
  const [writes, calls] = [await countWrites(api), gateway.journal().length]
  await act()
  await pause(settleMs)
  const made = gateway.journal().slice(calls)
  const logins = made.filter(({ op }) => op === 'auth').length
  return { logins, calls: made.length - logins, writes: since(writes, await countWrites(api)) }
}

/** Milliseconds from sending the manifest to seeing it Ready. */
const timeLatchkey = async (stage: Stage, readiness: Readiness, name: string): Promise<number> => {
  const path = `/bench/first-sync/${name}`
  await plant(stage, path)
  const begun = performance.now()
  await stage.api.must('POST', collection(namespace, 'externalsecrets'), fourKeys(name, 'store', path))
  return (await readiness.of(name)) - begun
}

/** The same three writes, by one who knows all the answers. */
const timeBare = async ({ api }: Stage, name: string): Promise<number> => {
  const data = Object.fromEntries(
    properties.map(property => [property, Buffer.from(`value of ${property}`).toString('base64')]),
  )
  const begun = performance.now()
  const made = await api.must(
    'POST',
    collection(namespace, 'externalsecrets'),
    fourKeys(name, 'not-ours', `/bench/${name}`),
  )
  await writeBare(api, namespace, made, data)
  return performance.now() - begun
}

const counts = async (stage: Stage, readiness: Readiness): Promise<readonly Figure[]> => {
  const stores = collection(namespace, 'secretstores')
  await plant(stage, '/bench/first-sync/first')
  const first = await observe(stage, async () => {
    await stage.api.must('POST', stores, secretStore('store'))
    const manifest = fourKeys('first', 'store', '/bench/first-sync/first')
    await stage.api.must('POST', collection(namespace, 'externalsecrets'), manifest)
    await readiness.of('first')
  })
  return [
    { name: 'first sync: logins', value: first.logins, unit: 'calls', budget: 1 },
    { name: 'first sync: other gateway calls', value: first.calls, unit: 'calls', budget: 2 },
    { name: 'first sync: Secret writes', value: first.writes.secrets, unit: 'writes', budget: 1 },
    { name: 'first sync: status writes', value: first.writes.status, unit: 'writes', budget: 1 },
    { name: 'first sync: changes seen by a watch', value: readiness.changes('first'), unit: 'writes', budget: 1 },
  ]
}

const times = async (stage: Stage, readiness: Readiness): Promise<Figure> => {
  const runs: number[] = []
  const bareRuns: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    runs.push(await timeLatchkey(stage, readiness, `round-${round}`))
    bareRuns.push(await timeBare(stage, `bare-${round}`))
  }
  const name = 'first sync: create to Ready'
  return { name, value: median(runs), unit: 'ms', bare: median(bareRuns), runs, bareRuns }
}

/** A new process meets objects that are all in order. */
const restarted = async (stage: Stage): Promise<readonly Figure[]> => {
  let latchkey: Measured | undefined
  const seen = await observe(stage, async () => {
    latchkey = stage.serve()
    await latchkey.ready
  })
  await latchkey?.stop()
  return [
    { name: 'restart, all synced: logins, one a store', value: seen.logins, unit: 'calls', budget: 1 },
    { name: 'restart, all synced: other gateway calls', value: seen.calls, unit: 'calls', budget: 0 },
    { name: 'restart, all synced: Secret writes', value: seen.writes.secrets, unit: 'writes', budget: 0 },
    { name: 'restart, all synced: status writes', value: seen.writes.status, unit: 'writes', budget: 0 },
  ]
}

export const firstSync: Case = {
  name: 'first-sync',
  about: 'one ExternalSecret with 4 keys of one item, and a restart that finds it in order',
  async run(stage) {
    await stage.enter(namespace)
    const latchkey = stage.serve()
    await latchkey.ready
    await stage.api.must('POST', collection(namespace, 'secretstores'), secretStore('not-ours', 'somebody-else'))
    const readiness = await followReadiness(stage.api, namespace)
    const figures = [...(await counts(stage, readiness)), await times(stage, readiness)]
    readiness.stop()
    await latchkey.stop()
    return [...figures, ...(await restarted(stage))]
  },
}

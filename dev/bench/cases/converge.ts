import { type Live, writeBare } from '../api.ts'
import type { Case } from '../case.ts'
import { collection, externalSecret, secretStore } from '../manifests.ts'
import { inLanes, median } from '../numbers.ts'
import { followReadiness } from '../ready.ts'
import type { Stage } from '../stage.ts'

const count = 500
const rounds = 3
// what Latchkey reconciles at once when not told otherwise; as many create the objects
const lanes = 8

const nameOf = (index: number) => `item-${index}`
const pathOf = (namespace: string, index: number) => `/bench/${namespace}/${nameOf(index)}`

const create = (stage: Stage, namespace: string, index: number): Promise<Live> => {
  const manifest = externalSecret(nameOf(index), 'store', { value: { key: pathOf(namespace, index) } })
  return stage.api.must('POST', collection(namespace, 'externalsecrets'), manifest)
}

/** Seconds from the first create to the last Ready, and what the gateway was asked for it. */
const runLatchkey = async (stage: Stage, namespace: string) => {
  await stage.enter(namespace)
  // new items each round: what is cached would cost nothing
  for (let index = 0; index < count; index += 1)
    await stage.gateway.put({ path: pathOf(namespace, index), type: 'STATIC_SECRET', value: `value of ${index}` })
  await stage.api.must('POST', collection(namespace, 'secretstores'), secretStore('store'))
  const readiness = await followReadiness(stage.api, namespace)
  const before = stage.gateway.journal().length
  const begun = performance.now()
  await inLanes(lanes, count, async index => void (await create(stage, namespace, index)))
  const ready = await Promise.all(Array.from({ length: count }, (_, index) => readiness.of(nameOf(index))))
  readiness.stop()
  const calls = stage.gateway.journal().slice(before)
  const looks = calls.filter(({ op }) => op === 'describe-item').length
  return { seconds: (Math.max(...ready) - begun) / 1000, looks, reads: calls.length - looks }
}

/** The same objects and writes without anybody to ask: as many lanes create, as many follow with Secret and status. */
const runBare = async (stage: Stage, namespace: string): Promise<number> => {
  await stage.enter(namespace)
  await stage.api.must('POST', collection(namespace, 'secretstores'), secretStore('store', 'somebody-else'))
  const made = Array.from({ length: count }, () => Promise.withResolvers<Live>())
  const data = { value: Buffer.from('value of an item').toString('base64') }
  const begun = performance.now()
  await Promise.all([
    inLanes(lanes, count, async index => made[index]?.resolve(await create(stage, namespace, index))),
    inLanes(lanes, count, async index => {
      const owner = await made[index]?.promise
      if (owner) await writeBare(stage.api, namespace, owner, data)
    }),
  ])
  return (performance.now() - begun) / 1000
}

export const converge: Case = {
  name: 'converge',
  about: `${count} ExternalSecrets of one item each, one store`,
  async run(stage) {
    const latchkey = stage.serve()
    await latchkey.ready
    const runs: Awaited<ReturnType<typeof runLatchkey>>[] = []
    const bareRuns: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      runs.push(await runLatchkey(stage, `bench-converge-${round}`))
      bareRuns.push(await runBare(stage, `bench-converge-bare-${round}`))
    }
    await latchkey.stop()
    const seconds = runs.map(run => run.seconds)
    const ratios = seconds.map((value, round) => value / (bareRuns[round] ?? Number.NaN))
    return [
      { name: `${count} synced`, value: median(seconds), unit: 's', bare: median(bareRuns), runs: seconds, bareRuns },
      { name: `${count} synced: against the bare writer`, value: median(ratios), unit: 'times', bare: 1, runs: ratios },
      { name: `${count} synced: item types looked up`, value: median(runs.map(run => run.looks)), unit: 'calls' },
      { name: `${count} synced: other gateway calls`, value: median(runs.map(run => run.reads)), unit: 'calls' },
    ]
  },
}

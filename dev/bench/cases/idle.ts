import { setTimeout as pause } from 'node:timers/promises'
import type { Case } from '../case.ts'
import { collection, externalSecret, secretStore } from '../manifests.ts'
import { inLanes } from '../numbers.ts'
import { residentMiB } from '../process.ts'
import { followReadiness, type Readiness } from '../ready.ts'
import type { Stage } from '../stage.ts'

const namespace = 'bench-idle'
const settleMs = 20_000
const few = 3
const many = 1_000
const budgetMiB = 120
const otherClass = 'sources'

const sync = async ({ api, gateway }: Stage, readiness: Readiness, store: string, from: number, to: number) => {
  await inLanes(16, to - from, async index => {
    const name = `${store}-${from + index}`
    const key = `/bench/idle/${name}`
    await gateway.put({ path: key, type: 'STATIC_SECRET', value: `value of ${name}` })
    await api.must('POST', collection(namespace, 'externalsecrets'), externalSecret(name, store, { value: { key } }))
  })
  for (let index = from; index < to; index += 1) await readiness.of(`${store}-${index}`)
}

export const idle: Case = {
  name: 'idle',
  about: 'resident memory 20 s after the last sync',
  async run(stage) {
    await stage.enter(namespace)
    const bundled = stage.serve()
    await bundled.ready
    // beside it, to save 20 s: they share nothing but the API server
    const sources = stage.serve({ entry: 'sources', webhook: false, args: ['--controller-class', otherClass] })
    const bare = await stage.bare()
    await Promise.all([sources.ready, bare.ready])
    for (const [name, controller] of [['ours'], [otherClass, otherClass]] as const)
      await stage.api.must('POST', collection(namespace, 'secretstores'), secretStore(name, controller))
    const readiness = await followReadiness(stage.api, namespace)
    await Promise.all([sync(stage, readiness, 'ours', 0, few), sync(stage, readiness, otherClass, 0, few)])
    await pause(settleMs)
    const small = { bundled: residentMiB(bundled.pid), sources: residentMiB(sources.pid), bare: residentMiB(bare.pid) }
    await Promise.all([sources.stop(), bare.stop()])
    await sync(stage, readiness, 'ours', few, many)
    readiness.stop()
    await pause(settleMs)
    const large = residentMiB(bundled.pid)
    await bundled.stop()
    return [
      {
        name: 'idle memory, 3 ExternalSecrets',
        value: small.bundled,
        unit: 'MiB',
        bare: small.bare,
        budget: budgetMiB,
      },
      { name: 'idle memory, 3 ExternalSecrets, unbundled', value: small.sources, unit: 'MiB', bare: small.bare },
      { name: `idle memory, ${many} ExternalSecrets`, value: large, unit: 'MiB', bare: small.bare },
    ]
  },
}

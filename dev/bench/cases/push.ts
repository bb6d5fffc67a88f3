import { setTimeout as pause } from 'node:timers/promises'
import type { Live } from '../api.ts'
import type { Case } from '../case.ts'
import { collection, pushSecret, secretStore } from '../manifests.ts'
import { inLanes, median } from '../numbers.ts'
import { followReadiness } from '../ready.ts'
import type { Stage } from '../stage.ts'

const count = 500
const rounds = 3
const lanes = 8
const going = 200
const goneBudgetSeconds = 10
const patienceMs = 60_000

const pushes = (namespace: string): string => collection(namespace, 'pushsecrets', 'v1alpha1')
const nameOf = (index: number): string => `push-${index}`
const merge = 'application/merge-patch+json'

/** A namespace with Secrets, and a store, which is of a class that nobody has where nobody shall act. */
const furnish = async (stage: Stage, namespace: string, many: number, controller?: string): Promise<void> => {
  const { api } = stage
  await stage.enter(namespace)
  await inLanes(16, many, async index => {
    const secret = { metadata: { name: nameOf(index) }, stringData: { value: `value of ${index}` } }
    await api.must('POST', `/api/v1/namespaces/${namespace}/secrets`, secret)
  })
  await api.must('POST', collection(namespace, 'secretstores'), secretStore('store', controller))
}

const create = ({ api }: Stage, namespace: string, index: number, spec: object): Promise<Live> =>
  api.must('POST', pushes(namespace), pushSecret(nameOf(index), `/bench/${namespace}/${nameOf(index)}`, spec))

const begin = async (stage: Stage, namespace: string, many: number, spec: object): Promise<number> => {
  const readiness = await followReadiness(stage.api, namespace, pushes(namespace))
  const begun = performance.now()
  await inLanes(lanes, many, async index => void (await create(stage, namespace, index, spec)))
  const ready = await Promise.all(Array.from({ length: many }, (_, index) => readiness.of(nameOf(index))))
  readiness.stop()
  return (Math.max(...ready) - begun) / 1000
}

const calls = ({ gateway }: Stage, before: number) => {
  const made = gateway.journal().slice(before)
  return { all: made.length, logins: made.filter(({ op }) => op === 'auth').length }
}

/** Seconds from the first create to the last Ready, and what the gateway was asked for it. */
const runLatchkey = async (stage: Stage, namespace: string) => {
  await furnish(stage, namespace, count)
  const before = stage.gateway.journal().length
  const seconds = await begin(stage, namespace, count, {})
  return { seconds, ...calls(stage, before) }
}

/** The same objects and their status, by one who asks nobody. */
const runBare = async (stage: Stage, namespace: string): Promise<number> => {
  const { api } = stage
  await furnish(stage, namespace, count, 'nobody')
  const status = { conditions: [{ type: 'Ready', status: 'True', reason: 'Synced', message: 'PushSecret synced' }] }
  const made = Array.from({ length: count }, () => Promise.withResolvers<void>())
  const begun = performance.now()
  await Promise.all([
    inLanes(lanes, count, async index => {
      await create(stage, namespace, index, {})
      made[index]?.resolve()
    }),
    inLanes(lanes, count, async index => {
      await made[index]?.promise
      await api.must('PATCH', `${pushes(namespace)}/${nameOf(index)}/status`, { status }, merge)
    }),
  ])
  return (performance.now() - begun) / 1000
}

/** All of them due at once, and nothing in memory: what a process asks that finds everything as it was. */
const compareAgain = async (stage: Stage, namespace: string) => {
  const { api } = stage
  const hoursAgo = new Date(Date.now() - 4 * 3_600_000).toISOString().replace(/\.\d+/, '')
  await inLanes(16, count, async index => {
    const status = { refreshTime: hoursAgo }
    await api.must('PATCH', `${pushes(namespace)}/${nameOf(index)}/status`, { status }, merge)
  })
  const fresh = new Set<string>()
  const done = Promise.withResolvers<void>()
  const stop = await api.watch(pushes(namespace), ({ metadata, status }) => {
    if ((status?.refreshTime ?? hoursAgo) > hoursAgo) fresh.add(metadata.name)
    if (fresh.size === count) done.resolve()
  })
  const before = stage.gateway.journal().length
  const latchkey = stage.serve()
  await Promise.race([done.promise, pause(patienceMs, undefined, { ref: false })])
  stop()
  await latchkey.stop()
  if (fresh.size < count) throw new Error(`only ${fresh.size} of ${count} were compared`)
  return calls(stage, before)
}

/** Seconds from the deletion of a namespace to its end. */
const timeGone = async ({ api }: Stage, namespace: string): Promise<number> => {
  const path = `/api/v1/namespaces/${namespace}`
  const begun = performance.now()
  await api.must('DELETE', path)
  while ((await api.send('GET', path)).status !== 404) {
    if (performance.now() - begun > patienceMs) throw new Error(`namespace ${namespace} is still there`)
    await pause(20)
  }
  return (performance.now() - begun) / 1000
}

const runGone = async (stage: Stage, namespace: string): Promise<number> => {
  await furnish(stage, namespace, going)
  await begin(stage, namespace, going, { deletionPolicy: 'Delete' })
  const seconds = await timeGone(stage, namespace)
  const left = stage.gateway.items().filter(({ path }) => path.startsWith(`/bench/${namespace}/`)).length
  if (left > 0) throw new Error(`${left} items of namespace ${namespace} are left`)
  return seconds
}

const runEmpty = async (stage: Stage, namespace: string): Promise<number> => {
  await stage.api.must('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
  return timeGone(stage, namespace)
}

export const push: Case = {
  name: 'push',
  about: `${count} PushSecrets of one item each, one store; and a namespace with ${going} that is deleted`,
  async run(stage) {
    const latchkey = stage.serve()
    await latchkey.ready
    const runs: Awaited<ReturnType<typeof runLatchkey>>[] = []
    const bareRuns: number[] = []
    const goneRuns: number[] = []
    const emptyRuns: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      runs.push(await runLatchkey(stage, `bench-push-${round}`))
      bareRuns.push(await runBare(stage, `bench-push-bare-${round}`))
      goneRuns.push(await runGone(stage, `bench-push-gone-${round}`))
      emptyRuns.push(await runEmpty(stage, `bench-push-empty-${round}`))
    }
    await latchkey.stop()
    const again = await compareAgain(stage, 'bench-push-0')
    const seconds = runs.map(run => run.seconds)
    const pushed = `${count} pushed`
    const compared = `${count} pushed before, compared`
    const gone = `a namespace with ${going} PushSecrets gone`
    return [
      { name: pushed, value: median(seconds), unit: 's', bare: median(bareRuns), runs: seconds, bareRuns },
      { name: `${pushed}: logins`, value: Math.max(...runs.map(run => run.logins)), unit: 'calls', budget: 1 },
      {
        name: `${pushed}: gateway calls`,
        value: median(runs.map(run => run.all)),
        unit: 'calls',
        budget: 2 * count + 1,
      },
      { name: `${compared}: logins`, value: again.logins, unit: 'calls', budget: 1 },
      { name: `${compared}: other gateway calls`, value: again.all - again.logins, unit: 'calls', budget: count },
      {
        ...{ name: gone, value: median(goneRuns), unit: 's', bare: median(emptyRuns), budget: goneBudgetSeconds },
        ...{ runs: goneRuns, bareRuns: emptyRuns },
      },
    ]
  },
}

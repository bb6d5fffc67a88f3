import { setTimeout as pause } from 'node:timers/promises'
import type { Case } from '../case.ts'
import { collection, externalSecret, secretStore, templated } from '../manifests.ts'
import { inLanes, median } from '../numbers.ts'
import { type Measured, residentMiB } from '../process.ts'
import { followReadiness } from '../ready.ts'
import type { Stage } from '../stage.ts'

const count = 1_000
const rounds = 3
const lanes = 8
const ratioBudget = 1.5
const memoryBudgetMiB = 70
const settleMs = 4_000
const properties = ['user', 'password', 'host', 'port']
/** What an application reads: three texts, of which one is a file. */
const texts = {
  dsn: 'postgres://{{ .user }}:{{ .password | urlquery }}@{{ .host }}:{{ .port }}/db',
  auth: '{{ printf "%s:%s" .user .password | b64enc }}',
  'config.yaml': 'database:\n  host: {{ .host | quote }}\n  port: {{ .port | int }}\n  user: {{ .user | upper }}\n',
}

type Kind = 'plain' | 'templated'
const nameOf = (index: number) => `item-${index}`
const pathOf = (namespace: string, index: number) => `/bench/${namespace}/${nameOf(index)}`

const plant = async ({ gateway }: Stage, path: string, index: number): Promise<void> => {
  const value = JSON.stringify({
    user: `user-${index}`,
    password: `p@ss ${index}`,
    host: 'db.example.com',
    port: '5432',
  })
  await gateway.put({ path, type: 'STATIC_SECRET', format: 'json', value })
}

const manifestOf = (kind: Kind, namespace: string, index: number) => {
  const key = pathOf(namespace, index)
  const refs = Object.fromEntries(properties.map(property => [property, { key, property }]))
  const plain = externalSecret(nameOf(index), 'store', refs)
  return kind === 'plain' ? plain : templated(plain, texts)
}

/** A template that is not rendered would make this case look good. */
const checkSecret = async (stage: Stage, kind: Kind, namespace: string): Promise<void> => {
  const { data } = await stage.api.must('GET', `/api/v1/namespaces/${namespace}/secrets/${nameOf(1)}`)
  const dsn = Buffer.from(data?.['dsn'] ?? '', 'base64').toString()
  const expected = kind === 'plain' ? '' : 'postgres://user-1:p%40ss+1@db.example.com:5432/db'
  if (dsn !== expected) throw new Error(`${namespace}/${nameOf(1)} holds "${dsn}" → expected "${expected}"`)
}

/** Seconds from the first create to the last Ready. */
const converge = async (stage: Stage, kind: Kind, namespace: string): Promise<number> => {
  await stage.enter(namespace)
  // new items each round: what is cached would cost nothing
  for (let index = 0; index < count; index += 1) await plant(stage, pathOf(namespace, index), index)
  await stage.api.must('POST', collection(namespace, 'secretstores'), secretStore('store'))
  const readiness = await followReadiness(stage.api, namespace)
  const begun = performance.now()
  await inLanes(lanes, count, async index => {
    await stage.api.must('POST', collection(namespace, 'externalsecrets'), manifestOf(kind, namespace, index))
  })
  const ready = await Promise.all(Array.from({ length: count }, (_, index) => readiness.of(nameOf(index))))
  readiness.stop()
  await checkSecret(stage, kind, namespace)
  return (Math.max(...ready) - begun) / 1000
}

/** Nothing of an earlier round is there to be held in memory, or to be looked at, in the next. */
const leave = async ({ api }: Stage, namespace: string): Promise<void> => {
  await api.must('DELETE', collection(namespace, 'externalsecrets'))
  await api.must('DELETE', `/api/v1/namespaces/${namespace}/secrets`)
  await pause(settleMs)
}

/** Seconds, and the memory of the process when all is quiet again, in MiB. */
const play = async (stage: Stage, latchkey: Measured, kind: Kind, round: number) => {
  const namespace = `bench-${kind}-${round}`
  const seconds = await converge(stage, kind, namespace)
  await pause(settleMs)
  const memory = residentMiB(latchkey.pid)
  await leave(stage, namespace)
  return { seconds, memory }
}

export const convergeTemplate: Case = {
  name: 'converge-template',
  about: `${count} ExternalSecrets of 4 keys with 3 templates each, in turn with as many that have none`,
  async run(stage) {
    const latchkey = stage.serve()
    await latchkey.ready
    // first of all, what a process takes once it has been busy is taken
    await play(stage, latchkey, 'plain', 0)
    const runs: Awaited<ReturnType<typeof play>>[] = []
    const plainRuns: Awaited<ReturnType<typeof play>>[] = []
    for (let round = 1; round <= rounds; round += 1) {
      plainRuns.push(await play(stage, latchkey, 'plain', round))
      runs.push(await play(stage, latchkey, 'templated', round))
    }
    await latchkey.stop()
    const seconds = runs.map(run => run.seconds)
    const plainSeconds = plainRuns.map(run => run.seconds)
    const ratios = seconds.map((value, round) => value / (plainSeconds[round] ?? Number.NaN))
    const about = `${count} with templates`
    return [
      {
        name: about,
        value: median(seconds),
        unit: 's',
        bare: median(plainSeconds),
        runs: seconds,
        bareRuns: plainSeconds,
      },
      {
        name: `${about}: against none`,
        value: median(ratios),
        unit: 'times',
        bare: 1,
        budget: ratioBudget,
        runs: ratios,
      },
      {
        name: `${about}: memory added`,
        value: (runs.at(-1)?.memory ?? Number.NaN) - (plainRuns[0]?.memory ?? Number.NaN),
        unit: 'MiB',
        budget: memoryBudgetMiB,
        runs: runs.map(run => run.memory),
        bareRuns: plainRuns.map(run => run.memory),
      },
    ]
  },
}

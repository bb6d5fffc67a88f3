import { setTimeout as pause } from 'node:timers/promises'
import type { Case } from '../case.ts'
import { collection, externalSecret, secretStore } from '../manifests.ts'
import { median } from '../numbers.ts'
import type { Measured } from '../process.ts'
import type { Stage } from '../stage.ts'

const namespace = 'bench-start'
const rounds = 5
const pollMs = 5
const budgetMs = 3_000

/** A manifest that is judged like any other and not kept. */
const tryApply = async ({ api }: Stage): Promise<boolean> => {
  const manifest = externalSecret('probe', 'store', { key: { key: '/bench/probe' } })
  const { status, text } = await api.send('POST', `${collection(namespace, 'externalsecrets')}?dryRun=All`, manifest)
  if (status < 300) return true
  if (!text.includes('failed calling webhook')) throw new Error(`the probe was refused: HTTP ${status}: ${text}`)
  return false
}

/** Milliseconds from the spawn to the first apply that the API server takes, and to the line that says ready. */
const time = async (stage: Stage, start: () => Promise<Measured>) => {
  if (await tryApply(stage)) throw new Error('an apply was accepted while no webhook ran')
  const measured = await start()
  while (!(await tryApply(stage))) await pause(pollMs)
  const accepted = performance.now() - measured.spawnedAt
  const ready = (await measured.ready) - measured.spawnedAt
  await measured.stop()
  return { accepted, ready }
}

export const start: Case = {
  name: 'start',
  about: 'from spawning the process to the first accepted apply; its webhook is registered, failurePolicy Fail',
  async run(stage) {
    await stage.enter(namespace)
    const first = stage.serve()
    await first.ready
    await stage.api.must('POST', collection(namespace, 'secretstores'), secretStore('store'))
    await first.stop()
    const port = Number(new URL(stage.webhookUrl).port)
    const runs: { accepted: number; ready: number }[] = []
    const bareRuns: { accepted: number; ready: number }[] = []
    for (let round = 0; round < rounds; round += 1) {
      runs.push(await time(stage, async () => stage.serve()))
      bareRuns.push(await time(stage, () => stage.bare(port)))
    }
    const figure = (name: string, of: 'accepted' | 'ready', budget?: number) => {
      const values = runs.map(run => run[of])
      const bare = bareRuns.map(run => run[of])
      return {
        ...{ name, value: median(values), unit: 'ms' as const, bare: median(bare), runs: values, bareRuns: bare },
        ...(budget !== undefined && { budget }),
      }
    }
    return [
      figure('start: spawn to first accepted apply', 'accepted', budgetMs),
      figure('start: spawn to "ready"', 'ready'),
    ]
  },
}

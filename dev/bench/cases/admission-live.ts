import type { Case, Figure } from '../case.ts'
import { collection, externalSecret, secretStore } from '../manifests.ts'
import { median, quantile } from '../numbers.ts'
import { followReadiness } from '../ready.ts'
import type { Stage } from '../stage.ts'

const namespace = 'bench-admission-live'
const applies = 100
const refs = 5
const gatewayMs = 20
// decision 28: the live part has a second, and the rest of a review a fifth of one
const p95BudgetMs = 300
const mostMs = 1_200

const itemsOf = (round: string, index: number): readonly string[] =>
  Array.from({ length: refs }, (_, ref) => `/bench/admission-live/${round}-${index}-${ref}`)

/** Milliseconds of each apply as whoever applies sees it; each names items that nobody has asked for before. */
const measure = async ({ api, gateway }: Stage, round: string): Promise<readonly number[]> => {
  const all = Array.from({ length: applies }, (_, index) => itemsOf(round, index))
  for (const path of all.flat()) await gateway.put({ path, type: 'STATIC_SECRET', format: 'json', value: '{"a":"b"}' })
  const took: number[] = []
  for (const [index, paths] of all.entries()) {
    const data = Object.fromEntries(paths.map((key, ref) => [`key-${ref}`, { key, property: 'a' }]))
    const manifest = externalSecret(`${round}-${index}`, 'store', data)
    const begun = performance.now()
    await api.must('POST', `${collection(namespace, 'externalsecrets')}?dryRun=All`, manifest)
    took.push(performance.now() - begun)
  }
  return took
}

/** Until the store serves: this process has seen it, and it is Ready. */
const warmUp = async ({ api }: Stage, round: string): Promise<void> => {
  const readiness = await followReadiness(api, namespace)
  const first = externalSecret(`first-${round}`, 'store', { key: { key: '/apps/prod/db-username' } })
  await api.must('POST', collection(namespace, 'externalsecrets'), first)
  await readiness.of(`first-${round}`)
  readiness.stop()
}

/** With live checks, and without them: what the same apply costs anyhow. */
const runs = async (stage: Stage, round: string, args: readonly string[]): Promise<readonly number[]> => {
  const latchkey = stage.serve({ args })
  await latchkey.ready
  await warmUp(stage, round)
  stage.gateway.fail({ delayMs: gatewayMs, times: 1_000_000 })
  const took = await measure(stage, round)
  stage.gateway.reset()
  await latchkey.stop()
  return took
}

export const admissionLive: Case = {
  name: 'admission-live',
  about: `${applies} applies of an ExternalSecret with ${refs} new items each, whose gateway takes ${gatewayMs} ms a call`,
  async run(stage) {
    await stage.enter(namespace)
    const opening = stage.serve()
    await opening.ready
    await stage.api.must('POST', collection(namespace, 'secretstores'), secretStore('store'))
    await opening.stop()
    const live = await runs(stage, 'live', ['--live-checks-items', 'deny'])
    const bare = await runs(stage, 'bare', ['--live-checks-items', 'off', '--live-checks-stores', 'off'])
    const figure = (name: string, of: (took: readonly number[]) => number): Figure => ({
      ...{ name: `apply with live checks, gateway ${gatewayMs} ms: ${name}`, unit: 'ms' },
      ...{ value: of(live), bare: of(bare) },
    })
    return [
      figure('p50', median),
      { ...figure('p95', took => quantile(took, 0.95)), budget: p95BudgetMs },
      { ...figure('slowest', took => Math.max(...took)), budget: mostMs },
    ]
  },
}

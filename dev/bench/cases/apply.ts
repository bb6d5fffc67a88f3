import { setTimeout as pause } from 'node:timers/promises'
import type { Case } from '../case.ts'
import { collection, secretStore } from '../manifests.ts'
import { quantile } from '../numbers.ts'
import { manifest } from '../review.ts'
import type { Stage } from '../stage.ts'

const judged = 'bench-judged'
const free = 'bench-free'
const workers = 10
const warmUp = 200
const each = 3_000
const budgetMs = 10

const admission = '/apis/admissionregistration.k8s.io/v1'
const configurations = [
  { path: `${admission}/validatingwebhookconfigurations/latchkey`, webhooks: 3 },
  { path: `${admission}/mutatingwebhookconfigurations/latchkey`, webhooks: 2 },
]
const excludeFree = {
  matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: [free] }],
}

/** Takes one namespace out of the webhooks, or puts it back: Latchkey heals what it has written itself, and this it has not. */
const setSelector = async ({ api }: Stage, namespaceSelector: object): Promise<void> => {
  for (const { path, webhooks } of configurations) {
    const patch = Array.from({ length: webhooks }, (_, index) => ({
      op: 'replace',
      path: `/webhooks/${index}/namespaceSelector`,
      value: namespaceSelector,
    }))
    await api.must('PATCH', path, patch, 'application/json-patch+json')
  }
}

const dryRun = (namespace: string) => `${collection(namespace, 'externalsecrets')}?dryRun=All`

/** Whether the webhook hears of a namespace: it refuses an object without data. */
const isJudged = async ({ api }: Stage, namespace: string): Promise<boolean> => {
  const empty = { ...manifest, spec: { ...manifest.spec, data: [] } }
  return (await api.send('POST', dryRun(namespace), empty)).status === 403
}

/** Milliseconds of so many dry-run creates in each of the two namespaces, in turn, by all workers at once. */
const createBoth = async ({ api }: Stage, count: number): Promise<Record<typeof judged | typeof free, number[]>> => {
  const took: Record<typeof judged | typeof free, number[]> = { [judged]: [], [free]: [] }
  let left = count
  const work = async (index: number) => {
    // half of the workers begin with the other one
    const order = index % 2 === 0 ? ([judged, free] as const) : ([free, judged] as const)
    for (left -= 1; left >= 0; left -= 1) {
      for (const namespace of order) {
        const begun = performance.now()
        await api.must('POST', dryRun(namespace), manifest)
        took[namespace].push(performance.now() - begun)
      }
    }
  }
  await Promise.all(Array.from({ length: workers }, (_, index) => work(index)))
  return took
}

/** What the API server has counted of its calls of our webhook: how many, and seconds. */
const calls = async ({ api }: Stage): Promise<{ count: number; sum: number }> => {
  const { text } = await api.send('GET', '/metrics')
  const read = (part: 'count' | 'sum') => {
    const line = `^apiserver_admission_webhook_admission_duration_seconds_${part}{[^}]*name="validate.externalsecret[^}]*} (.+)$`
    return [...text.matchAll(new RegExp(line, 'gm'))].reduce((sum, [, value]) => sum + Number(value), 0)
  }
  return { count: read('count'), sum: read('sum') }
}

export const apply: Case = {
  name: 'apply',
  about: `server-side dry-run creates with 60 refs by ${workers} workers, in turn in a namespace with the webhook and one without`,
  async run(stage) {
    // the rules alone: what live checks take is another case
    await stage.serve({ args: ['--live-checks-stores', 'off', '--live-checks-items', 'off'] }).ready
    for (const namespace of [judged, free]) {
      await stage.enter(namespace)
      await stage.api.must('POST', collection(namespace, 'secretstores'), secretStore('store'))
    }
    await setSelector(stage, excludeFree)
    // the API server takes a configuration up within a second or so
    const deadline = performance.now() + 30_000
    while (!(await isJudged(stage, judged)) || (await isJudged(stage, free))) {
      if (performance.now() > deadline) throw new Error('the API server does not ask as it was told to')
      await pause(100)
    }
    await createBoth(stage, warmUp)
    const before = await calls(stage)
    const { [judged]: withIt, [free]: without } = await createBoth(stage, each)
    const after = await calls(stage)
    await setSelector(stage, {})
    const figure = (name: string, share: number) => ({
      ...{ name: `apply, ${workers} at once: ${name}`, unit: 'ms' as const },
      ...{ value: quantile(withIt, share), bare: quantile(without, share) },
    })
    const p99 = figure('p99', 0.99)
    return [
      figure('p50', 0.5),
      p99,
      {
        name: `apply, ${workers} at once: a call of the webhook, mean`,
        unit: 'ms',
        value: ((after.sum - before.sum) * 1000) / (after.count - before.count),
      },
      { name: `apply, ${workers} at once: added to p99`, unit: 'ms', value: p99.value - p99.bare, budget: budgetMs },
    ]
  },
}

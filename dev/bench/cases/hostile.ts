import { attack } from '../../hostile/index.ts'
import type { Case, Figure } from '../case.ts'
import { quantile } from '../numbers.ts'
import { atEvenPace } from '../pace.ts'
import { review } from '../review.ts'

const rate = 50
const seconds = 20
const budgetMs = 100

/** Good requests at an even pace; what disturbs the machine meets both runs of a case. */
const good = (url: string) => atEvenPace({ url, body: review, connections: 10, perSecond: rate, seconds })

const figuresOf = (name: string, latencies: readonly number[]): readonly [Figure, Figure] => [
  { name: `webhook, ${rate}/s ${name}: p50`, unit: 'ms', value: quantile(latencies, 0.5) },
  { name: `webhook, ${rate}/s ${name}: p99`, unit: 'ms', value: quantile(latencies, 0.99) },
]

export const hostile: Case = {
  name: 'hostile',
  about: `${rate} good reviews a second beside 2000 idle connections, slow clients, a million brackets and their like`,
  async run(stage) {
    await stage.serve().ready
    const url = `${stage.webhookUrl}/validate`
    const quiet = figuresOf('in quiet', await good(url))
    const attacked = attack(Number(new URL(url).port))
    const [p50, p99] = figuresOf('under attack', await good(url))
    await attacked.stop()
    return [...quiet, p50, { ...p99, budget: budgetMs }]
  },
}

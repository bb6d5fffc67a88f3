import { generatedReview } from '../../../test/support/generated/review.ts'
import { seeded } from '../../../test/support/random.ts'
import type { Case } from '../case.ts'
import { quantile } from '../numbers.ts'
import { atEvenPace } from '../pace.ts'

const rate = 200
const seconds = 25
const budgetMs = 25

/** What test/unit/server/fuzz.test.ts sends, made before the clock runs. */
const bodies = (): readonly Buffer[] => {
  const random = seeded(1)
  return random.list(rate * seconds, () => generatedReview(random))
}

export const fuzz: Case = {
  name: 'fuzz',
  about: `${rate} reviews a second that nobody should send, each another one`,
  async run(stage) {
    await stage.serve().ready
    const all = bodies()
    const latencies = await atEvenPace({
      url: `${stage.webhookUrl}/validate`,
      body: count => all[count] ?? Buffer.alloc(0),
      statuses: [200, 400],
      connections: 10,
      perSecond: rate,
      seconds,
    })
    return [
      { name: `webhook, ${rate}/s fuzzed: p50`, unit: 'ms', value: quantile(latencies, 0.5) },
      { name: `webhook, ${rate}/s fuzzed: p99`, unit: 'ms', value: quantile(latencies, 0.99), budget: budgetMs },
    ]
  },
}

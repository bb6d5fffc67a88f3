import autocannon from 'autocannon'
import type { Case, Figure } from '../case.ts'
import { median, quantile } from '../numbers.ts'
import { atEvenPace } from '../pace.ts'
import { cpuMs, type Measured } from '../process.ts'
import { review } from '../review.ts'

const connections = 10
const rate = 200
const warmUpSeconds = 3
// rounds in turn with the bare server: what disturbs the machine meets both
const rounds = 5
const roundSeconds = 2
const budgetMs = 10
const leastPerSecond = 6_000
const budgetCpuMs = 0.3

/**
 * autocannon on one server; every answer must be a 200. With a rate it sends a second's worth at the start of each second, as
 * fast as the connections take it. Latencies in milliseconds, exact: autocannon's own are rounded.
 */
const burst = async (url: string, duration: number, overallRate?: number) => {
  const latencies: number[] = []
  const running = autocannon({
    ...{ url, method: 'POST', headers: { 'content-type': 'application/json' }, body: review },
    ...{ connections, duration, ...(overallRate !== undefined && { overallRate }) },
  })
  running.on('response', (_client, _status, _bytes, ms: number) => latencies.push(ms))
  const { errors, timeouts, non2xx, duration: took } = await running
  if (errors + timeouts + non2xx > 0)
    throw new Error(`${url}: ${errors} errors, ${timeouts} timeouts, ${non2xx} not 200`)
  return { latencies, perSecond: latencies.length / took }
}

interface Round {
  readonly even: readonly number[]
  readonly bursts: readonly number[]
  /** As fast as the connections take them. */
  readonly most: readonly number[]
  readonly perSecond: number
  readonly cpu: number | undefined
}

const measure = async ({ pid }: Measured, url: string): Promise<Round> => {
  const even = await atEvenPace({ url, body: review, connections, perSecond: rate, seconds: roundSeconds })
  const bursts = await burst(url, roundSeconds, rate)
  const before = cpuMs(pid)
  const most = await burst(url, roundSeconds)
  const after = cpuMs(pid)
  const cpu = before === undefined || after === undefined ? undefined : (after - before) / most.latencies.length
  return { even, bursts: bursts.latencies, most: most.latencies, perSecond: most.perSecond, cpu }
}

type Rounds = readonly Round[]

const figure = (
  name: string,
  unit: Figure['unit'],
  ours: Rounds,
  bare: Rounds,
  of: (round: Round) => number,
): Figure => {
  const [runs, bareRuns] = [ours.map(of), bare.map(of)]
  return { name: `webhook${name}`, unit, value: median(runs), bare: median(bareRuns), runs, bareRuns }
}

const figuresOf = (ours: Rounds, bare: Rounds): readonly Figure[] => {
  const latency = (name: string, kind: 'even' | 'bursts' | 'most', share: number) =>
    figure(kind === 'most' ? `, ${name}` : `, ${rate}/s ${name}`, 'ms', ours, bare, round =>
      quantile(round[kind], share),
    )
  const cpu = figure(': processor time a review', 'ms', ours, bare, round => round.cpu ?? Number.NaN)
  return [
    latency('evenly: p50', 'even', 0.5),
    { ...latency('evenly: p99', 'even', 0.99), budget: budgetMs },
    latency('in bursts: p50', 'bursts', 0.5),
    latency('in bursts: p99', 'bursts', 0.99),
    { ...figure(': maximum', 'req/s', ours, bare, round => round.perSecond), least: leastPerSecond },
    latency('at the maximum: p99', 'most', 0.99),
    // only where the system tells
    ...(Number.isNaN(cpu.value) ? [] : [{ ...cpu, budget: budgetCpuMs }]),
  ]
}

export const webhook: Case = {
  name: 'webhook',
  about: `reviews of ${review.length} bytes with 60 refs over TLS, ${connections} connections kept alive`,
  async run(stage) {
    const latchkey = stage.serve()
    await latchkey.ready
    const bare = await stage.bare()
    await bare.ready
    const urls = [`${stage.webhookUrl}/validate`, `https://127.0.0.1:${bare.port}/validate`] as const
    for (const url of urls) await burst(url, warmUpSeconds)
    const ours: Round[] = []
    const theirs: Round[] = []
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await measure(latchkey, urls[0]))
      theirs.push(await measure(bare, urls[1]))
    }
    return figuresOf(ours, theirs)
  },
}

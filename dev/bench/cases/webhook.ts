import autocannon from 'autocannon'
import type { Case, Figure } from '../case.ts'
import { quantile } from '../numbers.ts'
import { cpuMs, type Measured } from '../process.ts'
import { review } from '../review.ts'

const connections = 10
const rate = 200
const warmUpSeconds = 2
const steadySeconds = 10
const maximumSeconds = 5
const budgetMs = 10

/** One load on one server; every answer must be a 200. Latencies in milliseconds, exact: autocannon's own are rounded. */
const load = async (url: string, duration: number, overallRate?: number) => {
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

const measure = async (process: Measured, url: string) => {
  await process.ready
  await load(url, warmUpSeconds, rate)
  const { latencies } = await load(url, steadySeconds, rate)
  const before = cpuMs(process.pid)
  const { perSecond, latencies: all } = await load(url, maximumSeconds)
  const after = cpuMs(process.pid)
  await process.stop()
  return {
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    perSecond,
    cpu: before === undefined || after === undefined ? undefined : (after - before) / all.length,
  }
}

export const webhook: Case = {
  name: 'webhook',
  about: `reviews of ${review.length} bytes with 20 refs over TLS, ${connections} connections kept alive`,
  async run(stage) {
    const ours = await measure(stage.serve(), `${stage.webhookUrl}/validate`)
    const other = await stage.bare()
    const bare = await measure(other, `https://127.0.0.1:${other.port}/validate`)
    const cpu: Figure[] =
      ours.cpu === undefined || bare.cpu === undefined
        ? []
        : [{ name: 'webhook: processor time a review', value: ours.cpu, unit: 'ms', bare: bare.cpu }]
    return [
      { name: `webhook at ${rate}/s: p50`, value: ours.p50, unit: 'ms', bare: bare.p50 },
      { name: `webhook at ${rate}/s: p99`, value: ours.p99, unit: 'ms', bare: bare.p99, budget: budgetMs },
      { name: 'webhook: maximum', value: ours.perSecond, unit: 'req/s', bare: bare.perSecond },
      ...cpu,
    ]
  },
}

import { Agent, request } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'

interface Pace {
  readonly url: string
  /** The same each time, or that of the request with this number. */
  readonly body: string | ((count: number) => Buffer)
  /** HTTP statuses that are answers; 200 unless given. */
  readonly statuses?: readonly number[]
  readonly connections: number
  readonly perSecond: number
  readonly seconds: number
}

const post = (url: string, body: string | Buffer, agent: Agent, statuses: readonly number[]): Promise<void> =>
  new Promise((done, failed) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const sent = request(url, { method: 'POST', agent, headers }, response => {
      if (!statuses.includes(response.statusCode ?? 0)) failed(new Error(`${url}: HTTP ${response.statusCode}`))
      response.resume().on('end', done).on('error', failed)
    })
    sent.on('error', failed).end(body)
  })

/**
 * Latencies in milliseconds of requests that come one by one at even intervals, whether or not the last one is answered: a
 * server that stalls is not spared those that came meanwhile. The wait for a free connection counts.
 */
export const atEvenPace = async (pace: Pace): Promise<readonly number[]> => {
  const { url, body, connections, perSecond, seconds, statuses = [200] } = pace
  // measured beside a CA that nobody here knows
  const agent = new Agent({ keepAlive: true, maxSockets: connections, rejectUnauthorized: false })
  const latencies: number[] = []
  const begun = performance.now()
  const answers: Promise<void>[] = []
  for (let count = 0; count < perSecond * seconds; count += 1) {
    const due = begun + (count * 1000) / perSecond
    // a timer fires late by up to a millisecond: what is due already goes at once
    if (due > performance.now()) await pause(due - performance.now())
    const sentAt = performance.now()
    const sent = typeof body === 'string' ? body : body(count)
    answers.push(post(url, sent, agent, statuses).then(() => void latencies.push(performance.now() - sentAt)))
  }
  await Promise.all(answers)
  agent.destroy()
  return latencies
}

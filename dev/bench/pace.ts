import { Agent, request } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'

interface Pace {
  readonly url: string
  readonly body: string
  readonly connections: number
  readonly perSecond: number
  readonly seconds: number
}

const post = (url: string, body: string, agent: Agent): Promise<void> =>
  new Promise((done, failed) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const sent = request(url, { method: 'POST', agent, headers }, response => {
      if (response.statusCode !== 200) failed(new Error(`${url}: HTTP ${response.statusCode}`))
      response.resume().on('end', done).on('error', failed)
    })
    sent.on('error', failed).end(body)
  })

/**
 * Latencies in milliseconds of requests that come one by one at even intervals, whether or not the last one is answered: a
 * server that stalls is not spared those that came meanwhile. The wait for a free connection counts.
 */
export const atEvenPace = async ({ url, body, connections, perSecond, seconds }: Pace): Promise<readonly number[]> => {
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
    answers.push(post(url, body, agent).then(() => void latencies.push(performance.now() - sentAt)))
  }
  await Promise.all(answers)
  agent.destroy()
  return latencies
}

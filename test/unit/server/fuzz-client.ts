// Sends its share of the fuzzed reviews over TLS, from a thread of its own: what the server's thread opens can be watched then.
import { parentPort, workerData } from 'node:worker_threads'
import { Agent, request } from 'undici'
import { generatedReview } from '../../support/generated/review.ts'
import { wrongWith } from '../../support/generated/verdict.ts'
import { seeded } from '../../support/random.ts'

export interface Given {
  readonly port: number
  readonly ca: string
  readonly seed: number
  readonly count: number
  readonly lanes: number
}
export interface Told {
  readonly sent: number
  readonly wrong: readonly string[]
  /** Milliseconds, sorted. */
  readonly took: readonly number[]
}

const { port, ca, seed, count, lanes }: Given = workerData
const dispatcher = new Agent({ connect: { ca } })
const random = seeded(seed)
const wrong: string[] = []
const took: number[] = []
let left = count

const post = async (): Promise<void> => {
  const body = generatedReview(random)
  const path = random.chance(0.2) ? '/mutate' : '/validate'
  const began = performance.now()
  const reply = await request(`https://127.0.0.1:${port}${path}`, {
    method: 'POST',
    dispatcher,
    headers: { 'content-type': 'application/json' },
    body,
  })
  const text = await reply.body.text()
  took.push(performance.now() - began)
  const fault = wrongWith(body, { status: reply.statusCode, text })
  if (fault && wrong.length < 5) wrong.push(`${path} ${fault}\n${body.toString().slice(0, 3_000)}`)
}
const lane = async (): Promise<void> => {
  while (left > 0 && wrong.length < 5) {
    left -= 1
    await post()
  }
}
await Promise.all(Array.from({ length: lanes }, lane))
await dispatcher.close()
parentPort?.postMessage({ sent: took.length, wrong, took: took.sort((a, b) => a - b) } satisfies Told)

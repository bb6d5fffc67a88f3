// 100,000 AdmissionReviews that nobody should send, through the real server (security.md T19, T20).
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { examine, mutate, templateCheck } from '#admission'
import { generatedReview } from '../../support/generated/review.ts'
import { wrongWith } from '../../support/generated/verdict.ts'
import { seed, seeded } from '../../support/random.ts'
import { watchOutside } from '../../support/watched.ts'
import { setTimer, startEngine } from '../template/running.ts'
import type { Given, Told } from './fuzz-client.ts'
import { listen } from './serving.ts'

const overTls = 5_000
const injected = 95_000

const engine = startEngine()
t.teardown(() => engine.close())
// its thread is started before anybody watches: so it is in a process that has had one template
await engine.check([{ name: 'k', text: '{{ .warm }}' }])
const checks = { local: templateCheck({ engine, setTimer }) }
const context = { stores: () => undefined, controllerClass: 'default', genericTargets: false, localGateways: false }
const { app, port, ca, lines } = await listen(t, { admit: review => examine(review, context, checks), mutate })

const quantile = (sorted: readonly number[], share: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2)
const spread = (sorted: readonly number[]): string =>
  `p50 ${quantile(sorted, 0.5)}, p99 ${quantile(sorted, 0.99)}, worst ${quantile(sorted, 1)} ms`

const headers = { 'content-type': 'application/json' }
const send = async (url: string, payload: Buffer) => {
  const { statusCode: status, body: text } = await app.fastify.inject({ method: 'POST', url, headers, payload })
  return { status, text }
}

t.test(`${injected} through the handler, seed ${seed}`, async t => {
  const random = seeded(seed)
  // what loads on first use has loaded
  for (let count = 0; count < 500; count += 1) await send('/validate', generatedReview(random))
  const watched = watchOutside()
  const took: number[] = []
  let failures = 0
  for (let count = 0; count < injected && failures < 5; count += 1) {
    const body = generatedReview(random)
    const url = random.chance(0.2) ? '/mutate' : '/validate'
    const began = performance.now()
    const reply = await send(url, body)
    took.push(performance.now() - began)
    const wrong = wrongWith(body, reply)
    if (!wrong) continue
    failures += 1
    t.fail(`no. ${count} of seed ${seed}: ${url} ${wrong}`, { body: body.toString().slice(0, 3_000) })
  }
  watched.end()
  t.same(watched.calls(), [], 'nothing was opened')
  t.comment(spread(took.sort((a, b) => a - b)))
})

t.test(`${overTls} over TLS, seed ${seed + 1}`, async t => {
  const given: Given = { port, ca: ca.cert, seed: seed + 1, count: overTls, lanes: 10 }
  const watched = watchOutside()
  const client = new Worker(new URL('./fuzz-client.ts', import.meta.url), { workerData: given })
  const starting = watched.calls().length
  const [told]: [Told] = (await once(client, 'message')) as [Told]
  watched.end()
  t.same(told.wrong, [])
  t.equal(told.sent, overTls)
  t.same(watched.calls().slice(starting), [], 'nothing was opened')
  t.comment(spread(told.took))
})

t.test('no defect was logged', async t => {
  t.same(lines, [])
  t.equal(Reflect.get({}, 'polluted'), undefined)
})

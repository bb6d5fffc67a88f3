// Everything that security.md T17, T18 and T20 name, at the same time, while good reviews go on; `npm run bench -- hostile` measures it.
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { admit, mutate } from '#admission'
import { atEvenPace } from '../../../dev/bench/pace.ts'
import { review } from '../../../dev/bench/review.ts'
import { attack } from '../../../dev/hostile/index.ts'
import { listen } from './serving.ts'

t.test('good reviews are answered while everybody else misbehaves', async t => {
  const { port, app, lines } = await listen(t, { admit: body => admit(body), mutate })
  const attacked = attack(port)
  const open = () => new Promise<number>(done => app.fastify.server.getConnections((_, count) => done(count)))
  const took = await atEvenPace({
    url: `https://127.0.0.1:${port}/validate`,
    body: review,
    connections: 10,
    perSecond: 50,
    seconds: 12,
  })
  const held = await open()
  const outcomes = await attacked.stop()
  const sorted = took.toSorted((a, b) => a - b)
  const quantile = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0)
  t.comment(
    `p50 ${quantile(0.5)}, p99 ${quantile(0.99)}, worst ${Math.round(sorted.at(-1) ?? 0)} ms; ${held} connections`,
  )
  t.comment(JSON.stringify(outcomes))

  t.equal(took.length, 600, 'each was answered')
  t.ok(quantile(0.99) < 5_000, 'before an API server gives up, on a machine that has other things to do')
  t.ok(held <= 1_024, 'no more connections than may be')
  const names = (name: string) => Object.keys(outcomes[name] ?? {}).sort()
  const only = (name: string, outcome: string) =>
    t.same(names(name), [outcome], `${name}: ${JSON.stringify(outcomes[name])}`)
  only('brackets', '400')
  only('prototypes', '200')
  only('content types', '415')
  for (const name of ['slow heads', 'slow bodies', 'half-open handshakes'])
    t.ok(names(name).includes('cut'), `${name} are cut`)
  t.ok((outcomes['idle connections']?.['opened'] ?? 0) >= 50, JSON.stringify(outcomes['idle connections']))
  t.equal(Reflect.get({}, 'polluted'), undefined)
  t.same(lines, [], 'nothing of it is worth a line')
})

t.test('when they are gone every place is free again', async t => {
  const { port, app, post } = await listen(t)
  const attacked = attack(port)
  await pause(1_000)
  await attacked.stop()
  const deadline = performance.now() + 15_000
  const open = () => new Promise<number>(done => app.fastify.server.getConnections((_, count) => done(count)))
  while ((await open()) > 0 && performance.now() < deadline) await pause(50)
  t.equal(await open(), 0)
  t.equal((await post('/validate', review)).status, 200)
})

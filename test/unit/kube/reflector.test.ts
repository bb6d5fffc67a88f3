// Answers that a healthy API server gives only after days: garbage in a stream, an expired position, a closed door.
import { writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connect, type ReflectorState, reflect } from '../../../pkg/kube/index.ts'

const thing = (name: string, resourceVersion: string) => ({
  metadata: { name, namespace: 'ns', uid: `uid-${name}`, resourceVersion },
})
const listOf = (resourceVersion: string, ...items: object[]) => ({ metadata: { resourceVersion }, items })
const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`

type Play = (response: ServerResponse) => void
const json =
  (body: object, status = 200, headers: Record<string, string> = {}): Play =>
  response => {
    response.writeHead(status, headers)
    response.end(JSON.stringify(body))
  }
const stream =
  (text: string, end = false): Play =>
  response => {
    response.writeHead(200)
    if (end) response.end(text)
    else response.write(text || '\n')
  }

/** Plays the answers one after the other, then leaves every request open; `asked` tells what was asked for. */
const stage = async (t: Test, plays: readonly Play[]) => {
  const asked: string[] = []
  const done = Promise.withResolvers<void>()
  const http = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams
    asked.push(`${query.has('watch') ? 'watch' : 'list'} ${query.get('resourceVersion') ?? 'newest'}`)
    const play = plays[asked.length - 1]
    if (asked.length >= plays.length) done.resolve()
    if (play) play(response)
    else response.writeHead(200).write('\n')
  })
  const port = await new Promise<number>(resolve => {
    http.listen(0, '127.0.0.1', () => {
      const address = http.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
  const path = join(t.testdir({}), 'kubeconfig')
  const cluster = { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true }
  const config = {
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  }
  writeFileSync(path, JSON.stringify(config))
  const connection = connect({ source: { from: 'file', path }, now: () => performance.now(), random: () => 0 })
  const told: string[] = []
  const states: ReflectorState[] = []
  const reflector = reflect({
    cluster: connection,
    path: '/api/v1/things',
    transform: raw => raw,
    onChange: change => told.push(`${change.type} ${change.key}`),
    onState: state => states.push(state),
    onError: error => told.push(`error ${error}`),
    now: () => performance.now(),
    random: () => 0,
    limits: { retryMinMs: 5, retryMaxMs: 10 },
  })
  t.teardown(async () => {
    await reflector.stop()
    await connection.close()
    http.closeAllConnections()
    await new Promise(resolve => http.close(resolve))
  })
  await done.promise
  return { asked, told, states, reflector }
}

t.test('a line that is no JSON ends the watch, and the next one starts where it was', async t => {
  const s = await stage(t, [
    json(listOf('5')),
    stream(`${line('ADDED', thing('a', '7'))}{"type":"ADDED","obj\n`),
    stream(line('ADDED', thing('b', '8')), true),
    stream(''),
  ])
  t.strictSame(s.asked, ['list newest', 'watch 5', 'watch 7', 'watch 8'])
  t.strictSame(s.told, ['added ns/a', 'added ns/b'])
})

t.test('a bookmark moves the position without telling anybody', async t => {
  const bookmark = line('BOOKMARK', { kind: 'Thing', metadata: { resourceVersion: '99' } })
  const s = await stage(t, [json(listOf('5')), stream(bookmark, true), stream('')])
  t.strictSame(s.asked, ['list newest', 'watch 5', 'watch 99'])
  t.strictSame(s.told, [])
})

t.test('an expired position leads to one list, which tells the difference', async t => {
  const expired = line('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' })
  const s = await stage(t, [
    json(listOf('5', thing('kept', '1'), thing('changed', '2'), thing('gone', '3'))),
    stream(expired, true),
    json(listOf('20', thing('kept', '1'), thing('changed', '15'), thing('made', '16'))),
    stream(''),
  ])
  t.strictSame(s.asked, ['list newest', 'watch 5', 'list newest', 'watch 20'])
  t.strictSame(s.told.slice(3), ['updated ns/changed', 'added ns/made', 'deleted ns/gone'])
  t.match(s.reflector.stats(), { lists: 2, caughtUp: 3, missed: 0 })
})

t.test('a position that the server refuses three times is given up', async t => {
  const broken = json({ reason: 'Timeout' }, 504)
  const s = await stage(t, [json(listOf('5')), broken, broken, broken, json(listOf('3')), stream('')])
  t.strictSame(s.asked, ['list newest', 'watch 5', 'watch 5', 'watch 5', 'list newest', 'watch 3'])
})

t.test('a server that asks for time gets it', async t => {
  const s = await stage(t, [json(listOf('5')), json({}, 429, { 'retry-after': '1' }), stream('')])
  t.match(
    s.states.find(state => state.phase === 'waiting'),
    { status: 429, afterMs: 1000 },
  )
  t.strictSame(s.asked, ['list newest', 'watch 5', 'watch 5'])
})

t.test('stop ends a wait and an open watch at once, and nothing starts afterwards', async t => {
  const s = await stage(t, [json(listOf('5')), stream('')])
  const before = performance.now()
  await s.reflector.stop()
  t.ok(performance.now() - before < 1_000)
  const { length } = s.asked
  await new Promise(setImmediate)
  t.equal(s.asked.length, length)
})

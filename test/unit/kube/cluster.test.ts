// What a healthy API server does not do on demand: 429, 503, resets, answers that never end.
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connect, KubeError, type KubeRequest } from '../../../pkg/kube/index.ts'

type Answer = (response: ServerResponse, request: IncomingMessage) => void

const say =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  response => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
const reset: Answer = response => response.socket?.resetAndDestroy()

const server = async (t: Test, answers: readonly Answer[]) => {
  let calls = 0
  const http = createServer((request, response) => {
    const answer = answers[Math.min(calls, answers.length - 1)]
    calls += 1
    answer?.(response, request)
  })
  const port = await new Promise<number>(resolve => {
    http.listen(0, '127.0.0.1', () => {
      const address = http.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
  const path = join(t.testdir({}), 'kubeconfig')
  writeFileSync(
    path,
    JSON.stringify({
      clusters: [
        { name: 'c', cluster: { server: `http://127.0.0.1:${port}/prefix/`, 'insecure-skip-tls-verify': true } },
      ],
      users: [{ name: 'u', user: { token: 'a-token' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  )
  const cluster = connect({ source: { from: 'file', path }, now: () => performance.now(), random: () => 0 })
  t.teardown(async () => {
    await cluster.close()
    http.closeAllConnections()
    await new Promise(resolve => http.close(resolve))
  })
  const { signal } = new AbortController()
  return {
    calls: () => calls,
    call: (request: Partial<KubeRequest>) => cluster.request({ method: 'GET', path: '/api', signal, ...request }),
  }
}

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )

const fine = say(200, { fine: true })
const cases = [
  { name: 'a GET is repeated after 503', method: 'GET', first: say(503, {}), calls: 2 },
  { name: 'a GET is repeated after 429', method: 'GET', first: say(429, {}, { 'retry-after': '0' }), calls: 2 },
  { name: 'a GET is repeated after a reset', method: 'GET', first: reset, calls: 2 },
  { name: 'a GET is not repeated after 404', method: 'GET', first: say(404, {}), calls: 1, fails: 404 },
  {
    name: 'a PUT is repeated after 429 with Retry-After',
    method: 'PUT',
    first: say(429, {}, { 'retry-after': '0' }),
    calls: 2,
  },
  { name: 'a PUT is not repeated after 429 alone', method: 'PUT', first: say(429, {}), calls: 1, fails: 429 },
  {
    name: 'a PUT is not repeated after 500: it may have happened',
    method: 'PUT',
    first: say(500, {}),
    calls: 1,
    fails: 500,
  },
  {
    name: 'a PUT is not repeated after a reset: it may have happened',
    method: 'PUT',
    first: reset,
    calls: 1,
    fails: 0,
  },
] as const

for (const { name, method, first, calls, ...rest } of cases) {
  t.test(name, async t => {
    const s = await server(t, [first, fine])
    const call = s.call({ method, ...(method === 'PUT' ? { body: {} } : {}) })
    if ('fails' in rest) t.match(await failure(call), { status: rest.fails })
    else t.strictSame(await call, { fine: true })
    t.equal(s.calls(), calls)
  })
}

t.test('a GET gives up after four tries, with what the last answer said', async t => {
  const s = await server(t, [say(503, { reason: 'ServiceUnavailable', message: 'a secret word' })])
  const error = await failure(s.call({}))
  t.ok(error instanceof KubeError)
  t.match(error, { status: 503, message: 'ServiceUnavailable 503' })
  t.equal(s.calls(), 4)
})

t.test('the server address keeps its path, and the token goes along', async t => {
  const seen: unknown[] = []
  const s = await server(t, [
    (response, request) => {
      seen.push(request.url, request.headers.authorization, request.headers['user-agent'])
      fine(response, request)
    },
  ])
  await s.call({ path: '/api/v1/secrets', query: { limit: 5, continue: undefined, labelSelector: 'a=b,c' } })
  t.strictSame(seen, ['/prefix/api/v1/secrets?limit=5&labelSelector=a%3Db%2Cc', 'Bearer a-token', 'latchkey'])
})

t.test('no word of a refusal gets into the error, but the fields that are wrong do', async t => {
  const causes = [{ reason: 'FieldValueInvalid', message: 'hunter2 is bad', field: 'metadata.name' }]
  const body = { kind: 'Status', reason: 'Invalid', message: 'hunter2 is bad', details: { causes } }
  const s = await server(t, [say(422, body)])
  const error = await failure(s.call({}))
  t.match(error, { message: 'Invalid 422 (metadata.name)' })
  t.notMatch(JSON.stringify(error) + String(error), 'hunter2')
})

t.test('an answer that is no JSON is told without its text', async t => {
  const s = await server(t, [say(200, 'hunter2')])
  const error = await failure(s.call({}))
  t.match(error, { status: 0, reason: 'Garbled' })
  t.notMatch(String(error), 'hunter2')
})

t.test('an answer that does not come ends with the time limit', async t => {
  const s = await server(t, [() => {}])
  t.match(await failure(s.call({ timeoutMs: 50 })), { status: 0, reason: 'Timeout' })
  t.equal(s.calls(), 1)
})

t.test('an abort ends the call with the reason of the signal', async t => {
  const s = await server(t, [() => {}])
  const controller = new AbortController()
  const call = s.call({ signal: controller.signal })
  controller.abort(new Error('enough'))
  await t.rejects(call, { message: 'enough' })
})

t.test('a refused connection is told as such', async t => {
  const s = await server(t, [reset])
  t.match(await failure(s.call({ method: 'POST', body: {} })), { status: 0, reason: 'Reset' })
})

t.test('a kubeconfig that cannot be used is a fault that names the file', async t => {
  const dir = t.testdir({ empty: '{}', broken: '{{{' })
  for (const name of ['empty', 'broken', 'absent']) {
    const path = join(dir, name)
    const open = (): unknown => connect({ source: { from: 'file', path }, now: () => 0, random: () => 0 })
    t.throws(open, { name: 'Fault', code: 'ClusterUnreachable', path })
  }
})

t.test('an answer above 16 MiB is cut and named, and not asked for again as it is', async t => {
  const { calls, call } = await server(t, [say(200, ' '.repeat(16 * 1024 * 1024 + 1))])
  t.match(await failure(call({})), { name: 'KubeError', status: 0, reason: 'TooLarge' })
  t.equal(calls(), 1)
})

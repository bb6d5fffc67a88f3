import t from 'tap'
import { Fault } from '#core'
import { effortMs } from '../../support/effort.ts'
import { build, recorder, review } from './serving.ts'

const json = { 'content-type': 'application/json' }
const samples = async (text: Promise<string>) =>
  (await text).split('\n').filter(line => line.startsWith('latchkey_admission_reviews'))

t.test('a review reaches admission as it came, and the verdict goes back with HTTP 200', async t => {
  const { admit, seen } = recorder()
  const { app, metrics } = build({ admit })
  const sent = review({ spec: { a: [1, null, 'x'] } })
  const reply = await app.fastify.inject({
    method: 'POST',
    url: '/validate',
    headers: json,
    payload: JSON.stringify(sent),
  })
  t.equal(reply.statusCode, 200)
  t.match(reply.headers['content-type'], /^application\/json/)
  t.same(reply.json().response, { uid: 'uid-1', allowed: true })
  t.same(seen, [sent])
  t.same(await samples(metrics.text()), [
    'latchkey_admission_reviews_total{webhook="validate",kind="SecretStore",result="allowed"} 1',
  ])
})

t.test('validate and mutate ask different functions', async t => {
  const [one, two] = [recorder(), recorder()]
  const { app } = build({ admit: one.admit, mutate: two.admit })
  const payload = JSON.stringify(review())
  await app.fastify.inject({ method: 'POST', url: '/mutate', headers: json, payload })
  t.same([one.seen.length, two.seen.length], [0, 1])
})

t.test('a key named __proto__ is data and reaches admission as an own key', async t => {
  const { admit, seen } = recorder()
  const { app } = build({ admit })
  const payload = JSON.stringify(review({})).replace(
    '"object":{}',
    '"object":{"data":{"__proto__":"x","constructor":{"prototype":1}}}',
  )
  const reply = await app.fastify.inject({ method: 'POST', url: '/validate', headers: json, payload })
  t.equal(reply.statusCode, 200)
  t.equal(JSON.stringify(seen[0]), payload)
  t.equal(Reflect.get({}, 'x'), undefined)
})

t.test('of a doubled key the last one counts, as in the API server', async t => {
  const { admit, seen } = recorder()
  const { app } = build({ admit })
  const payload = JSON.stringify(review()).replace('"object":{}', '"object":{"first":1},"object":{"last":1}')
  await app.fastify.inject({ method: 'POST', url: '/validate', headers: json, payload })
  t.match(seen[0], { request: { object: { last: 1 } } })
})

const unreadable = [
  { name: 'no JSON', payload: 'spec: {}', says: /^the body is not JSON → / },
  { name: 'nothing', payload: '', says: /^the body is not JSON → / },
  { name: 'cut JSON', payload: JSON.stringify(review()).slice(0, -1), says: /^the body is not JSON → / },
  { name: 'a million brackets', payload: '['.repeat(1e6), says: /^the body nests deeper than 64 levels → / },
  {
    name: 'a million balanced brackets',
    payload: '['.repeat(5e5) + ']'.repeat(5e5),
    says: /^the body nests deeper than 64 levels → /,
  },
  { name: 'an array', payload: '[]', says: /^the body is not an AdmissionReview with request\.uid → / },
  {
    name: 'another kind',
    payload: JSON.stringify({ ...review(), kind: 'TokenReview' }),
    says: /^the body is not an AdmissionReview/,
  },
  { name: 'no uid', payload: JSON.stringify(review({}, { uid: '' })), says: /^the body is not an AdmissionReview/ },
]
for (const { name, payload, says } of unreadable) {
  t.test(`a body that is ${name} gets 400 and a sentence, quickly`, async t => {
    const { admit, seen } = recorder()
    const { app, metrics } = build({ admit })
    const started = effortMs()
    const reply = await app.fastify.inject({ method: 'POST', url: '/validate', headers: json, payload })
    t.equal(reply.statusCode, 400)
    t.match(reply.body, says)
    t.equal(reply.body.trim().split('\n').length, 1)
    t.ok(effortMs() - started < 300)
    t.equal(seen.length, 0)
    t.same(await samples(metrics.text()), [
      'latchkey_admission_reviews_total{webhook="validate",kind="other",result="unreadable"} 1',
    ])
  })
}

t.test('64 levels pass, brackets within strings do not count', async t => {
  const { app } = build()
  const nested = (levels: number) =>
    JSON.stringify(review()).replace('"object":{}', `"object":${'['.repeat(levels)}${']'.repeat(levels)}`)
  const post = (payload: string) => app.fastify.inject({ method: 'POST', url: '/validate', headers: json, payload })
  // the envelope and its request are two of them
  t.equal((await post(nested(62))).statusCode, 200)
  t.equal((await post(nested(63))).statusCode, 400)
  t.equal((await post(JSON.stringify(review({ text: `\\"${'[{'.repeat(500)}` })))).statusCode, 200)
})

const types = [
  { type: 'application/json', status: 200 },
  { type: 'Application/JSON; charset=UTF-8', status: 200 },
  { type: 'application/json\ta', status: 415 },
  { type: 'application/json ; a=b', status: 415 },
  { type: ' application/json,text/plain', status: 415 },
  { type: 'application/yaml', status: 415 },
  { type: 'text/plain', status: 415 },
  { type: 'application/jsonx', status: 415 },
  { type: undefined, status: 415 },
]
for (const { type, status } of types) {
  t.test(`Content-Type ${JSON.stringify(type)} gets ${status}`, async t => {
    const { app } = build()
    const headers = type === undefined ? {} : { 'content-type': type }
    const reply = await app.fastify.inject({
      method: 'POST',
      url: '/validate',
      headers,
      payload: JSON.stringify(review()),
    })
    t.equal(reply.statusCode, status)
    if (status === 415) t.match(reply.body, /^Content-Type is not application\/json → /)
  })
}

t.test('a compressed body is refused unread', async t => {
  const { app } = build()
  const reply = await app.fastify.inject({
    method: 'POST',
    url: '/validate',
    headers: { ...json, 'content-encoding': 'gzip' },
    payload: 'x',
  })
  t.equal(reply.statusCode, 415)
  t.match(reply.body, /^Content-Encoding is not identity → /)
})

t.test(
  'a defect denies at /validate and lets pass at /mutate, with the uid and without the words of the error',
  async t => {
    const broken = () => {
      throw new Error('canary-91')
    }
    const { app, lines, metrics } = build({ admit: broken, mutate: broken })
    const payload = JSON.stringify(review())
    const denied = await app.fastify.inject({ method: 'POST', url: '/validate', headers: json, payload })
    t.equal(denied.statusCode, 200)
    t.match(denied.json().response, {
      uid: 'uid-1',
      allowed: false,
      status: { code: 500, message: /a defect in Latchkey/ },
    })
    const passed = await app.fastify.inject({ method: 'POST', url: '/mutate', headers: json, payload })
    t.same(passed.json().response, { uid: 'uid-1', allowed: true })
    t.equal(lines.length, 2)
    t.notMatch(lines.join('') + denied.body, /canary/)
    t.match(await samples(metrics.text()), [/kind="SecretStore",result="failed"/, /result="failed"/])
  },
)

t.test('a denial is counted as one, and a made-up kind is no label', async t => {
  const admit = () => ({ response: { uid: 'uid-1', allowed: false } })
  const { app, metrics } = build({ admit })
  const payload = JSON.stringify(review({}, { kind: { kind: 'x"} 1\n' } }))
  await app.fastify.inject({ method: 'POST', url: '/validate', headers: json, payload })
  t.same(await samples(metrics.text()), [
    'latchkey_admission_reviews_total{webhook="validate",kind="other",result="denied"} 1',
  ])
})

t.test('a review of another version is denied in that version, with the remedy', async t => {
  const { admit, seen } = recorder()
  const { app } = build({ admit })
  const payload = JSON.stringify({ ...review(), apiVersion: 'admission.k8s.io/v1beta1' })
  const reply = await app.fastify.inject({ method: 'POST', url: '/validate', headers: json, payload })
  t.equal(reply.statusCode, 200)
  t.match(reply.json(), {
    apiVersion: 'admission.k8s.io/v1beta1',
    response: { uid: 'uid-1', allowed: false, status: { message: /admissionReviewVersions/ } },
  })
  t.equal(seen.length, 0)
})

t.test('bodies and secrets in them never reach the log', async t => {
  const { app, lines } = build({
    admit: () => {
      throw new Fault('Unexpected', 'broke')
    },
  })
  const payload = JSON.stringify(review({ password: 'canary-17' }))
  for (const url of ['/validate', '/mutate', '/canary-17']) {
    await app.fastify.inject({ method: 'POST', url, headers: { ...json, authorization: 'canary-17' }, payload })
    await app.fastify.inject({ method: 'POST', url, headers: json, payload: payload.slice(1) })
  }
  t.ok(lines.length > 0)
  t.notMatch(lines.join(''), /canary/)
})

t.test('other paths and methods are named as nothing', async t => {
  const { app } = build()
  for (const [method, url] of [
    ['GET', '/validate'],
    ['POST', '/'],
    ['GET', '/metrics'],
    ['GET', '/healthz'],
  ] as const) {
    const reply = await app.fastify.inject({ method, url, headers: json })
    t.equal(reply.statusCode, 404, `${method} ${url}`)
  }
})

t.test('a path that ends in a token asks for more, and nothing is counted by it', async t => {
  const asked: string[] = []
  const examine = (body: unknown, token: string) => {
    asked.push(token)
    return token === 'slow' ? Promise.resolve(recorder().admit(body)) : recorder().admit(body)
  }
  const { app, metrics } = build({ examine })
  const post = (url: string) =>
    app.fastify.inject({ method: 'POST', url, headers: json, payload: JSON.stringify(review()) })
  const long = 'x'.repeat(2_000)
  for (const url of ['/validate', '/validate/fast', '/validate/slow', '/validate/a%2Fb', `/validate/${long}`]) {
    const reply = await post(url)
    t.same([reply.statusCode, reply.json().response], [200, { uid: 'uid-1', allowed: true }], url)
  }
  t.same(asked, ['fast', 'slow', 'a/b', long])
  t.same(await samples(metrics.text()), [
    'latchkey_admission_reviews_total{webhook="validate",kind="SecretStore",result="allowed"} 5',
  ])
  for (const url of ['/mutate/fast', '/validate/a/b', '/validate/fast/']) {
    const reply = await post(url)
    t.equal(reply.statusCode, 404)
    t.notMatch(reply.body, /fast|xx/)
  }
  t.equal((await build().app.fastify.inject({ method: 'POST', url: '/validate/a', headers: json })).statusCode, 404)
})

t.test('a promise that fails is a defect as a throw is, without the words of the error', async t => {
  const { app, lines } = build({ examine: () => Promise.reject(new Error('canary-92')) })
  const payload = JSON.stringify(review())
  const reply = await app.fastify.inject({ method: 'POST', url: '/validate/canary-93', headers: json, payload })
  t.match(reply.json().response, { allowed: false, status: { code: 500, message: /a defect in Latchkey/ } })
  t.equal(lines.length, 1)
  t.notMatch(lines.join('') + reply.body, /canary/)
})

t.test('a pure verdict is answered in the turn in which its body came', async t => {
  const order: string[] = []
  const { app } = build({
    admit: body => {
      setImmediate(() => order.push('next turn'))
      return recorder().admit(body)
    },
  })
  app.fastify.addHook('onSend', async () => void order.push('answered'))
  await app.fastify.inject({ method: 'POST', url: '/validate', headers: json, payload: JSON.stringify(review()) })
  t.equal(order[0], 'answered')
})

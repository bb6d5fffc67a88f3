import t from 'tap'
import { accessKey, identities, startGateway, testSeed } from '../../support/gateway.ts'
import { identity, json, read, refs, startClient, startServer, textOf } from './client.ts'

const answers: Readonly<Record<string, unknown>> = {
  auth: { token: 't-1' },
  'get-secret-value': { '/static': 'x' },
  'get-dynamic-secret-value': { id: 'x' },
  'get-rotated-secret-value': { value: { a: 1 } },
  'get-certificate-value': { certificate_pem: 'x' },
}
const types: Readonly<Record<string, string>> = {
  '/static': 'STATIC_SECRET',
  '/dynamic': 'DYNAMIC_SECRET',
  '/rotated': 'ROTATED_SECRET',
  '/certificate': 'CERTIFICATE',
}

t.test('each operation sends exactly the fields that Akeyless knows', async t => {
  const bodies: [string, Record<string, unknown>][] = []
  const server = await startServer(t, (request, response, text) => {
    const op = request.url?.replace('/v2/', '') ?? ''
    const body: Record<string, unknown> = JSON.parse(text)
    bodies.push([op, body])
    t.equal(request.headers['content-type'], 'application/json')
    const name = String(body['name'])
    json(response, 200, op === 'describe-item' ? { item_name: name, item_type: types[name] } : answers[op])
  })
  const who = { ...identity(`${server.url}/v2/`), ignoreCache: true }
  await read(startClient(t), who, refs('/static', '/dynamic', '/rotated', '/certificate'))

  const sent = new Map(bodies.filter(([op]) => op !== 'describe-item'))
  const token = 't-1'
  const always = { token, version: 0, 'ignore-cache': 'true' }
  t.same(Object.fromEntries(sent), {
    auth: { 'access-type': 'access_key', 'access-id': identities.admin, 'access-key': accessKey },
    'get-secret-value': { names: ['/static'], ...always },
    'get-dynamic-secret-value': { name: '/dynamic', token },
    'get-rotated-secret-value': { names: '/rotated', ...always },
    'get-certificate-value': { name: '/certificate', ...always },
  })
  t.same(
    bodies.filter(([op]) => op === 'describe-item').map(([, body]) => body),
    Object.keys(types).map(name => ({ name, token })),
  )
})

t.test('the cache of a gateway is bypassed only where the store says so', async t => {
  const bodies: string[] = []
  const server = await startServer(t, (request, response, text) => {
    bodies.push(text)
    const op = request.url?.replace('/v2/', '') ?? ''
    json(response, 200, op === 'describe-item' ? { item_name: '/static', item_type: 'STATIC_SECRET' } : answers[op])
  })
  await read(startClient(t), identity(`${server.url}/v2`), refs('/static'))
  t.notOk(bodies.some(body => body.includes('ignore-cache')))
})

t.test('one path under several identities and gateways gives each its own value', async t => {
  const client = startClient(t)
  const gateways = await Promise.all(
    ['one', 'two', 'three'].map(value =>
      startGateway(t, {
        identities: testSeed.identities,
        items: [{ path: '/apps/same', type: 'STATIC_SECRET', value }],
      }),
    ),
  )
  const people = gateways.flatMap(({ url }) => [
    identity(url),
    { ...identity(url), ignoreCache: true },
    identity(url, identities.reader),
  ])
  const want = ['one', 'two', 'three'].flatMap(value => [value, value, value])
  for (let round = 0; round < 5; round++) {
    const outcomes = await Promise.all(people.map(who => read(client, who, refs('/apps/same'), { maxAgeMs: 60_000 })))
    t.same(outcomes.flat().map(textOf), want)
  }
  const stranger = await Promise.all(
    gateways.map(({ url }) =>
      read(client, identity(url, identities.stranger), refs('/apps/same'), { maxAgeMs: 60_000 }),
    ),
  )
  t.same(stranger.flat().map(textOf), Array(3).fill('AccessDenied'))
  t.same(
    gateways.map(gateway => gateway.journal().filter(({ op }) => op === 'get-secret-value').length),
    [3, 3, 3],
  )
})

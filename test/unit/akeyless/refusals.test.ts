import t from 'tap'
import type { FaultCode } from '#core'
import type { FaultOrderInput } from '#devgateway'
import { startGateway } from '../../support/gateway.ts'
import { faultIn, identity, json, read, refs, soon, startClient, startServer, textOf } from './client.ts'

const canary = 'canary-5f0e6d'
/** Retries without the pause. */
const hasty = { random: () => 0 }
const text = (error: string) => ({ error: `${error} ${canary}` })

const cases: readonly { name: string; order: FaultOrderInput; times?: number; want: FaultCode; calls?: number }[] = [
  { name: '400', order: { status: 400, body: text('bad') }, want: 'GatewayFailed' },
  {
    name: '401 for lack of a right',
    order: { status: 401, body: text('UnauthorizedAccess') },
    want: 'AccessDenied',
    calls: 1,
  },
  { name: '403', order: { status: 403, body: text('no') }, want: 'AccessDenied', calls: 1 },
  { name: '403 of a proxy', order: { status: 403, html: true }, want: 'GatewayAnswerInvalid', calls: 1 },
  { name: '404 in JSON', order: { status: 404, body: text('NotFound') }, want: 'ItemNotFound', calls: 1 },
  {
    name: '404 in text',
    order: { status: 404, body: `404 page not found ${canary}` },
    want: 'GatewayAnswerInvalid',
    calls: 1,
  },
  { name: '409', order: { status: 409, body: text('Conflict') }, want: 'GatewayFailed' },
  { name: '429', order: { status: 429, body: text('slow down') }, want: 'RateLimited', calls: 1 },
  { name: '500', order: { status: 500, body: text('oops') }, want: 'GatewayFailed', calls: 3 },
  { name: '502 in HTML', order: { status: 502, html: true }, want: 'GatewayFailed', calls: 3 },
  { name: 'a reset connection', order: { reset: true }, want: 'GatewayUnreachable', calls: 3 },
  { name: 'a truncated body', order: { truncate: true, body: text('x') }, want: 'GatewayUnreachable', calls: 3 },
  { name: '200 in HTML', order: { html: true }, want: 'GatewayAnswerInvalid', calls: 1 },
  { name: '200 in text', order: { body: canary }, want: 'GatewayAnswerInvalid', calls: 1 },
  { name: '200 with foreign JSON', order: { body: { hello: canary } }, want: 'GatewayAnswerInvalid', calls: 1 },
  { name: '200 with an error text', order: { body: text('failed') }, want: 'GatewayAnswerInvalid', calls: 1 },
  { name: '200 with a list', order: { body: [canary] }, want: 'GatewayAnswerInvalid', calls: 1 },
  {
    name: 'a redirect',
    order: { status: 302, headers: { location: `http://127.0.0.1/${canary}` } },
    want: 'GatewayAnswerInvalid',
    calls: 1,
  },
]

t.test('what a gateway answers to describe-item decides the fault, and none of its words get out', async t => {
  const gateway = await startGateway(t)
  for (const { name, order, want, calls } of cases) {
    await t.test(name, async t => {
      gateway.reset()
      const client = startClient(t, hasty)
      await client.login(identity(gateway.url), soon())
      gateway.fail({ op: 'describe-item', times: 100, ...order })
      const fault = await faultIn(client.describe(identity(gateway.url), '/apps/config', soon()))
      t.equal(fault.code, want)
      t.notMatch(`${fault.line()} ${fault.stack} ${JSON.stringify(fault)}`, canary)
      if (calls) t.equal(gateway.journal().filter(({ op }) => op === 'describe-item').length, calls, 'calls made')
    })
  }
})

t.test('a value refused in any of these ways is the same fault', async t => {
  const ops = [
    ['get-secret-value', '/apps/config'],
    ['get-rotated-secret-value', '/apps/rotated'],
    ['get-certificate-value', '/apps/certificate'],
  ] as const
  const gateway = await startGateway(t)
  // a rotated value can be any JSON object
  const ambiguous = new Set(['200 with foreign JSON', '200 with an error text'])
  for (const [op, path] of ops) {
    const clear = cases.filter(({ name }) => op !== 'get-rotated-secret-value' || !ambiguous.has(name))
    for (const { name, order, want } of clear) {
      await t.test(`${op}: ${name}`, async t => {
        gateway.reset()
        const client = startClient(t, hasty)
        await client.describe(identity(gateway.url), path, soon())
        gateway.fail({ op, times: 100, ...order })
        const [outcome] = await read(client, identity(gateway.url), refs(path)).catch(fault => [fault])
        t.equal(textOf(outcome), name === '404 in JSON' ? 'GatewayFailed' : want)
        t.notMatch(JSON.stringify(outcome) + String(outcome.stack), canary)
      })
    }
  }
})

t.test('a failure that passes is not noticed by those who only read', async t => {
  const gateway = await startGateway(t)
  const client = startClient(t, hasty)
  for (const order of [{ status: 503 }, { reset: true }, { truncate: true }]) {
    gateway.fail({ op: 'get-secret-value', times: 2, ...order })
    t.same((await read(client, identity(gateway.url), refs('/apps/db-password'))).map(textOf), ['s3cr3t'])
  }
})

t.test('a redirect is not followed', async t => {
  const target = await startServer(t, (_request, response) => json(response, 200, { token: 't-1' }))
  for (const status of [301, 302, 303, 307, 308]) {
    const server = await startServer(t, (_request, response) =>
      response.writeHead(status, { location: `${target.url}/auth`, 'content-type': 'application/json' }).end('{}'),
    )
    t.equal((await faultIn(startClient(t).login(identity(`${server.url}/v2`), soon()))).code, 'GatewayAnswerInvalid')
  }
  t.same(target.paths, [])
})

t.test('an answer without an end, and one that was compressed unasked, are cut off', async t => {
  const endless = await startServer(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const more = () => {
      while (!response.destroyed && response.write(' '.repeat(65536))) {}
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  })
  t.match(await faultIn(startClient(t).login(identity(`${endless.url}/v2`), soon())), {
    code: 'GatewayAnswerInvalid',
    message: /more than 4 MiB/,
  })

  const packed = await startServer(t, (request, response) => {
    t.equal(request.headers['accept-encoding'], 'identity')
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end('{}')
  })
  t.match(await faultIn(startClient(t).login(identity(`${packed.url}/v2`), soon())), { message: /compressed/ })
})

t.test('control characters of a path reach a message escaped', async t => {
  const gateway = await startGateway(t)
  const [outcome] = await read(startClient(t), identity(gateway.url), refs('/apps/x\r\ny\u001b[31m\u2028'))
  t.match(outcome, { code: 'ItemNotFound', message: String.raw`item "/apps/x\r\ny\u001b[31m\u2028" not found` })
})

import t from 'tap'
import { startGateway } from '../../support/gateway.ts'
import { faultIn, identity, json, read, refs, soon, startClient, startServer, textOf } from './client.ts'

// what gateways serve where (akeyless.md §1, §4.5); the development gateway serves all of it on one port
const forms = ['', '/', '/v2', '/v2/', '/api/v2', '/api/v2/', '/api', '/api/']

t.test('every form of a gateway URL leads to the development gateway', async t => {
  for (const form of forms) {
    const gateway = await startGateway(t)
    const outcomes = await read(startClient(t), identity(gateway.url + form), refs('/apps/db-password'))
    t.same(outcomes.map(textOf), ['s3cr3t'], form)
    t.equal(gateway.journal().filter(({ op, status }) => op === 'auth' && status === 200).length, 1, form)
  }
})

// what each port of a real gateway serves: its base paths, and V1 at the root of some
const ports = [
  { port: '8000, the unified gateway', serves: ['/api/v2'], v1: false },
  { port: '8080, the internal API', serves: ['/v2', '/api/v2'], v1: true },
  { port: '8081, the old port of V2', serves: [''], v1: false },
]

t.test(
  'a URL without the right path finds the API on every port, without a probe and with one refused login at most',
  async t => {
    for (const { port, serves, v1 } of ports) {
      for (const form of ['', '/api', ...serves]) {
        if (form === '/api' && serves.includes('')) continue
        const server = await startServer(t, (request, response) => {
          const base = request.url?.replace(/\/auth$/, '') ?? ''
          if (serves.includes(base)) return json(response, 200, { token: 't-1' })
          if (v1) return json(response, 400, { error: 'unknown command auth' })
          return response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found')
        })
        const client = startClient(t)
        await client.login(identity(server.url + form), soon())
        t.ok(
          server.paths.every(path => path.endsWith('/auth')),
          `${port} by ${form}: ${server.paths}`,
        )
        t.ok(server.paths.length <= 3)
      }
    }
  },
)

t.test('a path that leads elsewhere is kept: no credential is sent to another', async t => {
  const server = await startServer(t, (_request, response) => response.writeHead(404).end('404 page not found'))
  t.match(await faultIn(startClient(t).login(identity(`${server.url}/tenant-a`), soon())), {
    code: 'GatewayAnswerInvalid',
  })
  t.same(server.paths, ['/tenant-a/auth'])
})

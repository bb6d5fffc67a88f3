// An answer that is lost on its way: what no healthy API server does on demand.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connect, elect } from '#kube'

interface Lease {
  readonly metadata: { readonly resourceVersion?: string }
  readonly spec: { readonly holderIdentity?: string }
}

const readBody = async (request: IncomingMessage): Promise<Lease> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString())
}

/** One Lease with optimistic locking; `lose` decides of each applied write whether its answer gets lost. */
const leaseServer = async (
  t: Test,
  options: { lose: (write: number) => boolean; steal?: (write: number) => boolean },
) => {
  let version = 0
  let writes = 0
  let stored: Lease | undefined
  const put = (lease: Lease): Lease => {
    version += 1
    stored = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(version) } }
    return stored
  }
  const say = (response: ServerResponse, status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }
  const refuse = (response: ServerResponse, code: number) =>
    say(response, code, { kind: 'Status', status: 'Failure', code })
  const http = createServer((request, response) => {
    const handle = async () => {
      if (request.method === 'GET') return stored ? say(response, 200, stored) : refuse(response, 404)
      const lease = await readBody(request)
      if (stored && lease.metadata.resourceVersion !== stored.metadata.resourceVersion) return refuse(response, 409)
      writes += 1
      const written = put(lease)
      if (options.steal?.(writes)) put({ ...written, spec: { ...written.spec, holderIdentity: 'thief' } })
      if (options.lose(writes)) return response.socket?.resetAndDestroy()
      return say(response, 200, written)
    }
    void handle()
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo // a TCP server that listens
  const path = join(t.testdir({}), 'kubeconfig')
  const server = `http://127.0.0.1:${port}`
  const config = {
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 'a-token' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  }
  writeFileSync(path, JSON.stringify(config))
  const cluster = connect({ source: { from: 'file', path }, now: () => performance.now(), random: () => 0 })
  t.teardown(async () => {
    await cluster.close()
    http.closeAllConnections()
    http.close()
  })
  return { cluster, writes: () => writes }
}

const run = async (t: Test, options: Parameters<typeof leaseServer>[1], enough: number) => {
  const { cluster, writes } = await leaseServer(t, options)
  const stops: string[] = []
  const ended = Promise.withResolvers<void>()
  const election = elect({
    cluster,
    namespace: 'n',
    name: 'l',
    identity: 'me',
    durations: { leaseMs: 3_000, renewMs: 2_000, retryMs: 20 },
    now: () => performance.now(),
    date: () => new Date(),
    random: () => 0,
    onStarted: () => {},
    onStopped: why => {
      stops.push(why)
      ended.resolve()
    },
    onTransition: () => {},
    onError: error => t.fail(String(error)),
  })
  const timer = setInterval(() => writes() >= enough && ended.resolve(), 5)
  await ended.promise
  clearInterval(timer)
  const led = election.isLeader()
  await election.stop()
  return { led, stops: stops.filter(why => why !== 'stopped') }
}

t.test('a renewal that arrived although its answer was lost changes nothing', async t => {
  const { led, stops } = await run(t, { lose: write => write === 3 }, 6)
  t.same(stops, [])
  t.ok(led)
})

t.test('a lease that somebody else took is lost at the next renewal', async t => {
  const { led, stops } = await run(t, { lose: () => false, steal: write => write === 3 }, 100)
  t.same(stops, ['conflict'])
  t.notOk(led)
})

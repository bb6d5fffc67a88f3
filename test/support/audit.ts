// A way to the API server that keeps a list of what was asked of it. A write that changes nothing leaves no trace on the
// server; here it is seen.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, request as forward } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { issueCa, issueLeaf, randomSources } from '#certs'
import { apiServer } from './cluster.ts'

export interface Asked {
  readonly method: string
  /** Without its query. */
  readonly path: string
  readonly status: number
}

export interface Audit {
  /** A kubeconfig that leads through here. */
  readonly kubeconfig: string
  /** Everything answered so far, in the order of the answers; a watch counts when it begins. */
  asked(): readonly Asked[]
  /** What changes something, or was meant to: `POST /path`. Events are left out, they may be dropped. */
  writes(): readonly string[]
  forget(): void
  /** While set, nothing below this path exists, as if what serves it were not installed. */
  hide(path: string | undefined): void
  /** Has the next request of this method and path wait until `act` is done; it goes on only where that gives true. */
  hold(method: string, path: string, act: () => Promise<boolean>): void
  /** From now on watches whose path contains this part tell everything so much later, also those that are open; 0 ends it. */
  lag(part: string, ms: number): void
}

const kubeconfigOf = (port: number, ca: string): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'audit',
        cluster: {
          server: `https://127.0.0.1:${port}`,
          'certificate-authority-data': Buffer.from(ca).toString('base64'),
        },
      },
    ],
    users: [{ name: 'audit', user: { token: apiServer.token } }],
    contexts: [{ name: 'audit', context: { cluster: 'audit', user: 'audit' } }],
    'current-context': 'audit',
  })

const isWatch = (url: string): boolean => /[?&]watch=(1|true)(&|$)/.test(url)

/** Sends on piece by piece, in order, each as late as `lagMs` says when it comes. */
const sendLate = (answer: IncomingMessage, response: ServerResponse, lagMs: () => number): void => {
  let last: Promise<unknown> = Promise.resolve()
  const later = (act: () => unknown): void => {
    // who watched may be gone by then
    last = Promise.all([last, sleep(lagMs())]).then(() => (response.destroyed ? undefined : act()))
  }
  answer.on('data', piece => later(() => response.write(piece))).on('end', () => later(() => response.end()))
}

interface Passing {
  readonly onStatus: (status: number) => void
  readonly lagMs: () => number
}

const passOn = (request: IncomingMessage, response: ServerResponse, { onStatus, lagMs }: Passing): void => {
  const { method, url = '/', headers } = request
  const onward = forward(new URL(url, apiServer.url), { method, headers, ca: apiServer.ca, agent: false }, answer => {
    onStatus(answer.statusCode ?? 0)
    response.writeHead(answer.statusCode ?? 502, answer.headers).flushHeaders()
    answer.on('error', () => response.destroy())
    if (isWatch(url)) sendLate(answer, response, lagMs)
    else answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  response.on('close', () => onward.destroy())
  request.pipe(onward)
}

/** Listens on a free port until the test ends. */
export const startAudit = async (t: { teardown(fn: () => unknown): unknown }): Promise<Audit> => {
  const sources = randomSources()
  const now = new Date()
  const ca = await issueCa({ sources, now })
  const leaf = await issueLeaf({ ca, sources, now, names: { dns: [], ip: ['127.0.0.1'] } })
  let all: Asked[] = []
  let hidden: string | undefined
  const lags = new Map<string, number>()
  let held: { readonly method: string; readonly path: string; readonly act: () => Promise<boolean> } | undefined
  const server = createServer({ cert: leaf.cert, key: leaf.key.reveal() }, (request, response) => {
    const { method = '', url = '' } = request
    if (hidden !== undefined && url.startsWith(hidden)) {
      // the words of an API server
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n')
      return
    }
    const path = url.replace(/\?.*/, '')
    const onStatus = (status: number): void => void all.push({ method, path, status })
    const lagMs = () => Math.max(0, ...[...lags].flatMap(([part, ms]) => (path.includes(part) ? [ms] : [])))
    const go = () => passOn(request, response, { onStatus, lagMs })
    if (held?.method !== method || held.path !== path) {
      go()
      return
    }
    const { act } = held
    held = undefined
    act().then(
      goesOn => (goesOn ? go() : response.destroy()),
      () => response.destroy(),
    )
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo // a TCP server that listens
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-audit-'))
  const kubeconfig = join(folder, 'kubeconfig.yaml')
  writeFileSync(kubeconfig, kubeconfigOf(port, ca.cert))
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise(done => server.close(done))
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    kubeconfig,
    asked: () => [...all],
    writes: () =>
      all
        .filter(({ method, path }) => method !== 'GET' && !path.includes('/events'))
        .map(({ method, path }) => `${method} ${path}`),
    forget: () => {
      all = []
    },
    hide: path => {
      hidden = path
    },
    hold: (method, path, act) => {
      held = { method, path, act }
    },
    lag: (part, ms) => {
      lags.set(part, ms)
    },
  }
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { issueLeaf, randomSources } from '#certs'
import { Sensitive } from '#core'
import type { Gateway } from '#devgateway'
import { names } from '../../deploy/names.ts'
import { assets, freePort, startControlPlane } from '../controlplane/index.ts'
import { startGateway } from '../gateway.ts'
import { kubectl, must } from '../kubectl.ts'
import { startLatchkey } from '../latchkey.ts'
import { type Api, connect } from './api.ts'
import { collection, credentials } from './manifests.ts'
import type { Measured } from './process.ts'

/** `bundle` is what the image runs; `sources` is what `npm run latchkey` runs. */
type Entry = 'bundle' | 'sources'

/** What every case plays on: an API server, a gateway, and processes that it starts and measures. */
export interface Stage {
  readonly api: Api
  readonly gateway: Gateway
  /** Where the webhook configurations point: every process that registers listens here, one at a time. */
  readonly webhookUrl: string
  serve(options?: { entry?: Entry; args?: readonly string[]; webhook?: boolean }): Measured
  /** The bare webhook under a certificate of the registered CA; needs an earlier `serve`. Without a port: at a free one. */
  bare(port?: number): Promise<Measured & { readonly port: number }>
  /** An empty namespace with credentials for stores. */
  enter(namespace: string): Promise<void>
  /** Ends every process and deletes what is in the namespaces entered, without waiting for a garbage collector. */
  clear(): Promise<void>
  close(): Promise<void>
}

const root = resolve(import.meta.dirname, '../..')
const entries = { bundle: 'dist/latchkey.js', sources: 'server/main.ts' } as const satisfies Record<Entry, string>

/** What the Deployment sets for Node and its allocator: it bounds memory, so memory is measured under it. */
const imageSettings = (): Record<string, string> => {
  const text = readFileSync(join(root, 'deploy/deployment.yaml'), 'utf8')
  const read = (name: string): [string, string] => {
    const found = new RegExp(`name: ${name}\\n\\s+value: (.+)`).exec(text)?.[1]
    if (!found) throw new Error(`deploy/deployment.yaml sets no ${name} → the bench runs under the same`)
    return [name, found.replace(/^(["'])(.*)\1$/, '$2')]
  }
  return Object.fromEntries(
    ['NODE_OPTIONS', 'MALLOC_ARENA_MAX', 'MALLOC_TRIM_THRESHOLD_', 'UV_THREADPOOL_SIZE'].map(read),
  )
}

interface Ground {
  readonly api: Api
  readonly state: string
  readonly kubeconfig: string
  readonly gateway: { readonly port: number; readonly caFile: string }
  readonly webhookPort: number
  readonly running: Set<Measured>
  readonly namespaces: Set<string>
}

const track = (running: Set<Measured>, measured: Measured): Measured => {
  const tracked = {
    ...measured,
    stop: async () => {
      running.delete(tracked)
      await measured.stop()
    },
  }
  running.add(tracked)
  return tracked
}

const serve =
  ({ state, kubeconfig, gateway, webhookPort, running }: Ground): Stage['serve'] =>
  ({ entry = 'bundle', args = [], webhook = true } = {}) => {
    const address = `127.0.0.1:${webhookPort}`
    const spawnedAt = performance.now()
    const latchkey = startLatchkey({
      entry: entries[entry],
      args: [
        ...['--kubeconfig', kubeconfig, '--health-bind', '127.0.0.1:0', '--metrics-bind', '127.0.0.1:0'],
        ...['--resolve', `api.akeyless.io:443=127.0.0.1:${gateway.port}`],
        ...(webhook
          ? ['--webhook-bind', address, '--webhook-url', `https://${address}`]
          : ['--webhook-bind', '127.0.0.1:0', '--no-register']),
        ...args,
      ],
      extraCa: gateway.caFile,
      logFile: join(state, 'latchkey.log'),
    })
    const ready = latchkey.ready.then(() => performance.now())
    ready.catch(() => {})
    return track(running, { pid: latchkey.child.pid ?? 0, spawnedAt, ready, stop: () => latchkey.stop() })
  }

/** A certificate as the bare server needs it, from the CA that the API server trusts. */
const certify = async ({ api, state }: Ground): Promise<readonly [string, string]> => {
  const { data } = await api.must('GET', `/api/v1/namespaces/${names.namespace}/secrets/${names.ca}`)
  const pem = (key: string) => Buffer.from(data?.[key] ?? '', 'base64').toString()
  const leaf = await issueLeaf({
    ca: { cert: pem('ca.crt'), key: Sensitive.text(pem('ca.key')) },
    sources: randomSources(),
    now: new Date(),
    names: { dns: [], ip: ['127.0.0.1'] },
  })
  const files = [join(state, 'bare.crt'), join(state, 'bare.key')] as const
  writeFileSync(files[0], leaf.cert)
  writeFileSync(files[1], leaf.key.reveal(), { mode: 0o600 })
  return files
}

const bare =
  (ground: Ground): Stage['bare'] =>
  async given => {
    const port = given ?? (await freePort())
    const args = [join(import.meta.dirname, 'bare.mjs'), String(port), ...(await certify(ground))]
    const spawnedAt = performance.now()
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'close')
    const stop = async () => {
      child.kill('SIGTERM')
      await ended
    }
    const died = ended.then(() => Promise.reject(new Error('the bare webhook did not start')))
    const ready = Promise.race([once(child.stdout, 'data'), died]).then(() => performance.now())
    ready.catch(() => {})
    return { ...track(ground.running, { pid: child.pid ?? 0, spawnedAt, ready, stop }), port }
  }

const enter =
  ({ api, namespaces }: Ground): Stage['enter'] =>
  async namespace => {
    namespaces.add(namespace)
    await api.must('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
    await api.must('POST', `/api/v1/namespaces/${namespace}/secrets`, credentials)
  }

const clear =
  ({ api, namespaces, running }: Ground): Stage['clear'] =>
  async () => {
    await Promise.all([...running].map(measured => measured.stop()))
    for (const namespace of namespaces) {
      for (const plural of ['externalsecrets', 'secretstores']) await api.must('DELETE', collection(namespace, plural))
      await api.must('DELETE', `/api/v1/namespaces/${namespace}/secrets`)
    }
    namespaces.clear()
  }

const openPlane = async (state: string, say: (text: string) => void) => {
  const onProgress = ({ text }: { text: string }) => say(text)
  const { dir } = await assets({ env: process.env, onProgress })
  const plane = await startControlPlane({ binaries: dir, state: join(state, 'controlplane') })
  const run = kubectl(plane.kubectl, plane.kubeconfig)
  for (const file of ['namespace.yaml', 'crds'])
    await must(run(['apply', '--server-side', '-f', join(root, 'deploy', file)]))
  return plane
}

/** A fresh control plane and gateway, of which nothing is left after `close`. */
export const openStage = async (say: (text: string) => void): Promise<Stage> => {
  const state = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  const closers: (() => unknown)[] = [() => rmSync(state, { recursive: true, force: true })]
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  // every Node process of the bench, the bare one too
  Object.assign(process.env, imageSettings())
  try {
    const plane = await openPlane(state, say)
    closers.push(() => plane.stop())
    const gateway = await startGateway(state)
    closers.push(() => gateway.gateway.close())
    const api = connect(plane)
    closers.push(() => api.close())
    const running = new Set<Measured>()
    closers.push(() => Promise.all([...running].map(measured => measured.stop())))
    const webhookPort = await freePort()
    const ground = {
      api,
      state,
      kubeconfig: plane.kubeconfig,
      gateway,
      webhookPort,
      running,
      namespaces: new Set<string>(),
    }
    return {
      api,
      gateway: gateway.gateway,
      webhookUrl: `https://127.0.0.1:${webhookPort}`,
      serve: serve(ground),
      bare: bare(ground),
      enter: enter(ground),
      clear: clear(ground),
      close,
    }
  } catch (thrown) {
    await close()
    throw thrown
  }
}

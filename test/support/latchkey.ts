// `latchkey serve` as a process of its own, beside the gateway that it reads from and the manifests that it works on.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { issueCa, issueLeaf, randomSources } from '#certs'
import { createGateway, type Gateway, type GatewayOptions, type SeedInput } from '#devgateway'
import { webhookConfigurations } from '../../deploy/webhooks.ts'
import { freePort } from '../../dev/controlplane/index.ts'
import { startLatchkey as spawn } from '../../dev/latchkey.ts'
import { kubeconfigPath, request } from './cluster.ts'
import { testSeed } from './gateway.ts'

/** What a test can be asked to do when it is over; tap's tests fit. */
interface Ending {
  teardown(fn: () => unknown): unknown
}

/** A folder of the test's own, beside the kubeconfig of the run. */
const folder = (t: Ending): string => {
  const path = mkdtempSync(join(tmpdir(), 'latchkey-live-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

export interface TlsGateway extends Gateway {
  readonly port: number
  /** PEM file with the CA that signed its certificate. */
  readonly caFile: string
}

interface TlsOptions extends Partial<Omit<GatewayOptions, 'seed' | 'tls'>> {
  /** The host that it answers for. */
  readonly serves?: string
  /** When its CA was made, which lives for a year. */
  readonly caSince?: Date
}

/** A development gateway that answers for api.akeyless.io, closed when the test ends. */
export const startTlsGateway = async (
  t: Ending,
  seed: SeedInput = testSeed,
  { serves = 'api.akeyless.io', caSince, ...options }: TlsOptions = {},
): Promise<TlsGateway> => {
  const now = new Date()
  const sources = randomSources()
  const ca = await issueCa({ sources, now: caSince ?? now })
  const names = { dns: [serves, 'localhost'], ip: ['127.0.0.1'] }
  const leaf = await issueLeaf({ ca, sources, now, names })
  const caFile = join(folder(t), 'gateway-ca.crt')
  writeFileSync(caFile, ca.cert)
  const tls = { cert: leaf.cert, key: leaf.key.reveal().toString() }
  const gateway = await createGateway({ now: () => new Date(), ...options, seed, tls })
  t.teardown(() => gateway.close())
  return { ...gateway, port: Number(new URL(gateway.url).port), caFile }
}

/** One line of the log of `serve`. */
export interface Line {
  readonly msg?: string
  readonly [field: string]: unknown
}

export interface Process {
  /** Every line of the log so far, oldest first. */
  lines(): readonly Line[]
  /** Ends it by SIGTERM; the exit code. */
  stop(): Promise<number | null>
  /** Ends it by SIGKILL. */
  kill(): Promise<void>
}

export interface Started extends Process {
  /** The line that says that it is ready. */
  readonly ready: Line
}

interface Options {
  /** The only namespace that it reconciles in; without one, the whole cluster: then give a controller class of your own. */
  readonly namespace?: string
  readonly gateway: { readonly port: number; readonly caFile: string }
  readonly args?: readonly string[]
  /** Serves the webhook too and registers it, for the whole cluster, until the test ends. Needs a namespace. */
  readonly register?: boolean
  /** Another way to the API server. */
  readonly kubeconfig?: string
  /** Variables of its environment, beside those of the test. */
  readonly env?: NodeJS.ProcessEnv
}

const admission = '/apis/admissionregistration.k8s.io/v1'

/** A configuration that outlives its webhook would refuse every manifest of the other test files. */
export const unregister = async (): Promise<void> => {
  const client = { url: 'https://127.0.0.1:1' }
  for (const { kind, metadata } of webhookConfigurations(client, undefined)) {
    const { name } = metadata as { name: string } // metadata() in deploy/names.ts
    await request('DELETE', `${admission}/${kind.toLowerCase()}s/${name}`)
  }
}

const webhookFlags = async ({ register, namespace }: Options): Promise<readonly string[]> => {
  if (!register) return ['--no-register', '--role', 'reconciler']
  if (!namespace) throw new Error('register needs a namespace, for the CA of the webhook')
  const at = `127.0.0.1:${await freePort()}`
  return ['--webhook-bind', at, '--webhook-url', `https://${at}`, '--namespace', namespace]
}

const flagsOf = async (options: Options): Promise<readonly string[]> => [
  ...['--kubeconfig', options.kubeconfig ?? kubeconfigPath],
  ...['--health-bind', '127.0.0.1:0', '--metrics-bind', '127.0.0.1:0', '--log-level', 'debug'],
  ...['--resolve', `api.akeyless.io:443=127.0.0.1:${options.gateway.port}`],
  ...(options.namespace ? ['--watch-namespaces', options.namespace] : []),
  ...(await webhookFlags(options)),
  ...(options.args ?? []),
]

/** Starts `latchkey serve`; `ready` fails where it ends before. It is stopped when the test ends. */
export const launch = async (
  t: Ending,
  options: Options,
): Promise<Process & { readonly ready: Promise<Line>; readonly logFile: string }> => {
  const logFile = join(folder(t), 'latchkey.log')
  const { gateway, env = {} } = options
  const running = spawn({ args: await flagsOf(options), extraCa: gateway.caFile, logFile, env })
  const { child, ready } = running
  const ended = new Promise<number | null>(done => child.once('close', code => done(code)))
  const end = (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal)
    return ended
  }
  t.teardown(async () => {
    if (options.register) await unregister()
    await end('SIGTERM')
  })
  return {
    ready,
    logFile,
    lines: () => readLines(running),
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
  }
}

/** Starts `latchkey serve` and waits until it says that it is ready; it is stopped when the test ends. */
export const startLatchkey = async (t: Ending, options: Options): Promise<Started> => {
  const { ready, logFile, ...process } = await launch(t, options)
  try {
    return { ...process, ready: await ready }
  } catch (thrown) {
    throw new Error(`latchkey did not start:\n${readFileSync(logFile, 'utf8')}`, { cause: thrown })
  }
}

/** dev/latchkey.ts looks for a line; asked about each and never content, it has shown them all. */
const readLines = (running: ReturnType<typeof spawn>): readonly Line[] => {
  const lines: Line[] = []
  running.find(line => {
    lines.unshift(line)
    return false
  })
  return lines
}

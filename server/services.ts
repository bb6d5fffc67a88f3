import { readFile } from 'node:fs/promises'
import { type Akeyless, createAkeyless, proxiesOf } from '#akeyless'
import { isLocalAddress } from '#core'
import { type Cluster, credentialReader, secretWriter, serviceAccounts } from '#kube'
import { callRecorder, type Log, type Metrics } from '#observe'
import { createEngine, type Engine, engineSource } from '#template'
import { apiServerAddresses } from './api-addresses.ts'
import type { Config } from './config.ts'
import { createProofs } from './proofs.ts'
import { createTokenPlaces, type TokenPlaces } from './write-back.ts'

/** What the reconciler and the webhook share, so that a login, an item or a thread that one of them has serves the other. */
export interface Services {
  readonly source: Akeyless
  readonly engine: Engine
  readonly credentials: ReturnType<typeof credentialReader>
  readonly tokens: TokenPlaces
  close(): Promise<void>
}

interface ServicesDeps {
  readonly config: Config
  readonly cluster: Cluster
  readonly log: Log
  readonly metrics: Metrics
  /** Threads of libuv's pool: how many host names may be looked up at once. */
  readonly threads: number
  readonly env: NodeJS.ProcessEnv
}

/** A tenant names the gateway: it must not become a way to this machine, to cloud metadata or to the API server (security.md T1). */
const guardOf = ({ config, cluster, env }: ServicesDeps) => {
  if (config.allowLocalGateways) return {}
  const isApiServer = apiServerAddresses(cluster.server, env)
  return { addressAllowed: (address: string) => !isLocalAddress(address) && !isApiServer(address) }
}

const createSource = (deps: ServicesDeps, tokens: TokenPlaces): Akeyless => {
  const { config, cluster, log, metrics, threads, env } = deps
  return createAkeyless({
    threads,
    now: () => Date.now(),
    random: Math.random,
    resolve: new Map(config.resolve.map(({ host, port, to }) => [`${host}:${port}`, to])),
    ...guardOf(deps),
    proxies: proxiesOf(env),
    proofs: createProofs({
      accounts: serviceAccounts(cluster),
      credentials: credentialReader(cluster),
      env,
      readFile: path => readFile(path, 'utf8'),
      now: () => Date.now(),
      regional: config.awsRegionalSts,
    }),
    onRotated: tokens.replace,
    onRotationFailed: (_, fault) => log.warn('the token of a universal identity is not rotated', { fault }),
    onCall: callRecorder(metrics),
  })
}

/** Calls once after a time; gives what calls it off. */
export const setTimer = (ms: number, run: () => void) => {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

/** Nothing of it starts, connects or costs memory before it is asked. */
export const createServices = (deps: ServicesDeps): Services => {
  const tokens = createTokenPlaces(secretWriter(deps.cluster))
  const source = createSource(deps, tokens)
  const engine = createEngine({
    source: engineSource(),
    setTimer,
    now: () => performance.now(),
    onAbsent: cause => deps.log.error('the template engine cannot be started', { fault: cause }),
  })
  return {
    source,
    engine,
    credentials: credentialReader(deps.cluster),
    tokens,
    close: async () => {
      await engine.close()
      await source.close()
    },
  }
}

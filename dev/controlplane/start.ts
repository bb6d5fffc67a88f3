import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { missingIn } from './binaries.ts'
import { apiserverArgs, controllerArgs, etcdArgs, type Ports } from './commands.ts'
import type { Endpoint } from './endpoint.ts'
import { type Family, openFamily } from './family.ts'
import { liveHolder, release, tryTake } from './lock.ts'
import { freePorts } from './ports.ts'
import type { OnProgress } from './progress.ts'
import { firstDeath, untilReady } from './ready.ts'
import { SetupError } from './setup-error.ts'
import { type Identity, openIdentity, writeKubeconfig } from './state.ts'

export interface StartOptions {
  /** A folder with the four binaries, as `assets` gives it. */
  readonly binaries: string
  /** Kept from one start to the next: data, keys, token. One control plane at a time. */
  readonly state: string
  /** Free ones are chosen for what is not given. */
  readonly ports?: Partial<Ports>
  readonly apiserverArgs?: readonly string[]
  /** An audit.k8s.io/v1 Policy; the log is then at `auditLog`, one JSON event a line. */
  readonly auditPolicy?: object
  /** Runs once the API server is ready, before the controllers: the garbage collector then knows the CRDs made here. */
  readonly beforeControllers?: (plane: Endpoint) => Promise<void>
  readonly onProgress?: OnProgress
  readonly signal?: AbortSignal
  readonly readyTimeoutMs?: number
}

export interface ControlPlane extends Endpoint {
  readonly auditLog?: string
  readonly pids: readonly number[]
  /** Resolves when all processes have ended: with nothing after `stop`, else with the reason. Never rejects. */
  readonly closed: Promise<string | undefined>
  stop(): Promise<void>
}

const choosePorts = async (given: Partial<Ports> = {}): Promise<Ports> => {
  const [apiserver = 0, etcd = 0, etcdPeer = 0] = await freePorts(3)
  return { apiserver, etcd, etcdPeer, ...given }
}

const auditArgs = (state: string, policy: object | undefined) => {
  if (policy === undefined) return { args: [] }
  const file = join(state, 'audit-policy.json')
  const auditLog = join(state, 'audit.log')
  writeFileSync(file, JSON.stringify(policy))
  writeFileSync(auditLog, '')
  return { auditLog, args: [`--audit-policy-file=${file}`, `--audit-log-path=${auditLog}`] }
}

/** The three processes, in the order in which they need each other. */
const launch = async (family: Family, identity: Identity, ports: Ports, options: StartOptions) => {
  const { state } = options
  const binary = (name: string) => join(options.binaries, name)
  const server = `https://127.0.0.1:${ports.apiserver}`
  const kubeconfig = writeKubeconfig(state, server, identity)
  const endpoint = { kubeconfig, kubectl: binary('kubectl'), server, ca: identity.ca, token: identity.token }
  const audit = auditArgs(state, options.auditPolicy)
  options.onProgress?.({ stage: 'start', text: `starting etcd and kube-apiserver at ${server}` })
  const etcd = family.start('etcd', binary('etcd'), etcdArgs(state, ports))
  const args = [...apiserverArgs(state, ports, identity), ...audit.args, ...(options.apiserverArgs ?? [])]
  const apiserver = family.start('kube-apiserver', binary('kube-apiserver'), args)
  await untilReady(endpoint, [etcd, apiserver], options)
  await options.beforeControllers?.(endpoint)
  const name = 'kube-controller-manager'
  const controllers = family.start(name, binary(name), controllerArgs(kubeconfig, identity))
  return { endpoint, auditLog: audit.auditLog, etcd, others: [apiserver, controllers] }
}

type Launched = Awaited<ReturnType<typeof launch>>

/** A port can be taken between the choice and its use: new ones are tried, unless the caller named them. */
const launchWithPorts = async (identity: Identity, options: StartOptions): Promise<[Family, Launched]> => {
  for (let attempt = 1; ; attempt++) {
    const family = await openFamily(options.state)
    try {
      return [family, await launch(family, identity, await choosePorts(options.ports), options)]
    } catch (error) {
      await family.close()
      const taken = error instanceof Error && error.message.includes('address already in use')
      if (!taken || options.ports || attempt === 3) throw error
      options.onProgress?.({ stage: 'start', text: 'a port was taken meanwhile: trying others' })
    }
  }
}

/** Stops all on the first death or the first call; etcd last, so that the others can still write. */
const supervise = (family: Family, { endpoint, auditLog, etcd, others }: Launched, done: () => void): ControlPlane => {
  let ending: Promise<void> | undefined
  let why: string | undefined
  const shutDown = async () => {
    // the API server would drain for a minute
    await family.end(others, 3000)
    await family.end([etcd], 3000)
    await family.close()
    done()
  }
  const stop = () => {
    ending ??= shutDown()
    return ending
  }
  const closed = firstDeath([etcd, ...others])
    .catch((error: unknown) => {
      if (!ending) why = error instanceof Error ? error.message : String(error)
      return stop()
    })
    .then(() => why)
  const pids = [etcd, ...others].map(member => member.pid)
  return { ...endpoint, ...(auditLog !== undefined && { auditLog }), pids, closed, stop }
}

/**
 * Starts etcd, kube-apiserver and kube-controller-manager and resolves when the API server is ready. The processes end
 * with this one, however it ends. Throws SetupError with the last words of what failed; nothing is left running then.
 */
export const startControlPlane = async (given: StartOptions): Promise<ControlPlane> => {
  const options = { ...given, state: resolve(given.state), binaries: resolve(given.binaries) }
  const missing = missingIn(options.binaries)
  if (missing.length > 0)
    throw new SetupError(`${options.binaries} lacks ${missing.join(', ')} → pass the folder that \`assets\` returns`)
  mkdirSync(options.state, { recursive: true, mode: 0o700 })
  const lock = join(options.state, 'lock')
  while (!tryTake(lock)) {
    const holder = liveHolder(lock)
    if (holder)
      throw new SetupError(`${options.state} is in use by process ${holder.pid} → stop it, or choose another folder`)
  }
  try {
    const identity = openIdentity(options.state, new Date())
    const [family, launched] = await launchWithPorts(identity, options)
    return supervise(family, launched, () => release(lock))
  } catch (error) {
    release(lock)
    // whatever broke off then, the caller's own reason is the one that counts
    options.signal?.throwIfAborted()
    throw error
  }
}

import { Fault } from '#core'
import { connect } from '#kube'
import { createLog, createMetrics, type Log } from '#observe'
import { type Config, readConfig } from '../config.ts'
import { configHelp } from '../flags.ts'
import { type Parts, startParts } from '../parts.ts'
import { readFileFrom, readPolicy } from '../policy.ts'

interface ServeDeps {
  readonly write: (text: string) => void
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
}

// security.md F19: endpoints take a moment to learn that this pod leaves
const serveMs = 5_000
// and passes that run, 5 s to their end; one that has lost its leadership stops at once, or two would write
const finishMs = 5_000

const sourceOf = ({ kubeconfig }: Config, env: NodeJS.ProcessEnv) => {
  if (kubeconfig) return { from: 'file', path: kubeconfig } as const
  return env['KUBERNETES_SERVICE_HOST'] ? ({ from: 'pod' } as const) : ({ from: 'default' } as const)
}

// libuv's own default (docs.libuv.org, thread pool)
const threadsOf = (env: NodeJS.ProcessEnv): number => Number(env['UV_THREADPOOL_SIZE']) || 4

const aborted = (signal: AbortSignal): Promise<'signal'> =>
  new Promise(done => {
    if (signal.aborted) done('signal')
    signal.addEventListener('abort', () => done('signal'), { once: true })
  })

/** Tells what a start still waits for: a CRD that is not installed is no error, but nobody should have to guess. */
const tellWaiting = (waitsFor: () => readonly string[], log: Log): (() => void) => {
  let told = ''
  const timer = setInterval(() => {
    const now = waitsFor().join(', ')
    if (now !== told && now !== '') log.info('waiting', { reason: now })
    told = now
  }, 1_000)
  return () => clearInterval(timer)
}

const untilEnd = async (parts: Parts, signal: AbortSignal): Promise<'signal' | 'lost'> => {
  const interrupted = aborted(signal)
  const first = await Promise.race([parts.complete, interrupted])
  return first === 'signal' ? first : Promise.race([interrupted, parts.start()])
}

/** `latchkey serve`: runs until the signal; the number is the exit code. */
export const serve = async (argv: readonly string[], deps: ServeDeps): Promise<number> => {
  if (argv.includes('--help')) {
    deps.write(configHelp())
    return 0
  }
  const config = readConfig(argv, deps.env)
  const policy = await readPolicy(config.policy, readFileFrom)
  const log = createLog({ level: config.logLevel })
  const cluster = connect({ source: sourceOf(config, deps.env), now: () => performance.now(), random: Math.random })
  const metrics = createMetrics({ runtime: true })
  const parts = await startParts({ config, cluster, policy, log, metrics, threads: threadsOf(deps.env), env: deps.env })
  const stopTelling = tellWaiting(parts.waitsFor, log)
  const why = await untilEnd(parts, deps.signal)
  log.info('stopping', { reason: why })
  stopTelling()
  await parts.stop({ serveMs: config.webhookUrl ? 0 : serveMs, finishMs: why === 'lost' ? 0 : finishMs })
  await cluster.close()
  if (why === 'signal') return 0
  throw new Fault('ClusterUnreachable', 'this replica no longer leads', {
    remedy: 'nothing: it starts again as a standby',
  })
}

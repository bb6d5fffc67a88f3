// `npm start`: a real control plane, the development gateway and Latchkey; the guides' manifests applied; two that are refused.
//   npm start               keeps running until Ctrl-C, and keeps its state for the next start
//   npm start -- --fresh    forgets what an earlier start kept
//   npm start -- --once     a state of its own, checks the outcome, exits 0 or 1
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { assets, type Endpoint, freePort, type Progress, startControlPlane } from './controlplane/index.ts'
import { demonstrate } from './demo.ts'
import { startGateway } from './gateway.ts'
import { installKinds } from './kinds.ts'
import { kubectl } from './kubectl.ts'
import { startLatchkey } from './latchkey.ts'
import { reviewingCluster } from './reviewer.ts'
import { createScreen } from './screen.ts'

const root = resolve(import.meta.dirname, '..')
const options = process.argv.slice(2)
const unknown = options.filter(option => !['--once', '--fresh'].includes(option))
if (unknown.length > 0) {
  process.stderr.write(`usage: npm start [-- --once | --fresh]   (what is ${unknown.join(' ')}?)\n`)
  process.exit(2)
}
const once = options.includes('--once')
const screen = createScreen(process.stdout, 6, () => performance.now())
const closers: (() => Promise<unknown>)[] = []

/** Each checkout has a state of its own, so that two run side by side. */
const stateFolder = (): string => {
  if (once) {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-once-'))
    closers.push(async () => rmSync(folder, { recursive: true, force: true }))
    return folder
  }
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const folder = join(cache, 'latchkey', 'dev', createHash('sha256').update(root).digest('hex').slice(0, 12))
  if (options.includes('--fresh')) rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return folder
}

const controlPlane = async (state: string) => {
  screen.begin('control plane')
  const onProgress = ({ text }: Progress) => screen.progress(text)
  const { dir, origin } = await assets({ env: process.env, onProgress })
  const plane = await startControlPlane({
    binaries: dir,
    state: join(state, 'controlplane'),
    onProgress,
    beforeControllers: installKinds,
  })
  closers.push(() => plane.stop())
  screen.done(`${plane.server}  (binaries: ${origin})`)
  return plane
}

const gateway = async (state: string, plane: Endpoint) => {
  screen.begin('akeyless gateway')
  const run = kubectl(plane.kubectl, plane.kubeconfig)
  const running = await startGateway(state, await reviewingCluster(run, plane, 'my-k8s-auth-config-name'))
  closers.push(() => running.gateway.close())
  screen.done(
    `${running.gateway.url}  ${running.items} items, ${running.identities} identities, answers for api.akeyless.io`,
  )
  return running
}

const latchkey = async (state: string, kubeconfig: string, gateway: { port: number; caFile: string }) => {
  screen.begin('latchkey')
  const port = await freePort()
  const started = performance.now()
  const process = startLatchkey({
    args: [
      ...[
        '--kubeconfig',
        kubeconfig,
        '--webhook-bind',
        `127.0.0.1:${port}`,
        '--webhook-url',
        `https://127.0.0.1:${port}`,
      ],
      ...['--health-bind', '127.0.0.1:0', '--metrics-bind', '127.0.0.1:0'],
      ...['--resolve', `api.akeyless.io:443=127.0.0.1:${gateway.port}`],
    ],
    extraCa: gateway.caFile,
    logFile: join(state, 'latchkey.log'),
  })
  closers.push(() => process.stop())
  const ready = await process.ready
  const took = ((performance.now() - started) / 1000).toFixed(1)
  screen.done(
    `ready in ${took} s · webhook on ${ready['url']} · CA valid until ${String(ready['notAfter']).slice(0, 10)}`,
  )
  return process
}

const main = async (): Promise<boolean> => {
  screen.say(
    `latchkey dev · Node ${process.versions.node} · a first run builds or fetches Kubernetes, minutes; later runs take seconds`,
  )
  screen.begin('packages')
  screen.done('installed')
  const state = stateFolder()
  const plane = await controlPlane(state)
  const akeyless = await gateway(state, plane)
  const run = kubectl(plane.kubectl, plane.kubeconfig)
  const process_ = await latchkey(state, plane.kubeconfig, akeyless)
  const good = await demonstrate({
    screen,
    kubectl: run,
    latchkey: process_,
    gateway: akeyless.gateway,
    samples: join(root, 'deploy/samples'),
    byKubernetes: join(root, 'dev/seeds/kubernetes-auth.yaml'),
  })
  if (!once) {
    screen.say(`\n  try it:  export KUBECONFIG=${plane.kubeconfig} ; kubectl get externalsecrets -A`)
    screen.say(`           kubectl is ${plane.kubectl}`)
    screen.say(`  log:     ${join(state, 'latchkey.log')}`)
    screen.say(`  gateway: ${akeyless.gateway.controlUrl} (control port: journal, items, leases)`)
    screen.say('  stop:    Ctrl-C (state kept for the next start; npm start -- --fresh forgets it)')
  }
  return good
}

const untilSignal = () =>
  new Promise<void>(done => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => done())
  })

const stopAll = async () => {
  for (const close of closers.splice(0).reverse()) await close().catch(() => {})
}

// whoever reads along has closed the pipe (`npm start | head`): nobody is left to stop what was started
process.stdout.on('error', () => process.kill(process.pid, 'SIGTERM'))
const interrupted = untilSignal()
try {
  const good = await Promise.race([main(), interrupted.then(() => undefined)])
  if (!once && good !== undefined) await interrupted
  await stopAll()
  process.exit(good || !once ? 0 : 1)
} catch (thrown) {
  screen.say(`\nlatchkey: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  await stopAll()
  process.exit(1)
}

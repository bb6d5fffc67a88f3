import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Env, onPath } from './binaries.ts'
import { heartbeat, type OnProgress } from './progress.ts'
import { SetupError } from './setup-error.ts'
import { versions } from './versions.ts'

export interface BuildOptions {
  readonly env: Env
  /** The folder with the pinned tool modules `etcd` and `kubernetes`. */
  readonly modules: string
  readonly onProgress: OnProgress
  readonly signal?: AbortSignal | undefined
}

/** Go's version as clients read it: without the stamp the API server calls itself v0.0.0-master. */
const kubernetesStamp = (): string => {
  const [major = '', minor = ''] = versions.kubernetes.slice(1).split('.')
  const fields = { gitVersion: versions.kubernetes, gitMajor: major, gitMinor: minor }
  return ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
    .flatMap(path => Object.entries(fields).map(([field, value]) => `-X ${path}.${field}=${value}`))
    .join(' ')
}

interface Job {
  readonly module: 'etcd' | 'kubernetes'
  readonly text: string
  readonly output: string
  readonly stamp: string
  readonly packages: readonly string[]
}

const jobs = (folder: string): Job[] => [
  {
    module: 'etcd',
    text: `etcd ${versions.etcd} (1 of 2)`,
    output: join(folder, 'etcd'),
    stamp: '',
    packages: ['go.etcd.io/etcd/server/v3'],
  },
  {
    module: 'kubernetes',
    text: `Kubernetes ${versions.kubernetes} (2 of 2)`,
    output: `${folder}/`,
    stamp: kubernetesStamp(),
    packages: ['kube-apiserver', 'kube-controller-manager', 'kubectl'].map(name => `k8s.io/kubernetes/cmd/${name}`),
  },
]

/** The caller's environment, less what would build for another platform or from another module list. */
const goEnv = (env: Env): Env => {
  const { GOOS: _os, GOARCH: _arch, ...rest } = env
  return { ...rest, CGO_ENABLED: '0', GOWORK: 'off' }
}

/** Runs Go for one job, counts the lines of package names that it prints, and tells every few seconds how far it is. */
const run = (
  go: string,
  job: Job,
  work: { readonly args: readonly string[]; readonly say: (packages: number, modules: number) => string },
  options: BuildOptions,
): Promise<number> => {
  const child = spawn(go, work.args, {
    cwd: join(options.modules, job.module),
    env: goEnv(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.signal && { signal: options.signal }),
  })
  const tail: string[] = []
  let modules = 0
  let packages = 0
  const read = (line: string) => {
    if (line.startsWith('go: downloading ')) modules++
    else if (/^[\w./~-]+$/.test(line)) packages++
    else tail.push(line)
    if (tail.length > 10) tail.shift()
  }
  createInterface({ input: child.stdout }).on('line', read)
  createInterface({ input: child.stderr }).on('line', read)
  const stop = heartbeat(10_000, seconds => {
    const text = `${job.text}: ${work.say(packages, modules)}, ${seconds} s`
    options.onProgress({ stage: 'build', text, done: packages })
  })
  return new Promise<number>((done, failed) => {
    child.on('error', failed)
    child.on('close', code => {
      if (code === 0) return done(packages)
      const words = tail.map(line => `  ${line}`).join('\n')
      failed(
        new SetupError(`go ${work.args[0]} for ${job.text} ended with code ${code ?? 'none'} → its words:\n${words}`),
      )
    })
  }).finally(stop)
}

/** First the list of packages, which fetches the modules; then the build, of which the length is known by then. */
const buildJob = async (go: string, job: Job, options: BuildOptions): Promise<void> => {
  options.onProgress({ stage: 'build', text: `building ${job.text}` })
  const listing = { args: ['list', '-mod=readonly', '-deps', ...job.packages], say: modulesFetched }
  const total = await run(go, job, listing, options)
  const flags = ['-v', '-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags', `-s -w ${job.stamp}`.trim()]
  const args = ['build', ...flags, '-o', job.output, ...job.packages]
  await run(go, job, { args, say: packages => `${packages} of ${total} packages compiled` }, options)
}

const modulesFetched = (_packages: number, modules: number): string => `${modules} modules fetched`

/** True when there is a Go command on PATH. */
export const hasGo = (env: Env): boolean => onPath('go', env) !== undefined

/** Builds the four binaries into `folder` from the pinned module lists; minutes with a cold Go cache. */
export const build = async (folder: string, options: BuildOptions): Promise<void> => {
  const go = onPath('go', options.env)
  if (!go) throw new SetupError('no go command on PATH → install Go 1.26 or newer')
  options.onProgress({
    stage: 'build',
    text: 'building etcd, kube-apiserver, kube-controller-manager and kubectl with Go: minutes the first time, then kept',
  })
  for (const job of jobs(folder)) await buildJob(go, job, options)
}

import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Env, missingIn, pathFolder } from './binaries.ts'
import { build, hasGo } from './build.ts'
import { cacheFolder, cacheRoot, install } from './cache.ts'
import { download } from './download.ts'
import { DownloadError, type Timeouts } from './fetch.ts'
import type { OnProgress } from './progress.ts'
import { SetupError } from './setup-error.ts'
import { binaryNames, type Platform, platformOf, releaseSites } from './versions.ts'

/** Where a folder of binaries came from; `LATCHKEY_ASSETS` is the folder that this variable names. */
export type Origin = 'LATCHKEY_ASSETS' | 'KUBEBUILDER_ASSETS' | 'path' | 'cache' | 'download' | 'go'

export interface Assets {
  readonly dir: string
  readonly origin: Origin
}

export interface AssetsOptions {
  /** LATCHKEY_ASSETS, KUBEBUILDER_ASSETS, PATH, XDG_CACHE_HOME, the proxy variables, and what Go reads. */
  readonly env: Env
  readonly onProgress?: OnProgress
  readonly signal?: AbortSignal
  readonly home?: string
  readonly platform?: Platform
  readonly sites?: { readonly kubernetes: string; readonly etcd: string }
  readonly timeouts?: Timeouts
  readonly modules?: string
}

type Context = Required<Omit<AssetsOptions, 'signal'>> & { readonly signal: AbortSignal | undefined }

const contextOf = (options: AssetsOptions): Context => ({
  onProgress: () => {},
  home: homedir(),
  platform: platformOf(process.platform, process.arch),
  sites: releaseSites,
  // a machine without internet goes on to Go after three seconds; a stalled download ends after thirty
  timeouts: { connectMs: 3000, headersMs: 15_000, bodyMs: 30_000 },
  modules: join(import.meta.dirname, 'go'),
  ...options,
  signal: options.signal,
})

const folderOf = (context: Context, way: 'download' | 'go'): string =>
  cacheFolder(cacheRoot(context.env, context.home), context.platform, way)

/** One way, through its own cache folder. */
const obtain = async (way: 'download' | 'go', context: Context): Promise<Assets> => {
  const dir = folderOf(context, way)
  if (missingIn(dir).length === 0) return { dir, origin: 'cache' }
  const fill = (folder: string) => (way === 'go' ? build(folder, context) : download(folder, context))
  try {
    const made = await install(dir, fill, context)
    return { dir, origin: made ? way : 'cache' }
  } catch (error) {
    // whatever broke off then, the caller's own reason is the one that counts
    context.signal?.throwIfAborted()
    throw error
  }
}

const named = (folder: string): Assets => {
  const dir = resolve(folder)
  const missing = missingIn(dir)
  if (missing.length > 0)
    throw new SetupError(
      `LATCHKEY_ASSETS: ${dir} lacks ${missing.join(', ')} → a folder with ${binaryNames.join(', ')}, or: go, download`,
    )
  return { dir, origin: 'LATCHKEY_ASSETS' }
}

const provided = (context: Context): Assets | undefined => {
  const folder = context.env['KUBEBUILDER_ASSETS']
  if (folder) {
    const missing = missingIn(resolve(folder))
    if (missing.length === 0) return { dir: resolve(folder), origin: 'KUBEBUILDER_ASSETS' }
    const text = `KUBEBUILDER_ASSETS: ${folder} lacks ${missing.join(', ')}: looking elsewhere`
    context.onProgress({ stage: 'find', text })
  }
  const dir = pathFolder(context.env, cacheRoot(context.env, context.home))
  return dir === undefined ? undefined : { dir, origin: 'path' }
}

const cached = (context: Context): Assets | undefined => {
  const dir = (['download', 'go'] as const)
    .map(way => folderOf(context, way))
    .find(folder => missingIn(folder).length === 0)
  return dir === undefined ? undefined : { dir, origin: 'cache' }
}

/** Download, and where the network does not give it, Go. A wrong checksum ends it: that is no network trouble. */
const make = async (context: Context): Promise<Assets> => {
  try {
    return await obtain('download', context)
  } catch (error) {
    if (!(error instanceof DownloadError) || error.trouble === 'checksum') throw error
    if (!hasGo(context.env))
      throw new SetupError(
        `no control plane binaries: ${error.message}; and there is no go command on PATH to build them → ` +
          `connect to the internet, install Go 1.26 or newer, or set LATCHKEY_ASSETS to a folder with ${binaryNames.join(', ')}`,
      )
    context.onProgress({ stage: 'find', text: `no download: ${error.message}; building instead` })
    return await obtain('go', context)
  }
}

/**
 * A folder with etcd, kube-apiserver, kube-controller-manager and kubectl (decision 7): KUBEBUILDER_ASSETS or PATH, the
 * cache, the published release, a Go build. LATCHKEY_ASSETS=go|download|DIR forces one. Throws SetupError.
 */
export const assets = async (options: AssetsOptions): Promise<Assets> => {
  const context = contextOf(options)
  const forced = context.env['LATCHKEY_ASSETS']
  if (forced === 'go' || forced === 'download') return obtain(forced, context)
  if (forced) return named(forced)
  return provided(context) ?? cached(context) ?? make(context)
}

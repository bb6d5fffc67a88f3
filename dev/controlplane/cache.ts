import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Env, missingIn } from './binaries.ts'
import { withLock } from './lock.ts'
import type { OnProgress } from './progress.ts'
import { SetupError } from './setup-error.ts'
import { type Platform, versions } from './versions.ts'

/** The cache of control planes, outside every checkout: under XDG_CACHE_HOME, else ~/.cache. */
export const cacheRoot = (env: Env, home: string): string =>
  join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'latchkey', 'controlplane')

/** One folder per way, so that a forced way never meets what the other one made. */
export const cacheFolder = (root: string, platform: Platform, way: 'download' | 'go'): string =>
  join(root, `${versions.kubernetes}-etcd-${versions.etcd}-${platform.os}-${platform.arch}-${way}`)

const sweep = (folder: string): void => {
  const prefix = `${basename(folder)}.tmp-`
  for (const name of readdirSync(dirname(folder)))
    if (name.startsWith(prefix)) rmSync(join(dirname(folder), name), { recursive: true, force: true })
}

/**
 * Makes `folder` appear whole or not at all: `fill` works in a folder beside it, which is checked and renamed. Under a
 * lock, so that two checkouts do the work once; returns false when somebody else had done it meanwhile.
 */
export const install = async (
  folder: string,
  fill: (prepared: string) => Promise<void>,
  options: { onProgress: OnProgress; signal?: AbortSignal | undefined },
): Promise<boolean> => {
  mkdirSync(dirname(folder), { recursive: true })
  const lock = `${folder}.lock`
  let told = 0
  const onWait = (holder: { pid: number; host: string }) => {
    if (performance.now() - told < 5000 && told > 0) return
    told = performance.now()
    options.onProgress({
      stage: 'wait',
      text: `process ${holder.pid} on ${holder.host} prepares the same binaries: waiting (if it is gone, remove ${lock})`,
    })
  }
  const work = async () => {
    if (missingIn(folder).length === 0) return false
    sweep(folder)
    const prepared = `${folder}.tmp-${randomBytes(4).toString('hex')}`
    mkdirSync(prepared)
    try {
      await fill(prepared)
      const missing = missingIn(prepared)
      if (missing.length > 0) throw new SetupError(`the finished folder lacks ${missing.join(', ')} → try again`)
      rmSync(folder, { recursive: true, force: true })
      renameSync(prepared, folder)
    } finally {
      rmSync(prepared, { recursive: true, force: true })
    }
    return true
  }
  return withLock(lock, work, { onWait, signal: options.signal })
}

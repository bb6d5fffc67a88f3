import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Env } from './binaries.ts'
import { DownloadError, dispatcherFor, fetchFile, fetchText, type Site, type Timeouts } from './fetch.ts'
import type { OnProgress } from './progress.ts'
import { readTarEntry } from './tar.ts'
import { type Platform, versions } from './versions.ts'

export interface DownloadOptions {
  readonly env: Env
  readonly platform: Platform
  /** Base addresses of the two release sites. */
  readonly sites: { readonly kubernetes: string; readonly etcd: string }
  readonly timeouts: Timeouts
  readonly onProgress: OnProgress
  readonly signal?: AbortSignal | undefined
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)

/** A line at the start, every two seconds, and at the end of each file. */
const bytesOf = (name: string, onProgress: OnProgress) => {
  let last = 0
  return (done: number, total: number | undefined): void => {
    const now = performance.now()
    if (done !== total && now - last < 2000) return
    last = now
    const of = total === undefined ? '' : ` of ${megabytes(total)}`
    const text = `downloading ${name}: ${megabytes(done)}${of} MB`
    onProgress({ stage: 'download', text, done, ...(total !== undefined && { total }) })
  }
}

/** The digest that a checksum file gives for `name`: the file is one bare digest, or lines of digest and name. */
const publishedDigest = (text: string, name: string, digits: number): string | undefined => {
  const lines = text.trim().split('\n')
  for (const line of lines) {
    const [digest, file] = line.trim().split(/\s+/)
    const named = file === undefined ? lines.length === 1 : basename(file.replace(/^\*/, '')) === name
    if (named && digest && digest.length === digits && /^[0-9a-f]+$/i.test(digest)) return digest.toLowerCase()
  }
  return undefined
}

/** Downloads one file and holds it against the digest that is published beside it. */
const fetchChecked = async (
  what: { url: string; sums: string; algorithm: 'sha256' | 'sha512'; path: string },
  site: Site,
  onProgress: OnProgress,
): Promise<void> => {
  const name = basename(new URL(what.url).pathname)
  const digits = what.algorithm === 'sha512' ? 128 : 64
  const wanted = publishedDigest(await fetchText(what.sums, site), name, digits)
  if (!wanted)
    throw new DownloadError('answer', `${what.sums}: no ${what.algorithm} digest for ${name} in it → check the address`)
  const onBytes = bytesOf(name, onProgress)
  const digest = await fetchFile(what.url, { path: what.path, algorithm: what.algorithm, onBytes }, site)
  if (digest === wanted) return
  const short = (text: string) => `${text.slice(0, 16)}…`
  throw new DownloadError(
    'checksum',
    `${what.url}: wrong checksum: ${what.algorithm} is ${short(digest)}, published is ${short(wanted)} → ` +
      'the file was changed or damaged on its way and was thrown away; try again, or build it: LATCHKEY_ASSETS=go',
  )
}

const fetchEtcd = async (folder: string, site: Site, options: DownloadOptions): Promise<void> => {
  const base = `${options.sites.etcd}/${versions.etcd}`
  const release = `etcd-${versions.etcd}-${options.platform.os}-${options.platform.arch}`
  const archive = join(folder, 'etcd.tar.gz')
  const url = `${base}/${release}.tar.gz`
  await fetchChecked({ url, sums: `${base}/SHA256SUMS`, algorithm: 'sha256', path: archive }, site, options.onProgress)
  const binary = readTarEntry(gunzipSync(await readFile(archive)), `${release}/etcd`)
  if (!binary) throw new DownloadError('answer', `${url}: no ${release}/etcd in it → check the version`)
  await writeFile(join(folder, 'etcd'), binary, { mode: 0o755 })
  await rm(archive)
}

/**
 * Puts the published binaries into `folder`, each held against its published digest. Throws DownloadError; what was
 * written until then is the caller's to remove.
 */
export const download = async (folder: string, options: DownloadOptions): Promise<void> => {
  const { os, arch } = options.platform
  // Kubernetes publishes its server binaries for Linux only
  if (os !== 'linux')
    throw new DownloadError('platform', `there are no published kube-apiserver binaries for ${os}-${arch} → build them`)
  const dispatcher = dispatcherFor(options.env, options.timeouts)
  const site: Site = { dispatcher, timeouts: options.timeouts, signal: options.signal }
  try {
    for (const name of ['kubectl', 'kube-controller-manager', 'kube-apiserver']) {
      const url = `${options.sites.kubernetes}/${versions.kubernetes}/bin/${os}/${arch}/${name}`
      const path = join(folder, name)
      await fetchChecked({ url, sums: `${url}.sha512`, algorithm: 'sha512', path }, site, options.onProgress)
      await chmod(path, 0o755)
    }
    await fetchEtcd(folder, site, options)
  } finally {
    await dispatcher.destroy()
  }
}

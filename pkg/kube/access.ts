import { createHash } from 'node:crypto'
import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import { Fault } from '#core'

/** Where the address and the credentials of the API server come from; the search order is the caller's. */
export type Source =
  | { readonly from: 'file'; readonly path: string }
  /** The service account of the pod this process runs in. */
  | { readonly from: 'pod' }
  /** As kubectl finds it: $KUBECONFIG, ~/.kube/config, then the pod. */
  | { readonly from: 'default' }

export interface Access {
  readonly headers: Readonly<Record<string, string>>
  readonly requests: Dispatcher
  readonly watches: Dispatcher
  /** For the lease alone: whatever else is asked for, nobody may hold up its renewal. */
  readonly leases: Dispatcher
}

// dropped connections are noticed by the kernel within this time even when nothing is sent
const keepAliveMs = 15_000
// the API server closes idle connections after 90 s: stay below, so that no request meets a closing socket
const idleSocketMs = 60_000
// one object, as in watch.ts, and so every page once it is small enough; bytes, text and what is parsed are in memory together
const maxAnswer = 16 * 1024 * 1024
// HTTP/1.1: a stalled connection then stops one watch, not all of them
const shared = { allowH2: false, keepAliveTimeout: idleSocketMs, keepAliveMaxTimeout: idleSocketMs }

/** The kubeconfig, or a fault that names the file; never its content. */
export const loadConfig = (source: Source): KubeConfig => {
  const config = new KubeConfig()
  try {
    if (source.from === 'file') config.loadFromFile(source.path)
    else if (source.from === 'pod') config.loadFromCluster()
    else config.loadFromDefault()
  } catch (cause) {
    throw new Fault('ClusterUnreachable', 'the kubeconfig cannot be read', {
      path: source.from === 'file' ? source.path : undefined,
      remedy: 'name a readable kubeconfig file',
      cause,
    })
  }
  if (config.getCurrentCluster()?.server) return config
  throw new Fault('ClusterUnreachable', 'the kubeconfig has no current cluster', {
    path: source.from === 'file' ? source.path : undefined,
    remedy: 'set current-context to a context with a cluster and a server',
  })
}

type Tls = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>

const dispatchers = (config: KubeConfig, tls: Tls): Omit<Access, 'headers'> => {
  const options = config.createDispatcherOptions(config.getCurrentCluster(), tls)
  if (options.type === 'socks') {
    throw new Fault('ClusterUnreachable', 'a SOCKS proxy in the kubeconfig is not supported', {
      remedy: 'use an HTTP proxy in proxy-url, or none',
    })
  }
  const connect = { ...tls, timeout: 5_000, keepAlive: true, keepAliveInitialDelay: keepAliveMs }
  const make = (own: Agent.Options): Dispatcher =>
    options.type === 'proxy'
      ? new ProxyAgent({ ...shared, ...own, uri: options.uri, requestTls: tls })
      : new Agent({ ...shared, ...own, connect })
  return {
    requests: make({ connections: 8, maxResponseSize: maxAnswer }),
    leases: make({ connections: 1, maxResponseSize: maxAnswer }),
    // silence on a watch is the reflector's to judge: it knows how often bookmarks come
    watches: make({ headersTimeout: 0, bodyTimeout: 0 }),
  }
}

const tlsOf = (options: RequestOptions): Tls => {
  const tls: Tls = {}
  if (options.ca !== undefined) tls.ca = options.ca
  if (options.cert !== undefined) tls.cert = options.cert
  if (options.key !== undefined) tls.key = options.key
  if (options.servername !== undefined) tls.servername = options.servername
  if (options.rejectUnauthorized !== undefined) tls.rejectUnauthorized = options.rejectUnauthorized
  return tls
}

const fingerprint = (tls: Tls): string => {
  const text = JSON.stringify(tls, (_, value: unknown) => (Buffer.isBuffer(value) ? value.toString('base64') : value))
  return createHash('sha256').update(text).digest('hex')
}

const retire = (old: Access): void =>
  void Promise.allSettled([old.requests.close(), old.watches.close(), old.leases.close()])

const headersOf = (options: RequestOptions): Readonly<Record<string, string>> => {
  const headers: Record<string, string> = {}
  if (options.auth) headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name] = String(value)
  return headers
}

export interface Credentials {
  /** Headers and connection pools of now. */
  get(): Promise<Access>
  /** The next get looks at the files again: after a refusal they may have been rotated. */
  expire(): void
  close(): Promise<void>
}

/**
 * client-node reads token, CA and client certificate (files, exec plugins, OIDC); it is asked again after `maxAgeMs`, and the two
 * shared pools are replaced only when the TLS material has changed. Replaced pools finish what they carry.
 */
export const credentials = (config: KubeConfig, now: () => number, maxAgeMs = 10_000): Credentials => {
  let current: (Access & { readonly print: string }) | undefined
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<Access> | undefined

  const read = async (): Promise<Access> => {
    const options: RequestOptions = {}
    await config.applyToHTTPSOptions(options)
    const tls = tlsOf(options)
    const print = fingerprint(tls)
    const before = current
    const pools = before?.print === print ? before : dispatchers(config, tls)
    const { requests, watches, leases } = pools
    current = { headers: headersOf(options), requests, watches, leases, print }
    if (before && before.print !== print) retire(before)
    readAt = now()
    return current
  }
  return {
    get: () => {
      if (current && now() - readAt < maxAgeMs) return Promise.resolve(current)
      reading ??= read().finally(() => {
        reading = undefined
      })
      return reading
    },
    expire: () => {
      readAt = Number.NEGATIVE_INFINITY
    },
    close: async () => {
      await Promise.all([current?.requests.destroy(), current?.watches.destroy(), current?.leases.destroy()])
      current = undefined
    },
  }
}

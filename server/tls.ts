import { isIP } from 'node:net'
import type { SecureContextOptions, Server } from 'node:tls'
import type { Names, Pair } from '#certs'

const secure = (leaf: Pair): SecureContextOptions => ({
  cert: leaf.cert,
  key: leaf.key.reveal(),
  minVersion: 'TLSv1.2',
})

export interface Tls {
  /** Every handshake from now on gets this certificate; connections that are open live on. */
  serve(leaf: Pair): void
  /** Serves the present and every later certificate from this server. */
  attach(server: Server): void
  /** False before the first certificate: handshakes fail until then. */
  ready(): boolean
}

/** Holds the serving certificate of a running server (security.md F17). */
export const createTls = (): Tls => {
  const servers = new Set<Server>()
  let current: Pair | undefined
  return {
    serve(leaf) {
      current = leaf
      for (const server of servers) server.setSecureContext(secure(leaf))
    },
    attach(server) {
      servers.add(server)
      if (current) server.setSecureContext(secure(current))
    },
    ready: () => current !== undefined,
  }
}

/** What API servers may call the webhook by: the Service in its three spellings, and the host of a webhook URL. */
export const servingNames = (at: { service: string; namespace: string; url?: URL | undefined }): Names => {
  const { service, namespace } = at
  const host = at.url?.hostname.replace(/^\[|\]$/g, '')
  const inCluster = [service, `${service}.${namespace}`, `${service}.${namespace}.svc`]
  const outside = host ? [host] : []
  return {
    dns: [...inCluster, ...outside.filter(name => !isIP(name))],
    ip: outside.filter(name => isIP(name)),
  }
}

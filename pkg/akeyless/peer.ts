import { createHash } from 'node:crypto'
import type { Identity } from '#api'
import { authOf } from './auth/index.ts'
import type { Line } from './transport.ts'
import { parseGateway } from './url.ts'

/** An identity, ready to be called: its gateway read, and the keys under which everything about it is remembered. */
export interface Peer {
  readonly identity: Identity
  readonly line: Line
  /** Digest of gateway URL, CA and credentials: tokens, circuits and item types hang on it. */
  readonly loginKey: string
  /** loginKey and ignoreCache: values and batches hang on it, so that they never cross (security.md T8). */
  readonly readKey: string
}

// JSON keeps the parts apart: no two lists give the same text
const digest = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex')

/** Throws SpecInvalid where the gateway URL is none. */
export const peerOf = (identity: Identity): Peer => {
  const { ca, login } = identity
  const gateway = parseGateway(identity.gateway)
  const key = digest(gateway.origin, ca ?? null)
  const loginKey = digest(key, gateway.bases, login.type, authOf(login).traits())
  return { identity, line: { gateway, ca, key }, loginKey, readKey: digest(loginKey, identity.ignoreCache) }
}

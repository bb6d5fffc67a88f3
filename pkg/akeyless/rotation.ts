import { LRUCache } from 'lru-cache'
import type { Login } from '#api'
import { asFault, type Fault, type Sensitive } from '#core'
import type { Exchange } from './exchange.ts'
import { parseToken } from './login.ts'
import { type Peer, peerOf } from './peer.ts'
import { Refusal } from './refusal.ts'
import { type Fields, trimmed } from './wire.ts'

/** What the owner of a universal identity's token is asked for and told. */
export interface RotationOptions {
  /**
   * Writes the successor to every Secret that holds the token with this fingerprint (Sensitive.fingerprint). The old one is given
   * up only when this has settled well; until then it is called again with the same successor, so it must do no harm twice.
   * Without it nothing is rotated.
   */
  readonly onRotated?: ((fingerprint: string, successor: Sensitive, signal: AbortSignal) => Promise<void>) | undefined
  /** A rotation did not come to its end; it is tried again, and the old token stays in use. */
  readonly onRotationFailed?: ((fingerprint: string, fault: Fault) => void) | undefined
}

export interface Rotation {
  /** Whether the token of a peer has successors at all. */
  wanted(peer: Peer): boolean
  /** The peer with the successor of its token; undefined where the old one stays in use for now. Throws only the signal's reason. */
  rotate(peer: Peer, base: string, signal: AbortSignal): Promise<Peer | undefined>
  /** A successor that is not in its Secret yet: it may work where the old token does no more. */
  pending(peer: Peer): Sensitive | undefined
}

type Universal = Extract<Login, { type: 'universal_identity' }>

const universal = ({ identity: { login } }: Peer): Universal | undefined =>
  login.type === 'universal_identity' ? login : undefined

// refusals of an acknowledgement after which nothing is left to acknowledge
const settled: readonly string[] = ['token', 'denied', 'absent', 'invalid']

/**
 * Rotates the tokens of universal identities: rotate, write back, acknowledge, switch. `with-manual-ack` lets old and new live side by
 * side meanwhile, so whatever breaks in between, the token in the Secret is one that works. It happens on use, from half of a
 * token's life on, so somebody (a store's own check) has to log in more often than that. How long a successor lives that nobody
 * acknowledges is not documented: it matters where write-backs fail for as long.
 */
export const createRotation = (deps: RotationOptions & { readonly exchange: Exchange }): Rotation => {
  const { exchange, onRotated, onRotationFailed } = deps
  const waiting = new LRUCache<string, Sensitive>({ max: 10_000 })

  const call = (peer: Peer, base: string, fields: Fields, signal: AbortSignal) =>
    exchange(peer, { op: 'uid-rotate-token', base, fields }, signal)

  const acknowledge = async (peer: Peer, base: string, fields: Fields, signal: AbortSignal) => {
    try {
      await call(peer, base, fields, signal)
    } catch (thrown) {
      if (!(thrown instanceof Refusal) || !settled.includes(thrown.why)) throw thrown
    }
  }

  const replace = async (peer: Peer, login: Universal, base: string, signal: AbortSignal): Promise<Peer> => {
    const { loginKey, identity, line } = peer
    const old = { 'uid-token': trimmed(login.token) }
    const ask = async () => {
      const body = await call(peer, base, { ...old, 'with-manual-ack': true }, signal)
      return parseToken(body, line.gateway.host, 'uid-rotate-token').token
    }
    const successor = waiting.get(loginKey) ?? (await ask())
    waiting.set(loginKey, successor)
    await onRotated?.(login.token.fingerprint(), successor, signal)
    await acknowledge(peer, base, { ...old, 'send-manual-ack-token': successor }, signal)
    waiting.delete(loginKey)
    return peerOf({ ...identity, login: { ...login, token: successor } })
  }

  return {
    wanted: peer => onRotated !== undefined && universal(peer) !== undefined,
    async rotate(peer, base, signal) {
      const login = universal(peer)
      if (!login) return undefined
      try {
        return await replace(peer, login, base, signal)
      } catch (thrown) {
        signal.throwIfAborted()
        onRotationFailed?.(login.token.fingerprint(), thrown instanceof Refusal ? thrown.fault : asFault(thrown))
        return undefined
      }
    },
    pending: ({ loginKey }) => waiting.get(loginKey),
  }
}

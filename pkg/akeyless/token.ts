import { LRUCache } from 'lru-cache'
import type { Proofs } from './auth/proofs.ts'
import { createDoor } from './door.ts'
import type { Exchange } from './exchange.ts'
import { createFlights } from './flight.ts'
import { createLogIn, type Token } from './login.ts'
import type { Peer } from './peer.ts'
import { Refusal } from './refusal.ts'
import { createRotation, type RotationOptions } from './rotation.ts'

/** Tokens by identity. Everything throws Refusal, or the signal's reason. */
export interface Tokens {
  /** A token that is still good, from memory or by a login that all callers share. */
  get(peer: Peer, signal: AbortSignal): Promise<Token>
  /** The successor of a token that was refused: one login for all who hold it. */
  renew(peer: Peer, refused: Token, signal: AbortSignal): Promise<Token>
}

interface Deps extends RotationOptions {
  readonly exchange: Exchange
  readonly proofs: Proofs
  readonly now: () => number
  /** Called when a login is refused: what this identity has read is forgotten (security.md T9). */
  readonly onRefused: (peer: Peer) => void
}

// no token is asked about or rotated more often
const shortestMs = 30e3
// for so long a peer with the old token is taken for its successor: until everybody has read the Secret anew, and no longer,
// because who holds an old token is nobody
const movedMs = 60e3

/** Peers whose token has a successor. */
const createMoves = (now: () => number) => {
  const moves = new LRUCache<string, { readonly peer: Peer; readonly until: number }>({ max: 10_000 })
  return {
    to: (from: Peer, peer: Peer) => moves.set(from.loginKey, { peer, until: now() + movedMs }),
    latest(peer: Peer): Peer {
      let last = peer
      // bounded: a gateway that hands out the same tokens in turn leads in a circle
      for (let hop = 0; hop < 4; hop++) {
        const next = moves.get(last.loginKey)
        if (!next || now() >= next.until) break
        last = next.peer
      }
      return last
    },
  }
}

export const createTokens = ({ exchange, proofs, now, onRefused, ...rotationOptions }: Deps): Tokens => {
  const tokens = new LRUCache<string, Token>({ max: 10_000 })
  const flights = createFlights<Token>()
  const forget = (peer: Peer): void => {
    tokens.delete(peer.loginKey)
    onRefused(peer)
  }
  const logIn = createDoor({ logIn: createLogIn({ exchange, proofs, now }), now, onRefused: forget })
  const rotation = createRotation({ exchange, ...rotationOptions })
  const moves = createMoves(now)
  const keep = ({ loginKey }: Peer, token: Token): Token => {
    tokens.set(loginKey, token)
    return token
  }

  const enter = async (peer: Peer, signal: AbortSignal): Promise<Token> => keep(peer, await logIn(peer, signal))

  /** As `enter`, for a token of unknown age that must not be asked about within seconds. */
  const enterUniversal = async (peer: Peer, signal: AbortSignal): Promise<Token> => {
    const token = await enter(peer, signal)
    return keep(peer, { ...token, refreshAt: Math.max(token.refreshAt, now() + shortestMs) })
  }

  const rotate = async (peer: Peer, due: Token, signal: AbortSignal): Promise<Token> => {
    const next = await rotation.rotate(peer, due.base, signal)
    if (!next) return keep(peer, { ...due, refreshAt: now() + shortestMs })
    tokens.delete(peer.loginKey)
    moves.to(peer, next)
    return await enterUniversal(next, signal)
  }

  /** A new login in the last part of a token's life. Where it cannot be had, and is not refused, the old token goes on to its end. */
  const replace = async (peer: Peer, due: Token, signal: AbortSignal): Promise<Token> => {
    try {
      return await enter(peer, signal)
    } catch (thrown) {
      const refused = !(thrown instanceof Refusal) || thrown.why === 'login'
      if (refused || now() >= (due.endsAt ?? 0)) throw thrown
      return keep(peer, { ...due, refreshAt: Math.min(now() + shortestMs, due.endsAt ?? 0) })
    }
  }

  const refresh = async (peer: Peer, signal: AbortSignal): Promise<Token> => {
    const due = tokens.get(peer.loginKey)
    if (!due) return await enter(peer, signal)
    if (peer.identity.login.type !== 'universal_identity') return await replace(peer, due, signal)
    return rotation.wanted(peer) ? await rotate(peer, due, signal) : await enterUniversal(peer, signal)
  }

  const share = (peer: Peer, work: typeof enter, signal: AbortSignal): Promise<Token> =>
    flights.join(peer.loginKey, abort => work(peer, abort), signal)

  return {
    async get(asked, signal) {
      const peer = moves.latest(asked)
      const token = tokens.get(peer.loginKey)
      return token && now() < token.refreshAt ? token : await share(peer, refresh, signal)
    },
    async renew(asked, old, signal) {
      const peer = moves.latest(asked)
      const current = tokens.get(peer.loginKey)
      if (current && current !== old) return current
      const successor = rotation.pending(peer)
      if (successor && old.fields['uid-token'] !== successor) {
        return keep(peer, { ...old, fields: { 'uid-token': successor }, refreshAt: now() + shortestMs })
      }
      return await share(peer, enter, signal)
    },
  }
}

import { LRUCache } from 'lru-cache'
import type { Exchange, Operation } from './exchange.ts'
import { canonical } from './item.ts'
import type { Token } from './login.ts'
import type { Peer } from './peer.ts'
import { Refusal } from './refusal.ts'
import type { Tokens } from './token.ts'
import { denied } from './verdict.ts'
import type { Fields } from './wire.ts'

/** One operation in the name of an identity. Throws Refusal, or the signal's reason. */
export type Ask = (
  peer: Peer,
  request: { readonly op: Operation; readonly fields: Fields; readonly item?: string | undefined },
  signal: AbortSignal,
) => Promise<Buffer>

interface Deps {
  readonly exchange: Exchange
  readonly tokens: Tokens
  readonly now: () => number
}

// a 401 that a fresh login does not cure is about the item; ask once a minute whether that is still so
const doubtMs = 60e3

type Asked = Parameters<Ask>[1]

/** What a request asks of each item, or of one listing: the same item may be described and not read. */
const keysOf = (peer: Peer, { op, fields }: Asked): readonly string[] => {
  const { name, names = name, filter, tag } = fields
  if (typeof filter === 'string') return [`${peer.loginKey} ${op} ${JSON.stringify([filter, tag])}`]
  const all = Array.isArray(names) ? names : [names]
  return all.filter(each => typeof each === 'string').map(item => `${peer.loginKey} ${op} ${canonical(item)}`)
}

/**
 * Items that an identity was refused right after a login, for a minute. By item and not by token: while one is in doubt, a token
 * that Akeyless has revoked must still be replaced for all others.
 */
const createDoubts = (now: () => number) => {
  // names are tenants' texts, so their length counts
  const doubted = new LRUCache<string, number>({
    maxSize: 4 * 1024 * 1024,
    sizeCalculation: (_until, key) => key.length + 50,
  })
  return {
    has: (peer: Peer, asked: Asked) => keysOf(peer, asked).some(key => now() < (doubted.get(key) ?? 0)),
    add: (peer: Peer, asked: Asked) => {
      for (const key of keysOf(peer, asked)) doubted.set(key, now() + doubtMs)
    },
    /** They were read: of a batch that was refused, these were not the reason. */
    clear: (peer: Peer, asked: Asked) => {
      for (const key of keysOf(peer, asked)) doubted.delete(key)
    },
  }
}

/** Adds the token; one that has expired is replaced and the call made once more (security.md F8). */
export const createAsk = ({ exchange, tokens, now }: Deps): Ask => {
  const doubts = createDoubts(now)
  return async (peer, request, signal) => {
    const send = async ({ base, fields }: Token) => {
      const body = await exchange(peer, { ...request, base, fields: { ...request.fields, ...fields } }, signal)
      doubts.clear(peer, request)
      return body
    }
    const expired = (thrown: unknown): boolean => thrown instanceof Refusal && thrown.why === 'token'

    const token = await tokens.get(peer, signal)
    try {
      return await send(token)
    } catch (thrown) {
      if (!expired(thrown)) throw thrown
      if (doubts.has(peer, request)) throw denied({ op: request.op, item: request.item })
    }
    const fresh = await tokens.renew(peer, token, signal)
    try {
      return await send(fresh)
    } catch (thrown) {
      if (!expired(thrown)) throw thrown
      doubts.add(peer, request)
      throw denied({ op: request.op, item: request.item })
    }
  }
}

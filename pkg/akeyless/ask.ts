import { Fault } from '#core'
import type { Exchange, Operation } from './exchange.ts'
import type { Peer } from './peer.ts'
import { Refusal } from './refusal.ts'
import type { Token, Tokens } from './token.ts'
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

const stillRefused = (item: string | undefined): Refusal =>
  new Refusal(
    'denied',
    new Fault(
      'AccessDenied',
      item === undefined ? 'the identity may not do this' : `item ${item} may not be read by this identity`,
      {
        remedy: 'grant read on the path to the access role of the identity',
      },
    ),
  )

/** Adds the token; one that has expired is replaced and the call made once more (security.md F8). */
export const createAsk = ({ exchange, tokens, now }: Deps): Ask => {
  return async (peer, request, signal) => {
    const send = ({ base, fields }: Token) =>
      exchange(peer, { ...request, base, fields: { ...request.fields, ...fields } }, signal)
    const expired = (thrown: unknown): boolean => thrown instanceof Refusal && thrown.why === 'token'

    const token = await tokens.get(peer, signal)
    try {
      return await send(token)
    } catch (thrown) {
      if (!expired(thrown)) throw thrown
      if (now() < token.doubtedUntil) throw stillRefused(request.item)
    }
    const fresh = await tokens.renew(peer, token, signal)
    try {
      return await send(fresh)
    } catch (thrown) {
      if (!expired(thrown)) throw thrown
      fresh.doubtedUntil = now() + doubtMs
      throw stillRefused(request.item)
    }
  }
}

import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { Fault, Sensitive } from '#core'
import { authOf } from './auth/index.ts'
import type { Proofs } from './auth/proofs.ts'
import type { Exchange, Operation } from './exchange.ts'
import { halfway, parseExpiration, refreshTime } from './expiration.ts'
import type { Peer } from './peer.ts'
import { Refusal } from './refusal.ts'
import { type Fields, useless } from './wire.ts'

/** What a login gave: how to sign a request, and where the API turned out to be. */
export interface Token {
  readonly fields: Fields
  readonly base: string
  readonly refreshAt: number
  /** When it is no good any more, as far as the answer told. */
  readonly endsAt?: number | undefined
}

/** One login, with a proof made for it. Throws Refusal, `login` where Akeyless says no, or the signal's reason. */
export type LogIn = (peer: Peer, signal: AbortSignal) => Promise<Token>

interface Deps {
  readonly exchange: Exchange
  readonly proofs: Proofs
  readonly now: () => number
}

// thousands are kept: a JWT has 1 to 2 KB, and none would fit into a header beyond this
const longestToken = 16 * 1024

const AuthAnswer = z.looseObject({
  token: z.string().nullish(),
  expiration: z.string().nullish(),
  complete_auth_link: z.string().nullish(),
})

const Validity = z.looseObject({ is_valid: z.boolean(), expiration: z.string().nullish() })

const parse = <T>(schema: z.ZodType<T>, body: Buffer, host: string, op: Operation): T => {
  try {
    return schema.parse(JSON.parse(body.toString('utf8')))
  } catch {
    throw useless(host, op, 'something that is no login')
  }
}

/** The token in an answer, and when it ends where the answer tells. Throws Refusal where there is none. */
export const parseToken = (
  body: Buffer,
  host: string,
  op: Operation,
): { readonly token: Sensitive; readonly universal: boolean; readonly expiresAt: number | undefined } => {
  const { token, expiration, complete_auth_link: link } = parse(AuthAnswer, body, host, op)
  if (token && token.length > longestToken) throw useless(host, op, 'a token of more than 16 KiB')
  // a 200 without a token is no login (akeyless.md §6 #8)
  if (!token) throw useless(host, op, link ? 'a link for a person: this auth method is interactive' : 'no token')
  return {
    token: Sensitive.text(token),
    universal: token.startsWith('u-'),
    expiresAt: parseExpiration(expiration ?? ''),
  }
}

const refusedLogin = (host: string): Refusal =>
  new Refusal('login', new Fault('LoginRefused', `gateway ${host} refuses the login`))

const about: readonly string[] = ['token', 'denied', 'absent', 'invalid']

/** A refusal of a login: whatever Akeyless says no to is the login, except what has nothing to do with it. */
const loginRefusal = (thrown: unknown, host: string): unknown =>
  thrown instanceof Refusal && about.includes(thrown.why) ? refusedLogin(host) : thrown

const noBase = (host: string, paths: readonly string[]): Refusal => {
  const remedy = 'give akeylessGWApiURL the base path of the API, usually /v2 or /api/v2'
  return new Refusal(
    'path',
    new Fault('GatewayAnswerInvalid', `gateway ${host} serves no Akeyless API at ${paths.join(', ')}`, { remedy }),
  )
}

const prove = async (peer: Peer, proofs: Proofs, signal: AbortSignal): Promise<Fields> => {
  try {
    return await authOf(peer.identity.login).fields(proofs, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    throw thrown instanceof Fault ? new Refusal('proof', thrown) : thrown
  }
}

export const createLogIn = ({ exchange, proofs, now }: Deps): LogIn => {
  const bases = new LRUCache<string, string>({ max: 1000 })

  const authAt = async (peer: Peer, base: string, fields: Fields, signal: AbortSignal): Promise<Token> => {
    const issuedAt = now()
    const body = await exchange(peer, { op: 'auth', base, fields }, signal)
    const { token, universal, expiresAt } = parseToken(body, peer.line.gateway.host, 'auth')
    return {
      fields: { [universal ? 'uid-token' : 'token']: token },
      base,
      refreshAt: refreshTime(issuedAt, expiresAt),
      endsAt: expiresAt,
    }
  }

  /** Nothing is exchanged for a universal identity: its token signs the calls itself. */
  const validateAt = async (peer: Peer, base: string, fields: Fields, signal: AbortSignal): Promise<Token> => {
    const { host } = peer.line.gateway
    const seenAt = now()
    const body = await exchange(peer, { op: 'validate-token', base, fields }, signal)
    const { is_valid: valid, expiration } = parse(Validity, body, host, 'validate-token')
    if (!valid) throw refusedLogin(host)
    return {
      fields: { 'uid-token': fields['token'] },
      base,
      refreshAt: halfway(seenAt, parseExpiration(expiration ?? '')),
    }
  }

  return async (peer, signal) => {
    const { gateway, key } = peer.line
    const { op } = authOf(peer.identity.login)
    const proof = await prove(peer, proofs, signal)
    const enter = op === 'auth' ? authAt : validateAt
    const known = bases.get(key + gateway.bases[0])
    // the winner goes first next time (akeyless.md §4.5)
    const order = known === undefined ? gateway.bases : [known, ...gateway.bases.filter(base => base !== known)]
    for (const base of order) {
      try {
        const token = await enter(peer, base, proof, signal)
        bases.set(key + gateway.bases[0], base)
        return token
      } catch (thrown) {
        if (!(thrown instanceof Refusal) || thrown.why !== 'path') throw loginRefusal(thrown, gateway.host)
      }
    }
    throw noBase(
      gateway.host,
      gateway.bases.map(base => `${base}/${op}`),
    )
  }
}

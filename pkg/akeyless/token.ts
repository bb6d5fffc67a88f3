import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { Fault, Sensitive } from '#core'
import { authTypes } from './auth/index.ts'
import { createBreaker } from './breaker.ts'
import type { Exchange } from './exchange.ts'
import { parseExpiration, refreshTime } from './expiration.ts'
import { createFlights } from './flight.ts'
import type { Peer } from './peer.ts'
import { Refusal } from './refusal.ts'
import { type Fields, useless } from './wire.ts'

/** What a login gave: how to sign a request, and where the API turned out to be. */
export interface Token {
  readonly fields: Fields
  readonly base: string
  readonly refreshAt: number
}

/** Tokens by identity. Everything throws Refusal, or the signal's reason. */
export interface Tokens {
  /** A token that is still good, from memory or by a login that all callers share. */
  get(peer: Peer, signal: AbortSignal): Promise<Token>
  /** The successor of a token that was refused: one login for all who hold it. */
  renew(peer: Peer, refused: Token, signal: AbortSignal): Promise<Token>
}

interface Deps {
  readonly exchange: Exchange
  readonly now: () => number
  /** Called when a login is refused: what this identity has read is forgotten (security.md T9). */
  readonly onRefused: (peer: Peer) => void
}

// thousands are kept: a JWT has 1 to 2 KB, and none would fit into a header beyond this
const longestToken = 16 * 1024

const AuthAnswer = z.looseObject({
  token: z.string().nullish(),
  expiration: z.string().nullish(),
  complete_auth_link: z.string().nullish(),
})

const readAnswer = (body: Buffer, host: string): { token: string; expiration: string | undefined } => {
  let answer: z.infer<typeof AuthAnswer>
  try {
    answer = AuthAnswer.parse(JSON.parse(body.toString('utf8')))
  } catch {
    throw useless(host, 'auth', 'something that is no login')
  }
  if (answer.token && answer.token.length > longestToken) throw useless(host, 'auth', 'a token of more than 16 KiB')
  if (answer.token) return { token: answer.token, expiration: answer.expiration ?? undefined }
  // a 200 without a token is no login (akeyless.md §6 #8)
  throw useless(
    host,
    'auth',
    answer.complete_auth_link ? 'a link for a person: this auth method is interactive' : 'no token',
  )
}

const whenRefused = 'check access id, access type and its parameter'

/** A refusal of /auth: whatever Akeyless says no to is the login, except what has nothing to do with it. */
const loginRefusal = (refusal: Refusal, host: string): Refusal => {
  const about = ['token', 'denied', 'absent', 'invalid']
  if (!about.includes(refusal.why)) return refusal
  return new Refusal('login', new Fault('LoginRefused', `gateway ${host} refuses the login`, { remedy: whenRefused }))
}

const noBase = (host: string, bases: readonly string[]): Refusal => {
  const paths = bases.map(base => `${base}/auth`).join(', ')
  const remedy = 'give akeylessGWApiURL the base path of the API, usually /v2 or /api/v2'
  return new Refusal(
    'path',
    new Fault('GatewayAnswerInvalid', `gateway ${host} serves no Akeyless API at ${paths}`, { remedy }),
  )
}

export const createTokens = ({ exchange, now, onRefused }: Deps): Tokens => {
  const tokens = new LRUCache<string, Token>({ max: 10_000 })
  const bases = new LRUCache<string, string>({ max: 1000 })
  const flights = createFlights<Token>()
  // five refused logins in a row lock an auth method (akeyless.md §1.1): seldom enough that the fifth comes after a quarter of an
  // hour, and nobody waits for it, because a corrected credential is another key
  const refused = createBreaker({ now, firstMs: 60e3, longestMs: 30 * 60e3, trialMs: 0 })

  const loginAt = async (peer: Peer, base: string, signal: AbortSignal): Promise<Token> => {
    const { login } = peer.identity
    const issuedAt = now()
    const body = await exchange(peer, { op: 'auth', base, fields: authTypes[login.type].fields(login) }, signal)
    const { token, expiration } = readAnswer(body, peer.line.gateway.host)
    const name = token.startsWith('u-') ? 'uid-token' : 'token'
    return {
      fields: { [name]: Sensitive.text(token) },
      base,
      refreshAt: refreshTime(issuedAt, expiration === undefined ? undefined : parseExpiration(expiration)),
    }
  }

  /** Tries the base paths in order until one serves /auth; the winner goes first next time (akeyless.md §4.5). */
  const findBase = async (peer: Peer, signal: AbortSignal): Promise<Token> => {
    const { gateway, key } = peer.line
    const known = bases.get(key + gateway.bases[0])
    const order = known === undefined ? gateway.bases : [known, ...gateway.bases.filter(base => base !== known)]
    for (const base of order) {
      try {
        const token = await loginAt(peer, base, signal)
        bases.set(key + gateway.bases[0], base)
        return token
      } catch (thrown) {
        if (!(thrown instanceof Refusal) || thrown.why !== 'path') throw thrown
      }
    }
    throw noBase(gateway.host, gateway.bases)
  }

  const login = async (peer: Peer, signal: AbortSignal): Promise<Token> => {
    const remembered = refused.check(peer.loginKey)
    if (remembered) throw new Refusal('login', remembered)
    try {
      const token = await findBase(peer, signal)
      refused.reset(peer.loginKey)
      tokens.set(peer.loginKey, token)
      return token
    } catch (thrown) {
      const refusal = thrown instanceof Refusal ? loginRefusal(thrown, peer.line.gateway.host) : undefined
      if (refusal?.why !== 'login') throw refusal ?? thrown
      tokens.delete(peer.loginKey)
      refused.trip(peer.loginKey, refusal.fault)
      onRefused(peer)
      throw new Refusal('login', refused.check(peer.loginKey) ?? refusal.fault)
    }
  }

  const share = (peer: Peer, signal: AbortSignal) => flights.join(peer.loginKey, abort => login(peer, abort), signal)

  return {
    async get(peer, signal) {
      const token = tokens.get(peer.loginKey)
      return token && now() < token.refreshAt ? token : await share(peer, signal)
    },
    async renew(peer, old, signal) {
      const current = tokens.get(peer.loginKey)
      return current && current !== old ? current : await share(peer, signal)
    },
  }
}

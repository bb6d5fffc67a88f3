import { LRUCache } from 'lru-cache'
import { Fault } from '#core'
import type { Peer } from './peer.ts'

/** Keeps refused logins few, so that Akeyless never locks an auth method because of us (akeyless.md §1.1). */
export interface Lockout {
  /** Why a login must not be tried now; undefined means: go ahead, and tell how it ended. */
  check(peer: Peer): Fault | undefined
  /** Akeyless said no. The fault to tell, with the time until the next try. */
  refused(peer: Peer, fault: Fault): Fault
  /** Akeyless said yes. */
  accepted(peer: Peer): void
  /** The attempt ended without either. */
  undecided(peer: Peer): void
}

/** One credential: how often it was refused in a row, and what by. */
interface Credential {
  readonly fault: Fault
  readonly times: number
  readonly until: number
}

/** One auth method, as all credentials for it add up: Akeyless counts by it, and not by key. */
interface Method {
  readonly times: number
  readonly until: number
  /** The refused credential that is being tried again, and how long the others wait for it. */
  readonly trial?: { readonly loginKey: string; readonly until: number }
}

// five in a row lock; two are left to whoever else uses the auth method, since its counter is not ours alone
const most = 3
const pausesMs = [60e3, 120e3] as const
const longMs = 30 * 60e3
// longer than a login takes; so long the others wait for the one that tries
const trialMs = 30e3

const methodOf = ({ line, loginKey, identity: { login } }: Peer): string =>
  `${line.gateway.host} ${login.accessId ?? loginKey}`

const waiting = (fault: Fault, ms: number): Fault =>
  new Fault(fault.code, fault.message, { remedy: fault.remedy, retryAfterMs: Math.ceil(ms) })

/**
 * A credential that was never refused is always tried: somebody has changed something. The second and third try come after 60
 * and 120 s. After three refusals of one auth method no credential that was refused is tried for 30 minutes, then one alone, and
 * so on: for how long Akeyless remembers is not documented. A login that works sets the count back, as it does there.
 */
export const createLockout = (now: () => number): Lockout => {
  const credentials = new LRUCache<string, Credential>({ max: 10_000 })
  const methods = new LRUCache<string, Method>({ max: 10_000 })
  const methodAt = (key: string): Method => methods.get(key) ?? { times: 0, until: 0 }

  const blocked = ({ line }: Peer, until: number): Fault => {
    const time = new Date(until).toISOString().replace(/\.\d+/, '')
    const what = `gateway ${line.gateway.host} keeps refusing the login; blocked by our own breaker until ${time}, to keep Akeyless from locking the auth method`
    return new Fault('LoginBlocked', what, { retryAfterMs: Math.ceil(until - now()) })
  }

  /** Until when it takes a change to try again; 0 where it does not. */
  const blockedUntil = (credential: Credential, method: Method): number =>
    Math.max(method.times >= most ? method.until : 0, credential.times >= most ? credential.until : 0)

  return {
    check(peer) {
      const credential = credentials.get(peer.loginKey)
      if (!credential) return undefined
      const key = methodOf(peer)
      const method = methodAt(key)
      const until = blockedUntil(credential, method)
      if (now() < until) return blocked(peer, until)
      const waitMs = Math.max(credential.until, method.trial?.until ?? 0) - now()
      if (waitMs > 0) return waiting(credential.fault, waitMs)
      methods.set(key, { ...method, trial: { loginKey: peer.loginKey, until: now() + trialMs } })
      return undefined
    },
    refused(peer, fault) {
      const key = methodOf(peer)
      const credentialTimes = (credentials.get(peer.loginKey)?.times ?? 0) + 1
      const method: Method = { times: methodAt(key).times + 1, until: now() + longMs }
      const pauseMs = pausesMs[credentialTimes - 1] ?? longMs
      const credential: Credential = { fault, times: credentialTimes, until: now() + pauseMs }
      methods.set(key, method)
      credentials.set(peer.loginKey, credential)
      const until = blockedUntil(credential, method)
      return until > 0 ? blocked(peer, until) : waiting(fault, pauseMs)
    },
    accepted(peer) {
      credentials.delete(peer.loginKey)
      methods.delete(methodOf(peer))
    },
    undecided(peer) {
      const key = methodOf(peer)
      const { trial, ...method } = methodAt(key)
      if (trial?.loginKey === peer.loginKey) methods.set(key, method)
    },
  }
}

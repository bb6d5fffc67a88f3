import { LRUCache } from 'lru-cache'
import { Fault } from '#core'
import type { Peer } from './peer.ts'

/** Keeps refused logins few, so that Akeyless never locks an auth method because of us (akeyless.md §1.1). */
export interface Lockout {
  /** Why a login must not be tried now; undefined means: go ahead, say so, and tell how it ended. */
  check(peer: Peer): Wait | undefined
  /** How many logins of an auth method may be on their way at once. */
  readonly room: (method: string) => number
  /** The attempt begins. */
  begin(peer: Peer): void
  /** Akeyless said no. The fault to tell, with the time until the next try. */
  refused(peer: Peer, fault: Fault): Fault
  /** Akeyless said yes. */
  accepted(peer: Peer): void
  /** The attempt ended without either. */
  undecided(peer: Peer): void
}

/** Why a login must wait, with the time in the fault; `isRefused` where this very credential was refused. */
export interface Wait {
  readonly fault: Fault
  readonly isRefused: boolean
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
  /** When the last refusals were, oldest first: of the last hour, and few. */
  readonly recent: readonly number[]
  /** A credential that had worked was refused: so may be every other one that has. */
  readonly isDoubted: boolean
  /** The refused credential that is being tried again, and how long the others wait for it. */
  readonly trial?: { readonly loginKey: string; readonly until: number }
}

// five in a row lock; two are left to whoever else uses the auth method, since its counter is not ours alone
const most = 3
const pausesMs = [60e3, 120e3] as const
const longMs = 30 * 60e3
// longer than a login takes; so long the others wait for the one that tries
const trialMs = 30e3

// what nobody has refused yet is most likely the cure: it may take what was left to others, but not the fifth place
const mostFresh = 4
const freshPausesMs = [60e3, 10 * 60e3] as const
// what has worked before will most likely work, and set Akeyless' count back: others must not keep it waiting for long
const provenPausesMs = [0, 60e3] as const
const recentMs = 60 * 60e3
const unknown: Method = { times: 0, recent: [], isDoubted: false }

/** What Akeyless counts by, as far as we can tell. */
export const methodOf = ({ line, loginKey, identity: { login } }: Peer): string =>
  `${line.gateway.host} ${login.accessId ?? loginKey}`

const waiting = (fault: Fault, ms: number): Fault =>
  new Fault(fault.code, fault.message, { remedy: fault.remedy, retryAfterMs: Math.ceil(ms) })

const show = (at: number): string => new Date(at).toISOString().replace(/\.\d+/, '')

/** Until when a credential that was not refused waits, by when others were within the hour; 0: it does not. */
const heldUntil = (recent: readonly number[], [third, fourth]: readonly [number, number]): number => {
  const last = recent.at(-1)
  if (last === undefined || recent.length < most) return 0
  return last + (recent.length < mostFresh ? third : fourth)
}

/**
 * A credential that was never refused is tried at once: somebody has changed something. But somebody who fumbles changes it five
 * times in as many minutes: after three refusals of one auth method within an hour, the next new one is tried a minute after the
 * last of them, and every further one ten minutes after the last, so that there are never five in ten minutes. One that has worked
 * before waits a minute at most, unless another such one was refused. A refused credential is tried for the second and third time after 60 and 120 s; after three refusals of one auth method none that was
 * refused is tried for 30 minutes, then one alone, and so on: for how long Akeyless remembers is not documented. A login that
 * works sets the counts back, as it does there.
 */
export const createLockout = (now: () => number): Lockout => {
  const credentials = new LRUCache<string, Credential>({ max: 10_000 })
  const methods = new LRUCache<string, Method>({ max: 10_000 })
  const proven = new LRUCache<string, true>({ max: 10_000 })
  const methodAt = (key: string): Method => methods.get(key) ?? unknown
  const recentAt = (key: string): readonly number[] => methodAt(key).recent.filter(at => now() < at + recentMs)

  const blocked = ({ line }: Peer, until: number): Fault => {
    const what = `gateway ${line.gateway.host} keeps refusing the login; blocked by our own breaker until ${show(until)}, to keep Akeyless from locking the auth method`
    return new Fault('LoginBlocked', what, { retryAfterMs: Math.ceil(until - now()) })
  }

  const held = ({ line }: Peer, until: number): Fault => {
    const what = `gateway ${line.gateway.host} keeps refusing logins of this auth method; this one, which was not refused, is tried after ${show(until)}, to keep Akeyless from locking the auth method`
    return new Fault('LoginBlocked', what, { retryAfterMs: Math.ceil(until - now()) })
  }

  /** Until when it takes a change to try again; 0 where it does not. */
  const blockedUntil = (credential: Credential, { times, recent }: Method): number =>
    Math.max(times >= most ? (recent.at(-1) ?? 0) + longMs : 0, credential.times >= most ? credential.until : 0)

  const checkOpen = (peer: Peer): Fault | undefined => {
    const key = methodOf(peer)
    const isTrusted = proven.has(peer.loginKey) && !methodAt(key).isDoubted
    const until = heldUntil(recentAt(key), isTrusted ? provenPausesMs : freshPausesMs)
    return now() < until ? held(peer, until) : undefined
  }

  const checkRefused = (peer: Peer, credential: Credential): Fault | undefined => {
    const method = methodAt(methodOf(peer))
    const until = blockedUntil(credential, method)
    if (now() < until) return blocked(peer, until)
    const waitMs = Math.max(credential.until, method.trial?.until ?? 0) - now()
    return waitMs > 0 ? waiting(credential.fault, waitMs) : undefined
  }

  return {
    check(peer) {
      const credential = credentials.get(peer.loginKey)
      const fault = credential ? checkRefused(peer, credential) : checkOpen(peer)
      return fault && { fault, isRefused: credential !== undefined }
    },
    room: method => Math.max(1, mostFresh - recentAt(method).length),
    begin(peer) {
      if (!credentials.has(peer.loginKey)) return
      const key = methodOf(peer)
      methods.set(key, { ...methodAt(key), trial: { loginKey: peer.loginKey, until: now() + trialMs } })
    },
    refused(peer, fault) {
      const key = methodOf(peer)
      const credentialTimes = (credentials.get(peer.loginKey)?.times ?? 0) + 1
      const before = methodAt(key)
      const method: Method = {
        times: before.times + 1,
        recent: [...recentAt(key), now()].slice(-mostFresh),
        isDoubted: before.isDoubted || proven.delete(peer.loginKey),
      }
      const pauseMs = pausesMs[credentialTimes - 1] ?? longMs
      const credential: Credential = { fault, times: credentialTimes, until: now() + pauseMs }
      methods.set(key, method)
      credentials.set(peer.loginKey, credential)
      const until = blockedUntil(credential, method)
      return until > 0 ? blocked(peer, until) : waiting(fault, pauseMs)
    },
    accepted(peer) {
      proven.set(peer.loginKey, true)
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

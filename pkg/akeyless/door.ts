import { createBreaker } from './breaker.ts'
import { createGate } from './gate.ts'
import { createLockout, methodOf } from './lockout.ts'
import type { LogIn } from './login.ts'
import type { Peer } from './peer.ts'
import { Refusal } from './refusal.ts'

interface Deps {
  readonly logIn: LogIn
  readonly now: () => number
  /** Called when Akeyless refuses a login. */
  readonly onRefused: (peer: Peer) => void
}

/** Lets logins through that may succeed; the others end in what is known of them already, without a call. */
export const createDoor = ({ logIn, now, onRefused }: Deps): LogIn => {
  const lockout = createLockout(now)
  // those who are on their way may be refused too
  const gate = createGate(lockout.room)
  // what makes proofs is asked once a second at most, so that a repair shows at once
  const unproved = createBreaker({ now, firstMs: 1000, longestMs: 1000, trialMs: 0 })

  const refuse = (peer: Peer): void => {
    const proof = unproved.check(peer.loginKey)
    if (proof) throw new Refusal('proof', proof)
    const wait = lockout.check(peer)
    if (wait) throw new Refusal(wait.isRefused ? 'login' : 'held', wait.fault)
  }

  /** What a failed login teaches, and what to throw. */
  const learn = (peer: Peer, thrown: unknown): unknown => {
    if (thrown instanceof Refusal && thrown.why === 'login') {
      onRefused(peer)
      return new Refusal('login', lockout.refused(peer, thrown.fault))
    }
    lockout.undecided(peer)
    if (thrown instanceof Refusal && thrown.why === 'proof') unproved.trip(peer.loginKey, thrown.fault)
    return thrown
  }

  const enter: LogIn = async (peer, signal) => {
    // others may have learnt something meanwhile
    refuse(peer)
    lockout.begin(peer)
    try {
      const token = await logIn(peer, signal)
      lockout.accepted(peer)
      unproved.reset(peer.loginKey)
      return token
    } catch (thrown) {
      throw learn(peer, thrown)
    }
  }

  return async (peer, signal) => {
    refuse(peer)
    return await gate.run(methodOf(peer), () => enter(peer, signal), signal)
  }
}

import { LRUCache } from 'lru-cache'
import type { Fault } from '#core'
import { type Breaker, createBreaker } from './breaker.ts'
import type { Gate } from './gate.ts'
import type { Peer } from './peer.ts'
import { Refusal } from './refusal.ts'

/** What calls have taught: a gateway that is away is tried by one call at a time (F1, F7), an identity that asks too much waits (F3). */
export interface Circuits {
  /** Throws the Refusal that a call would end in, where that is known without it. */
  refuse(peer: Peer, why?: 'down' | 'rate'): void
  /** An exchange ended, with a refusal or an answer. */
  learn(peer: Peer, refusal: Refusal | undefined): void
  /** A call ended without a verdict. */
  release(peer: Peer): void
  /** How many answers the line has given so far. */
  answers(peer: Peer): number
  /** The line let a call wait and gave no answer to anybody meanwhile. */
  silent(peer: Peer, fault: Fault): void
}

interface Options {
  readonly now: () => number
  /** Longest call. Milliseconds. */
  readonly deadlineMs: number
  /** Of identities, by loginKey: who is told to slow down narrows nobody else. */
  readonly identities: Gate
}

const refuseBy = (breaker: Breaker, key: string, why: 'down' | 'rate'): void => {
  const fault = breaker.check(key)
  if (fault) throw new Refusal(why, fault)
}

export const createCircuits = ({ now, deadlineMs, identities }: Options): Circuits => {
  // 1 s doubling to 60 s: back quickly after a hiccup, at most ten probes in an outage of five minutes
  const gateway = createBreaker({ now, firstMs: 1000, longestMs: 60e3, trialMs: deadlineMs })
  const rate = createBreaker({ now, firstMs: 1000, longestMs: 60e3, trialMs: 0 })
  const counts = new LRUCache<string, number>({ max: 10_000 })
  const answers = ({ line }: Peer): number => counts.get(line.key) ?? 0

  return {
    answers,
    refuse(peer, why) {
      if (why !== 'down') refuseBy(rate, peer.loginKey, 'rate')
      if (why !== 'rate') refuseBy(gateway, peer.line.key, 'down')
    },
    learn(peer, refusal) {
      const { line, loginKey } = peer
      if (refusal?.why === 'down') return gateway.trip(line.key, refusal.fault)
      counts.set(line.key, answers(peer) + 1)
      gateway.reset(line.key)
      if (refusal?.why === 'rate') {
        identities.narrow(loginKey)
        rate.trip(loginKey, refusal.fault, refusal.fault.retryAfterMs)
      }
      if (!refusal) {
        identities.widen(loginKey)
        rate.reset(loginKey)
      }
    },
    release: ({ line }) => gateway.release(line.key),
    silent: ({ line }, fault) => gateway.trip(line.key, fault),
  }
}

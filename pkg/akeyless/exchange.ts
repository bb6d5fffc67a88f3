import { setTimeout as wait } from 'node:timers/promises'
import { Fault, showMs } from '#core'
import { type Breaker, createBreaker } from './breaker.ts'
import { createGate } from './gate.ts'
import type { Peer } from './peer.ts'
import { Refusal } from './refusal.ts'
import { callsAtOnce, type Transport } from './transport.ts'
import { type Answer, verdict } from './verdict.ts'
import { encode, type Fields } from './wire.ts'

/** One call, for metrics; the names are those of ESO's `call` label (akeyless.md §5.4). */
export interface Call {
  readonly call: (typeof operations)[Operation]['call']
  readonly status: 'success' | 'error'
  /** `host:port` of the gateway. */
  readonly gateway: string
  readonly tookMs: number
}

const mebibyte = 1024 * 1024

/** Every operation that is called: its name in metrics, the longest answer, and whether a second try does no harm. */
export const operations = {
  auth: { call: 'Auth', limit: 4 * mebibyte, again: false },
  'describe-item': { call: 'DescribeItem', limit: 4 * mebibyte, again: true },
  'get-secret-value': { call: 'GetSecretValue', limit: 4 * mebibyte, again: true },
  // every call makes a new credential: never twice (akeyless.md §3.1)
  'get-dynamic-secret-value': { call: 'GetDynamicSecretsValue', limit: 4 * mebibyte, again: false },
  'get-rotated-secret-value': { call: 'GetRotatedSecretValue', limit: 4 * mebibyte, again: true },
  'get-certificate-value': { call: 'GetCertificateValue', limit: 4 * mebibyte, again: true },
  'list-items': { call: 'ListItems', limit: 16 * mebibyte, again: true },
} as const satisfies Record<string, { call: string; limit: number; again: boolean }>
export type Operation = keyof typeof operations

export interface Request {
  readonly op: Operation
  /** Base path in front of the operation. */
  readonly base: string
  readonly fields: Fields
  /** The one item that is asked for, ready to be shown in messages. */
  readonly item?: string | undefined
}

/** Sends one operation and gives the body of a good answer. Throws Refusal, or the signal's reason. */
export type Exchange = (peer: Peer, request: Request, signal: AbortSignal) => Promise<Buffer>

interface Deps {
  readonly transport: Transport
  readonly now: () => number
  readonly random: () => number
  readonly onCall?: ((call: Call) => void) | undefined
  /** For one call with its retries. */
  readonly deadlineMs?: number | undefined
}

// security.md F2, F4
const usualDeadlineMs = 15e3
const tries = 3
const firstPauseMs = 100

const tooSlow = (host: string, deadlineMs: number): Refusal =>
  new Refusal(
    'slow',
    new Fault('GatewayUnreachable', `gateway ${host} did not answer within ${showMs(deadlineMs)}`, {
      remedy: 'look at the load of the gateway and at what stands before it; it is tried again by itself',
    }),
  )

/** Circuits: a gateway that is away is tried by one call at a time (F1, F7), an identity that asks too much waits (F3). */
const createCircuits = (now: () => number, deadlineMs: number) => ({
  // 1 s doubling to 60 s: back quickly after a hiccup, at most ten probes in an outage of five minutes
  gateway: createBreaker({ now, firstMs: 1000, longestMs: 60e3, trialMs: deadlineMs }),
  rate: createBreaker({ now, firstMs: 1000, longestMs: 60e3, trialMs: 0 }),
})

const refuseEarly = (breaker: Breaker, key: string, why: 'down' | 'rate'): void => {
  const fault = breaker.check(key)
  if (fault) throw new Refusal(why, fault)
}

export const createExchange = (deps: Deps): Exchange => {
  const { transport, now, random, onCall, deadlineMs = usualDeadlineMs } = deps
  const circuits = createCircuits(now, deadlineMs)
  const gate = createGate(callsAtOnce)

  const learn = (peer: Peer, refusal: Refusal | undefined): void => {
    const { key } = peer.line
    if (refusal?.why === 'down') circuits.gateway.trip(key, refusal.fault)
    else circuits.gateway.reset(key)
    if (refusal?.why === 'rate') {
      gate.narrow(key)
      circuits.rate.trip(peer.loginKey, refusal.fault, refusal.fault.retryAfterMs)
    }
    if (!refusal) {
      gate.widen(key)
      circuits.rate.reset(peer.loginKey)
    }
  }

  const post = async (peer: Peer, request: Request, body: Buffer, signal: AbortSignal): Promise<Answer> => {
    const { host } = peer.line.gateway
    const path = `${request.base}/${request.op}`
    const answer = await transport.post(peer.line, { path, body, limit: operations[request.op].limit }, signal)
    const refusal = verdict(answer, { host, path, op: request.op, item: request.item }, now())
    if (refusal) throw refusal
    return answer
  }

  const once = async (peer: Peer, request: Request, body: Buffer, signal: AbortSignal): Promise<Buffer> => {
    refuseEarly(circuits.rate, peer.loginKey, 'rate')
    refuseEarly(circuits.gateway, peer.line.key, 'down')
    const started = now()
    const report = (status: Call['status']) =>
      onCall?.({ call: operations[request.op].call, status, gateway: peer.line.gateway.host, tookMs: now() - started })
    try {
      const answer = await post(peer, request, body, signal)
      learn(peer, undefined)
      report('success')
      return answer.body
    } catch (thrown) {
      report('error')
      if (!(thrown instanceof Refusal)) circuits.gateway.release(peer.line.key)
      else learn(peer, thrown)
      // with the time to wait, where the circuit has just opened
      if (thrown instanceof Refusal && thrown.why === 'rate') refuseEarly(circuits.rate, peer.loginKey, 'rate')
      if (thrown instanceof Refusal && thrown.why === 'down') refuseEarly(circuits.gateway, peer.line.key, 'down')
      throw thrown
    }
  }

  const persist = async (peer: Peer, request: Request, body: Buffer, signal: AbortSignal): Promise<Buffer> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(peer, request, body, signal)
      } catch (thrown) {
        const again = thrown instanceof Refusal && thrown.why === 'failed' && operations[request.op].again
        if (!again || attempt === tries) throw thrown
        await wait(random() * firstPauseMs * 2 ** attempt, undefined, { signal })
      }
    }
  }

  return async (peer, request, signal) => {
    const body = encode(request.fields)
    const work = async () => {
      const deadline = AbortSignal.timeout(deadlineMs)
      try {
        return await persist(peer, request, body, AbortSignal.any([signal, deadline]))
      } catch (thrown) {
        signal.throwIfAborted()
        throw deadline.aborted && !(thrown instanceof Refusal) ? tooSlow(peer.line.gateway.host, deadlineMs) : thrown
      }
    }
    return await gate.run(peer.line.key, work, signal)
  }
}

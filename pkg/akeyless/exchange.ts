import { setTimeout as wait } from 'node:timers/promises'
import { Fault, showMs } from '#core'
import { createCircuits } from './circuits.ts'
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

/**
 * Every operation that is called: its name in metrics, the longest answer, whether a second try does no harm, and whether it
 * waits for a system behind the gateway, so that its slowness says nothing about the gateway.
 */
export const operations = {
  auth: { call: 'Auth', limit: 4 * mebibyte, again: false, waitsForOthers: false },
  'validate-token': { call: 'ValidateToken', limit: 4 * mebibyte, again: true, waitsForOthers: false },
  // a second try would leave a successor that nobody knows
  'uid-rotate-token': { call: 'UidRotateToken', limit: 4 * mebibyte, again: false, waitsForOthers: false },
  'describe-item': { call: 'DescribeItem', limit: 4 * mebibyte, again: true, waitsForOthers: false },
  'get-secret-value': { call: 'GetSecretValue', limit: 4 * mebibyte, again: true, waitsForOthers: false },
  // every call makes a new credential: never twice (akeyless.md §3.1)
  'get-dynamic-secret-value': {
    call: 'GetDynamicSecretsValue',
    limit: 4 * mebibyte,
    again: false,
    waitsForOthers: true,
  },
  'get-rotated-secret-value': {
    call: 'GetRotatedSecretValue',
    limit: 4 * mebibyte,
    again: true,
    waitsForOthers: false,
  },
  'get-certificate-value': { call: 'GetCertificateValue', limit: 4 * mebibyte, again: true, waitsForOthers: false },
  // an answer that is lost leaves open what became of it: who sent it looks before anything is sent again
  'create-secret': { call: 'CreateSecret', limit: 4 * mebibyte, again: false, waitsForOthers: false },
  'update-secret-val': { call: 'UpdateSecretVal', limit: 4 * mebibyte, again: false, waitsForOthers: false },
  'delete-item': { call: 'DeleteItem', limit: 4 * mebibyte, again: false, waitsForOthers: false },
  'list-items': { call: 'ListItems', limit: 16 * mebibyte, again: true, waitsForOthers: false },
} as const satisfies Record<string, { call: string; limit: number; again: boolean; waitsForOthers: boolean }>
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
const usualTries = 3
// what a store asks for, within reason (security.md T30)
const mostRetries = 10
const firstPauseMs = 100

/** The refusal of a gateway that lets its caller wait. */
export const tooSlow = (host: string, deadlineMs: number): Refusal =>
  new Refusal(
    'slow',
    new Fault('GatewayUnreachable', `gateway ${host} did not answer within ${showMs(deadlineMs)}`, {
      remedy: 'look at the load of the gateway and at what stands before it; it is tried again by itself',
    }),
  )

export const createExchange = (deps: Deps): Exchange => {
  const { transport, now, random, onCall, deadlineMs = usualDeadlineMs } = deps
  const lines = createGate(callsAtOnce)
  const identities = createGate(callsAtOnce)
  const circuits = createCircuits({ now, deadlineMs, identities })

  const post = async (peer: Peer, request: Request, body: Buffer, signal: AbortSignal): Promise<Answer> => {
    const { host } = peer.line.gateway
    const path = `${request.base}/${request.op}`
    const answer = await transport.post(peer.line, { path, body, limit: operations[request.op].limit }, signal)
    const refusal = verdict(answer, { host, path, op: request.op, item: request.item }, now())
    if (refusal) throw refusal
    return answer
  }

  const once = async (peer: Peer, request: Request, body: Buffer, signal: AbortSignal): Promise<Buffer> => {
    circuits.refuse(peer)
    const started = now()
    const report = (status: Call['status']) =>
      onCall?.({ call: operations[request.op].call, status, gateway: peer.line.gateway.host, tookMs: now() - started })
    try {
      const answer = await post(peer, request, body, signal)
      circuits.learn(peer, undefined)
      report('success')
      return answer.body
    } catch (thrown) {
      report('error')
      if (thrown instanceof Refusal) circuits.learn(peer, thrown)
      else circuits.release(peer)
      // with the time to wait, where the circuit has just opened
      if (thrown instanceof Refusal && (thrown.why === 'rate' || thrown.why === 'down'))
        circuits.refuse(peer, thrown.why)
      throw thrown
    }
  }

  /** Before the next try; undefined where there is none. */
  const pauseMs = ({ identity: { retries } }: Peer, attempt: number): number | undefined => {
    if (attempt > Math.min(retries?.max ?? usualTries - 1, mostRetries)) return undefined
    return retries ? Math.max(retries.intervalMs, firstPauseMs) : random() * firstPauseMs * 2 ** attempt
  }

  const persist = async (peer: Peer, request: Request, body: Buffer, signal: AbortSignal): Promise<Buffer> => {
    const end = now() + deadlineMs
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(peer, request, body, signal)
      } catch (thrown) {
        const again = thrown instanceof Refusal && thrown.why === 'failed' && operations[request.op].again
        const pause = again ? pauseMs(peer, attempt) : undefined
        // what failed says more than that time ran out
        if (pause === undefined || now() + pause >= end) throw thrown
        await wait(pause, undefined, { signal })
      }
    }
  }

  const inTime = async (peer: Peer, request: Request, body: Buffer, signal: AbortSignal): Promise<Buffer> => {
    const before = circuits.answers(peer)
    const deadline = AbortSignal.timeout(deadlineMs)
    try {
      return await persist(peer, request, body, AbortSignal.any([signal, deadline]))
    } catch (thrown) {
      signal.throwIfAborted()
      if (!deadline.aborted || thrown instanceof Refusal) throw thrown
      const slow = tooSlow(peer.line.gateway.host, deadlineMs)
      // a gateway that answered somebody meanwhile is not away: one item that hangs must not shut it for the others
      const silent = circuits.answers(peer) === before
      if (silent && !operations[request.op].waitsForOthers) circuits.silent(peer, slow.fault)
      throw slow
    }
  }

  return (peer, request, signal) => {
    const work = () => inTime(peer, request, encode(request.fields), signal)
    return identities.run(peer.loginKey, () => lines.run(peer.line.key, work, signal), signal)
  }
}

import { tooSlow } from './exchange.ts'
import type { Peer } from './peer.ts'
import { Refusal } from './refusal.ts'

/** Runs work that heeds its signal for at most `longestMs`; then throws the Refusal of a gateway that is too slow. */
export const inTime = async <T>(
  peer: Peer,
  longestMs: number,
  signal: AbortSignal,
  work: (bound: AbortSignal) => Promise<T>,
): Promise<T> => {
  const deadline = AbortSignal.timeout(longestMs)
  try {
    return await work(AbortSignal.any([signal, deadline]))
  } catch (thrown) {
    signal.throwIfAborted()
    throw deadline.aborted && !(thrown instanceof Refusal) ? tooSlow(peer.line.gateway.host, longestMs) : thrown
  }
}

import { Fault, Sensitive, show } from '#core'
import { goJson } from '../go-json.ts'
import { type Exact, RawNumber } from '../json.ts'
import { Refusal } from '../refusal.ts'
import { parseObject } from '../wire.ts'
import type { ItemReader } from './reader.ts'

/** Life of a lease: minutes, as a number or as text, depending on the producer. */
const leaseMs = (minutes: Exact | undefined): number | undefined => {
  const count = minutes instanceof RawNumber ? Number(minutes.text) : typeof minutes === 'string' ? Number(minutes) : 0
  return Number.isFinite(count) && count > 0 ? count * 60e3 : undefined
}

/** One call, one new credential: all properties come from this answer (decision 15). */
export const dynamicReader: ItemReader = {
  lease: true,
  async read({ ask }, peer, ref, signal) {
    const item = show(ref.path)
    const op = 'get-dynamic-secret-value'
    const answer = parseObject(
      await ask(peer, { op, fields: { name: ref.path }, item }, signal),
      peer.line.gateway.host,
      op,
    )
    const failure = answer.get('error')
    // a 200 that is a failure (akeyless.md §3.1); its text may quote the producer's input, so it stays here
    if (failure !== undefined && failure !== null && failure !== '') {
      const remedy = 'look at the producer and the target of the item in Akeyless'
      throw new Refusal(
        'foreign',
        new Fault('GatewayFailed', `the producer of item ${item} made no credential`, { remedy }),
      )
    }
    const ttlMs = leaseMs(answer.get('ttl_in_minutes'))
    return { type: 'DYNAMIC_SECRET', text: Sensitive.text(goJson(answer)), ...(ttlMs !== undefined && { ttlMs }) }
  },
}

import type { ItemValue } from '#api'
import { Fault, Sensitive, show } from '#core'
import type { Ask } from '../ask.ts'
import { goJson } from '../go-json.ts'
import { canonical } from '../item.ts'
import type { Exact } from '../json.ts'
import type { Peer } from '../peer.ts'
import { Refusal } from '../refusal.ts'
import { parseObject, useless } from '../wire.ts'
import { cacheFields, type ItemReader } from './reader.ts'

type Answer = ReadonlyMap<string, Exact>

/** The value of one name; gateways may echo the name with or without its slash, or another one for it (akeyless.md §9, §11). */
const pick = (answer: Answer, name: string, alone: boolean): Exact | undefined => {
  const spellings = [name, canonical(name), canonical(name).slice(1)]
  const found = spellings.find(spelling => answer.has(spelling))
  if (found !== undefined) return answer.get(found)
  const [only] = answer
  // one entry under a longer name may be ours; one under any other is somebody else's JSON, or the text of a failure
  const ours = alone && answer.size === 1 && only?.[0].endsWith(`/${name.slice(name.lastIndexOf('/') + 1)}`)
  return ours ? only?.[1] : undefined
}

const asValue = (value: Exact, name: string): ItemValue | Refusal => {
  if (value === null) {
    const remedy = 'give the item a value'
    return new Refusal('invalid', new Fault('ItemEmpty', `item ${show(name)} has no value`, { remedy }))
  }
  // ESO fails on what is no string, with the value in its message (akeyless.md §6 #4)
  return { type: 'STATIC_SECRET', text: Sensitive.text(typeof value === 'string' ? value : goJson(value)) }
}

/**
 * Reads up to `namesAtOnce` static items in one call. A name that the answer does not hold is missing from the result;
 * one name alone is then a Refusal.
 */
export const readStatics = async (
  ask: Ask,
  peer: Peer,
  { names, version }: { readonly names: readonly string[]; readonly version: number },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ItemValue | Refusal>> => {
  const [first = ''] = names
  const alone = names.length === 1
  const item = alone ? show(first) : undefined
  const fields = { names, version, ...cacheFields(peer) }
  const body = await ask(peer, { op: 'get-secret-value', fields, item }, signal)
  const { host } = peer.line.gateway
  const answer = parseObject(body, host, 'get-secret-value')
  const values = new Map<string, ItemValue | Refusal>()
  for (const name of names) {
    const value = pick(answer, name, alone)
    if (value !== undefined) values.set(name, asValue(value, name))
    else if (alone) values.set(name, useless(host, 'get-secret-value', `something else than item ${show(name)}`))
  }
  return values
}

export const staticReader: ItemReader = {
  lease: false,
  read: (desk, peer, ref, signal) => desk.batched(peer, ref, signal),
}

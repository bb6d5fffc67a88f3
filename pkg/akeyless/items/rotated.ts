import { Sensitive, show } from '#core'
import { goJson } from '../go-json.ts'
import type { Exact } from '../json.ts'
import { parseObject } from '../wire.ts'
import { cacheFields, type ItemReader } from './reader.ts'

const textOf = (value: Exact): string => (typeof value === 'string' ? value : goJson(value))

/**
 * The text of a rotated item (akeyless.md §3.2): payload, else target_value, else value, else the whole answer. A payload
 * that is an object is JSON here, where ESO prints Go's map[…].
 */
const rotatedText = (answer: ReadonlyMap<string, Exact>): string => {
  const value = answer.get('value')
  if (value === undefined || value === null) return goJson(answer)
  if (!(value instanceof Map)) return textOf(value)
  const payload: Exact = value.get('payload') ?? null
  if (payload !== null) return textOf(payload)
  return goJson(value.get('target_value') ?? value)
}

export const rotatedReader: ItemReader = {
  lease: false,
  async read({ ask }, peer, ref, signal) {
    const op = 'get-rotated-secret-value'
    // `names` is one string here (akeyless.md §2)
    const fields = { names: ref.path, version: ref.version, ...cacheFields(peer) }
    const body = await ask(peer, { op, fields, item: show(ref.path) }, signal)
    const answer = parseObject(body, peer.line.gateway.host, op)
    return { type: 'ROTATED_SECRET', text: Sensitive.text(rotatedText(answer)) }
  },
}

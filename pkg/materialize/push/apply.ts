import { Fault, Sensitive, show } from '#core'
import type { ByteText } from '../json/cursor.ts'
import { dropMember, hasMember, memberNames, setMembers } from '../json/edit.ts'
import type { ItemPush, PushPart } from './part.ts'

const byteText = (value: Sensitive): ByteText => value.reveal().toString('latin1')
const fromBytes = (text: ByteText): Sensitive => Sensitive.bytes(Buffer.from(text, 'latin1'))

const notJson = ({ remoteKey }: ItemPush, path: string | undefined): Fault =>
  new Fault('NotJson', `item ${show(remoteKey)} exists, and does not hold a JSON object`, {
    path,
    remedy: 'store a JSON object in it, push to another item, or name match.secretKey alone to replace its whole value',
  })

/** Tells of a part whether what it gives is there already, in any form: what updatePolicy IfNotExists leaves alone. */
export const thereIn = (existing: Sensitive | undefined): ((part: PushPart) => boolean) => {
  if (existing === undefined) return () => false
  // read once for all parts
  let names: ReadonlySet<string> | undefined
  return ({ entry }) => {
    const { property } = entry.match.remoteRef
    if (property === undefined || property === '') return true
    names ??= memberNames(byteText(existing)) ?? new Set()
    return names.has(property)
  }
}

const order = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b))

/**
 * The text that an item shall hold: what it holds, with these parts of its push in it and everything else as it was. Equal to what
 * it holds where nothing is to be sent.
 */
export const applied = (
  push: ItemPush,
  parts: readonly PushPart[],
  existing: Sensitive | undefined,
): Sensitive | Fault => {
  const [whole] = parts.flatMap(({ gives }) => (gives.is === 'value' ? [gives.value] : []))
  if (whole) return whole
  const wanted = new Map<string, ByteText>()
  for (const { gives } of parts) {
    // sorted, as ESO writes a new item; no two parts give one member
    const members = gives.is === 'members' ? [...gives.members].sort(order) : []
    for (const [name, value] of members) wanted.set(name, byteText(value))
  }
  const text = setMembers(existing === undefined ? '{}' : byteText(existing), wanted)
  if (text === undefined) return notJson(push, parts[0]?.path)
  const made = fromBytes(text)
  return existing?.equals(made) ? existing : made
}

/** What is left of an item without one property. `absent`: it does not have it, so that there is nothing to do. */
export const withoutProperty = (existing: Sensitive, property: string): Sensitive | 'empty' | 'absent' => {
  const text = byteText(existing)
  if (hasMember(text, property) !== true) return 'absent'
  const left = dropMember(text, property)
  if (left === undefined) return 'absent'
  return left.isEmpty ? 'empty' : fromBytes(left.text)
}

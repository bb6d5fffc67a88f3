import type { PushEntry, PushSecretSpec } from '#api'
import { Fault, type Sensitive, show } from '#core'
import type { Values } from '../engine.ts'
import { convertedKeys } from './keys.ts'
import type { PushPart } from './part.ts'
import { encodingOf, sendable } from './value.ts'

/** One Secret to push, after its template. */
export interface PushSource {
  readonly name: string
  readonly values: Values
}

/** The values of several keys as members of a JSON object; or everything that is wrong with them. */
export const membersOf = (values: Values, metadata: unknown, path: string): PushPart['gives'] | readonly Fault[] => {
  const encoding = encodingOf(metadata, path)
  if (encoding instanceof Fault) return [encoding]
  const members = new Map<string, Sensitive>()
  const faults: Fault[] = []
  for (const [key, value] of values) {
    const sent = sendable(value, key, encoding, path)
    if (sent instanceof Fault) faults.push(sent)
    else members.set(key, sent)
  }
  return faults.length > 0 ? faults : { is: 'members', members }
}

/** The value of one key: all that its item holds. */
export const wholeOf = (
  [key, value]: readonly [string, Sensitive],
  metadata: unknown,
  path: string,
): PushPart['gives'] | readonly Fault[] => {
  const encoding = encodingOf(metadata, path)
  const sent = encoding instanceof Fault ? encoding : sendable(value, key, encoding, path)
  return sent instanceof Fault ? [sent] : { is: 'value', value: sent }
}

const lacksKey = (name: string, key: string, path: string): Fault =>
  new Fault('SourceMissing', `Secret ${show(name)} has no key ${show(key)}`, {
    path: `${path}.match.secretKey`,
    remedy: 'add the key to the Secret, or name another one',
  })

const nothingNamed = (path: string): Fault =>
  new Fault('SpecInvalid', 'names a property, and no key of the Secret to put there', {
    path: `${path}.match.secretKey`,
    remedy: 'name the key, or leave property out to push the whole Secret as JSON',
  })

const gives = ({ name, values }: PushSource, entry: PushEntry, path: string): PushPart['gives'] | readonly Fault[] => {
  const {
    match: { secretKey, remoteRef },
    metadata,
  } = entry
  if (!remoteRef.remoteKey) {
    const remedy = 'write the path of an item'
    return [new Fault('SpecInvalid', 'is empty', { path: `${path}.match.remoteRef.remoteKey`, remedy })]
  }
  const converted = convertedKeys(values, entry.conversionStrategy, path)
  if (converted instanceof Fault) return [converted]
  // decision 26: without a key it is the whole Secret, with one that key alone
  if (!secretKey) return remoteRef.property ? [nothingNamed(path)] : membersOf(converted, metadata, path)
  const value = converted.get(secretKey) ?? values.get(secretKey)
  if (!value) return [lacksKey(name, secretKey, path)]
  if (!remoteRef.property) return wholeOf([secretKey, value], metadata, path)
  const given = wholeOf([secretKey, value], metadata, path)
  if (!('is' in given) || given.is !== 'value') return given
  return { is: 'members', members: new Map([[remoteRef.property, given.value]]) }
}

/** spec.data for one Secret: what goes where, and what cannot. */
export const dataParts = (source: PushSource, data: PushSecretSpec['data']): readonly (PushPart | Fault)[] =>
  (data ?? []).flatMap((entry, index): readonly (PushPart | Fault)[] => {
    const path = `spec.data[${index}]`
    const given = gives(source, entry, path)
    return 'is' in given ? [{ path, entry, gives: given }] : given
  })

import type { PushEntry } from '#api'
import { Fault, show } from '#core'
import type { PushPart } from './part.ts'
import type { Supply } from './supply.ts'

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

const gives = (supply: Supply, entry: PushEntry, path: string): PushPart['gives'] | readonly Fault[] => {
  const {
    match: { secretKey, remoteRef },
    metadata,
  } = entry
  if (!remoteRef.remoteKey) {
    const remedy = 'write the path of an item'
    return [new Fault('SpecInvalid', 'is empty', { path: `${path}.match.remoteRef.remoteKey`, remedy })]
  }
  const converted = supply.keys(entry.conversionStrategy, path)
  if (converted instanceof Fault) return [converted]
  // decision 26: without a key it is the whole Secret, with one that key alone
  if (!secretKey) return remoteRef.property ? [nothingNamed(path)] : supply.members(converted, metadata, path)
  const value = converted.get(secretKey) ?? supply.values.get(secretKey)
  if (!value) return [lacksKey(supply.name, secretKey, path)]
  const given = supply.whole([secretKey, value], metadata, path)
  if (!remoteRef.property || !('is' in given) || given.is !== 'value') return given
  return { is: 'members', members: new Map([[remoteRef.property, given.value]]) }
}

/** An entry of spec.data for one Secret: what goes where, or why it cannot. */
export const dataParts = (supply: Supply, entry: PushEntry, path: string): readonly (PushPart | Fault)[] => {
  const given = gives(supply, entry, path)
  return 'is' in given ? [{ path, entry, gives: given }] : given
}

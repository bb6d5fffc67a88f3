import type { DataFromEntry, ExternalSecret } from '#api'
import type { Draft, Rule } from '../findings.ts'

const entryDrafts = (entry: DataFromEntry, path: string): Draft[] => {
  const { extract, find, sourceRef } = entry
  const named = [extract && 'extract', find && 'find', sourceRef?.generatorRef && 'sourceRef.generatorRef'].filter(
    Boolean,
  )
  if (named.length > 1) return [{ path, message: `has ${named.join(' and ')}`, remedy: 'make one entry for each' }]
  if (sourceRef && !sourceRef.generatorRef && !sourceRef.storeRef) {
    return [{ path: `${path}.sourceRef`, message: 'names no source', remedy: 'give it a storeRef, or leave it out' }]
  }
  if (named.length > 0) return []
  const remedy = 'give it an extract or a find'
  // ESO takes an entry that has only a store, and reads nothing with it
  return sourceRef
    ? [{ path, message: 'names nothing to read, and so gives no keys', remedy, level: 'warn' }]
    : [{ path, message: 'names nothing to read', remedy }]
}

export const dataFrom: Rule<ExternalSecret> = {
  id: 'data-from',
  doc: 'Each entry of dataFrom names exactly one of extract, find and a generator; with a store alone, a warning.',
  warns: true,
  check: ({ spec }) => (spec.dataFrom ?? []).flatMap((entry, index) => entryDrafts(entry, `spec.dataFrom[${index}]`)),
}

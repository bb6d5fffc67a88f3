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
  return named.length === 0 ? [{ path, message: 'names nothing to read', remedy: 'give it an extract' }] : []
}

export const dataFrom: Rule<ExternalSecret> = {
  id: 'data-from',
  doc: 'Each entry of dataFrom names exactly one of extract, find and a generator.',
  check: ({ spec }) => (spec.dataFrom ?? []).flatMap((entry, index) => entryDrafts(entry, `spec.dataFrom[${index}]`)),
}

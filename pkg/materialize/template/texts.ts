import type { Template, TemplateFrom } from '#api'
import { Fault, member, type Sensitive } from '#core'
import type { DecodingStrategy } from '../decode.ts'
import { mostFaults } from './limits.ts'
import { dataOf, entryPath, lacksKey, type Sources, usesOf } from './sources.ts'

/** One text of a template, and where its result goes. */
export interface Text {
  /** Field path of the text. */
  readonly path: string
  /** As the manifest writes it. */
  readonly target: string
  readonly scope: 'Values' | 'KeysAndValues'
  /** The key that it fills; empty for KeysAndValues. */
  readonly key: string
  readonly text: string | Sensitive
  readonly decoding: { readonly strategy: DecodingStrategy; readonly path: string }
}

const root = 'spec.target.template'

const fromObjects = (entry: TemplateFrom, path: string, sources: Sources): (Text | Fault)[] =>
  usesOf(entry, path).flatMap(use => {
    if (use.items.length === 0) return []
    const data = dataOf(use, sources)
    if (data instanceof Fault) return [data]
    let lacking = 0
    return use.items.flatMap(({ key, templateAs: scope }, index): (Text | Fault)[] => {
      const text = data.get(key)
      if (text !== undefined) return [placed(entry, path, { path: `${use.path}.items[${index}]`, scope, key, text })]
      lacking += 1
      // each fault has a stack: those of a list as long as a manifest may be would take 0.3 s
      return lacking > mostFaults ? [] : [lacksKey(use, key, index)]
    })
  })

const placed = (
  { target, valuesDecodingStrategy: strategy = 'None' }: TemplateFrom,
  path: string,
  { scope, key, ...text }: Pick<Text, 'path' | 'scope' | 'key' | 'text'>,
): Text => ({
  ...text,
  scope,
  key: scope === 'Values' ? key : '',
  target,
  decoding: { strategy, path: `${path}.valuesDecodingStrategy` },
})

const fromEntry = (entry: TemplateFrom, index: number, sources: Sources): (Text | Fault)[] => {
  const path = entryPath(index)
  const texts = fromObjects(entry, path, sources)
  if (entry.literal === undefined) return texts
  const literal = { path: `${path}.literal`, scope: 'KeysAndValues', key: '', text: entry.literal } as const
  return [...texts, placed(entry, path, literal)]
}

const fromMap = (target: string, path: string, map: Readonly<Record<string, string>> | undefined): Text[] =>
  Object.entries(map ?? {}).map(([key, text]) => ({
    path: member(path, key),
    target,
    scope: 'Values',
    key,
    text,
    decoding: { strategy: 'None', path },
  }))

/**
 * All texts of a template, lowest precedence first: templateFrom in list order, within an entry configMap, secret, literal; then
 * data, then metadata (compatibility.md §3, precedence). What its sources lack stands among them as faults.
 */
export const textsOf = (template: Template, sources: Sources): readonly (Text | Fault)[] => [
  ...(template.templateFrom ?? []).flatMap((entry, index) => fromEntry(entry, index, sources)),
  ...fromMap('Data', `${root}.data`, template.data),
  ...fromMap('Labels', `${root}.metadata.labels`, template.metadata?.labels),
  ...fromMap('Annotations', `${root}.metadata.annotations`, template.metadata?.annotations),
]

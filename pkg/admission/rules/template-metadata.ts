import type { ExternalSecret } from '#api'
import { member, show } from '#core'
import { hasActions, isLabelValue, isQualifiedName } from '#materialize'
import type { Draft, Rule } from '../findings.ts'

type Texts = Readonly<Record<string, string>> | undefined

const qualified = 'use letters, digits, - _ . with an optional domain and / in front'

// the API server lowers them before it looks
const isAnnotationKey = (key: string): boolean => isQualifiedName(key.toLowerCase())

// keys are not rendered: one with an action is as wrong as any other
const keys = (path: string, map: Texts, isKey: (key: string) => boolean): Draft[] =>
  Object.keys(map ?? {})
    .filter(key => !isKey(key))
    .map(key => ({ path: member(path, key), message: `${show(key)} cannot be such a key`, remedy: qualified }))

const values = (path: string, map: Texts, isJudged: (text: string) => boolean): Draft[] =>
  Object.entries(map ?? {})
    .filter(([, text]) => isJudged(text) && !isLabelValue(text))
    .map(([key]) => ({
      path: member(path, key),
      message: 'is not a valid label value',
      remedy: 'use up to 63 letters, digits, - _ . with a letter or digit at both ends',
    }))

/** What Kubernetes would refuse of labels; of a value only where it is judged. */
export const labelDrafts = (path: string, labels: Texts, isJudged: (text: string) => boolean = () => true): Draft[] => [
  ...keys(path, labels, isQualifiedName),
  ...values(path, labels, isJudged),
]

/** The same of labels and annotations. */
export const metadataDrafts = (
  path: string,
  { labels, annotations }: { readonly labels?: Texts; readonly annotations?: Texts },
  isJudged?: (text: string) => boolean,
): Draft[] => [
  ...labelDrafts(`${path}.labels`, labels, isJudged),
  ...keys(`${path}.annotations`, annotations, isAnnotationKey),
]

const finalizerDrafts = (path: string, names: readonly string[] = []): Draft[] =>
  names.flatMap((name, index): Draft[] => {
    const at = `${path}[${index}]`
    if (hasActions(name)) {
      return [{ path: at, message: 'finalizers are not rendered', remedy: 'write plain text without {{' }]
    }
    return isQualifiedName(name) ? [] : [{ path: at, message: `${show(name)} is no finalizer`, remedy: qualified }]
  })

export const templateMetadata: Rule<ExternalSecret> = {
  id: 'template-metadata',
  doc: 'Labels, annotations and finalizers of the template are such as Kubernetes accepts; only their values may be templates.',
  check: ({ spec: { target } }) => {
    const path = 'spec.target.template.metadata'
    // it is never written, and policies says so
    if (target.creationPolicy === 'None') return []
    const metadata = target.template?.metadata ?? {}
    return [
      // a text with an action is judged by what it becomes
      ...metadataDrafts(path, metadata, text => !hasActions(text)),
      // a manifest target takes none
      ...(target.manifest ? [] : finalizerDrafts(`${path}.finalizers`, metadata.finalizers)),
    ]
  },
}

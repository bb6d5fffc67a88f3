import type { ExternalSecret } from '#api'
import { member, show } from '#core'
import { hasActions, isLabelValue, isQualifiedName } from '#materialize'
import type { Draft, Rule } from '../findings.ts'

type Texts = Readonly<Record<string, string>> | undefined

const qualified = 'use letters, digits, - _ . with an optional domain and / in front'

// keys are not rendered: one with an action is as wrong as any other
const keys = (path: string, map: Texts, isKey: (key: string) => boolean): Draft[] =>
  Object.keys(map ?? {})
    .filter(key => !isKey(key))
    .map(key => ({ path: member(path, key), message: `${show(key)} cannot be such a key`, remedy: qualified }))

const values = (path: string, map: Texts): Draft[] =>
  Object.entries(map ?? {})
    // a text with an action is judged by what it becomes
    .filter(([, text]) => !hasActions(text) && !isLabelValue(text))
    .map(([key]) => ({
      path: member(path, key),
      message: 'is not a valid label value',
      remedy: 'use up to 63 letters, digits, - _ . with a letter or digit at both ends',
    }))

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
    const { labels, annotations, finalizers } = target.template?.metadata ?? {}
    return [
      ...keys(`${path}.labels`, labels, isQualifiedName),
      ...values(`${path}.labels`, labels),
      // the API server lowers them before it looks
      ...keys(`${path}.annotations`, annotations, key => isQualifiedName(key.toLowerCase())),
      // a manifest target takes none
      ...(target.manifest ? [] : finalizerDrafts(`${path}.finalizers`, finalizers)),
    ]
  },
}

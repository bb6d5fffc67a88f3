import type { ExternalSecret } from '#api'
import { member, show } from '#core'
import type { Draft, Rule } from '../findings.ts'

const name = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const prefix = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

// A text with an action is judged by what it becomes.
const isTemplate = (text: string): boolean => text.includes('{{')

const isQualified = (key: string): boolean => {
  const [first = '', second, ...more] = key.split('/')
  if (more.length > 0) return false
  return second === undefined ? name.test(first) : first.length <= 253 && prefix.test(first) && name.test(second)
}

const keys = (path: string, map: Readonly<Record<string, string>> | undefined): Draft[] =>
  Object.keys(map ?? {})
    .filter(key => !isTemplate(key) && !isQualified(key))
    .map(key => ({
      path: member(path, key),
      message: `${show(key)} cannot be such a key`,
      remedy: 'use letters, digits, - _ . with an optional domain and / in front',
    }))

const values = (path: string, map: Readonly<Record<string, string>> | undefined): Draft[] =>
  Object.entries(map ?? {})
    .filter(([, text]) => text !== '' && !isTemplate(text) && !name.test(text))
    .map(([key]) => ({
      path: member(path, key),
      message: 'is not a valid label value',
      remedy: 'use up to 63 letters, digits, - _ . with a letter or digit at both ends',
    }))

export const templateMetadata: Rule<ExternalSecret> = {
  id: 'template-metadata',
  doc: 'Labels and annotations of the template are such as Kubernetes accepts.',
  check: ({ spec }) => {
    const path = 'spec.target.template.metadata'
    const { labels, annotations } = spec.target.template?.metadata ?? {}
    return [
      ...keys(`${path}.labels`, labels),
      ...values(`${path}.labels`, labels),
      ...keys(`${path}.annotations`, annotations),
    ]
  },
}

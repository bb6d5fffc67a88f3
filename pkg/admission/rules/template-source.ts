import type { ExternalSecret, Template, TemplateFrom } from '#api'
import { mostSources, templateSources } from '#materialize'
import type { Draft, Rule } from '../findings.ts'

const entryDrafts = ({ configMap, secret, literal }: TemplateFrom, path: string): Draft[] => {
  const idle = (field: string, message: string, remedy: string): Draft => ({
    path: `${path}${field}`,
    message,
    remedy,
    level: 'warn',
  })
  if (!configMap && !secret && literal === undefined) {
    return [idle('', 'names no template, and so gives nothing', 'give it a configMap, a secret or a literal')]
  }
  const listed = [
    { field: 'configMap', items: configMap?.items },
    { field: 'secret', items: secret?.items },
  ].filter(({ items }) => items?.length === 0)
  return [
    ...listed.map(({ field }) =>
      idle(`.${field}.items`, 'lists no keys, and so gives nothing', 'name the keys that hold templates'),
    ),
    ...(literal === '' ? [idle('.literal', 'is empty, and so gives nothing', 'fill it in, or leave it out')] : []),
  ]
}

/** Templates for the metadata alone take the place of the fetched values all the same. */
const lostData = ({ mergePolicy, data, templateFrom = [] }: Template): Draft[] => {
  const isMetadata = ({ target }: TemplateFrom) => ['labels', 'annotations'].includes(target.toLowerCase())
  if (mergePolicy === 'Merge' || Object.keys(data ?? {}).length > 0) return []
  if (templateFrom.length === 0 || !templateFrom.every(isMetadata)) return []
  const message = 'fills labels and annotations alone, and yet the fetched values are left out of the Secret'
  const remedy = 'write template.mergePolicy: Merge to have them in it'
  return [{ path: 'spec.target.template.templateFrom', message, remedy, level: 'warn' }]
}

const tooMany = (template: Template): Draft[] => {
  const { length } = templateSources(template)
  if (length <= mostSources) return []
  const message = `names ${length} ConfigMaps and Secrets, ${mostSources} are allowed`
  return [
    {
      path: 'spec.target.template.templateFrom',
      message,
      remedy: 'take fewer, or split it into several objects',
    },
  ]
}

export const templateSource: Rule<ExternalSecret> = {
  id: 'template-source',
  doc: `Each entry of templateFrom has a template, and some of them make data; otherwise a warning, as ESO accepts it. They name at most ${mostSources} objects.`,
  warns: true,
  check: ({ spec: { target } }) => {
    const { template, manifest, creationPolicy } = target
    if (!template || creationPolicy === 'None') return []
    const path = 'spec.target.template.templateFrom'
    const drafts = (template.templateFrom ?? []).flatMap((entry, index) => entryDrafts(entry, `${path}[${index}]`))
    return [...tooMany(template), ...drafts, ...(manifest ? [] : lostData(template))]
  },
}

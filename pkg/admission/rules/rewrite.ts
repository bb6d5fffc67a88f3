import type { DataFromEntry, ExternalSecret, Rewrite } from '#api'
import type { Draft, Rule } from '../findings.ts'

type Merge = NonNullable<Rewrite['merge']>

// it makes keys, of at most 253 characters each, and is rendered anew for each of them
const longestTransform = 16 * 1024

const mergeDrafts = ({ strategy, into, priority = [] }: Merge, path: string): Draft[] => {
  const drafts: Draft[] = []
  if (strategy === 'JSON' && into === '') {
    const remedy = 'name the key that takes the merged object, or write strategy: Extract'
    drafts.push({ path: `${path}.into`, message: 'strategy JSON needs into', remedy })
  }
  if (strategy === 'Extract' && into !== '') {
    const message = 'has no effect with strategy Extract: the properties become keys'
    drafts.push({ path: `${path}.into`, message, remedy: 'leave it out, or write strategy: JSON', level: 'warn' })
  }
  priority.forEach((key, index) => {
    if (key !== '') return
    const message = 'is empty, and an item hardly has such a key'
    drafts.push({ path: `${path}.priority[${index}]`, message, remedy: 'name a key, or remove it', level: 'warn' })
  })
  return drafts
}

const stepDrafts = (step: Rewrite, path: string): Draft[] => {
  const { regexp, transform, merge } = step
  const named = [regexp && 'regexp', transform && 'transform', merge && 'merge'].filter(Boolean)
  if (named.length === 0) {
    return [{ path, message: 'names no way to rename', remedy: 'give it a regexp, a transform or a merge' }]
  }
  if (named.length > 1) {
    return [{ path, message: `has ${named.join(' and ')}`, remedy: 'make one step for each' }]
  }
  if (merge) return mergeDrafts(merge, `${path}.merge`)
  if ((transform?.template.length ?? 0) <= longestTransform) return []
  const message = 'has more than 16 KiB, and is rendered for each key'
  return [{ path: `${path}.transform.template`, message, remedy: 'shorten it', level: 'warn' }]
}

const entryDrafts = ({ extract, find, sourceRef, rewrite = [] }: DataFromEntry, path: string): Draft[] => {
  const drafts = rewrite.flatMap((step, index) => stepDrafts(step, `${path}[${index}]`))
  if (rewrite.length === 0 || extract || find || sourceRef?.generatorRef) return drafts
  const message = 'has nothing to rename: the entry has neither extract nor find'
  return [...drafts, { path, message, remedy: 'move it to the entry that reads the keys', level: 'warn' }]
}

export const rewrite: Rule<ExternalSecret> = {
  id: 'rewrite',
  doc: 'Each step of rewrite is one of regexp, transform and merge; merge with strategy JSON says into which key.',
  warns: true,
  check: ({ spec }) =>
    (spec.dataFrom ?? []).flatMap((entry, index) => entryDrafts(entry, `spec.dataFrom[${index}].rewrite`)),
}

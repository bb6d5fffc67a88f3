import type { PushSecret, PushStoreRef, PushTo } from '#api'
import { show } from '#core'
import type { Draft, Rule } from '../findings.ts'
import { storeRefDrafts } from './push-stores.ts'
import { groupDrafts } from './regexp-group.ts'

type Step = NonNullable<PushTo['rewrite']>[number]

const stepDrafts = (path: string, { regexp, transform }: Step): Draft[] => {
  if (regexp && transform) return [{ path, message: 'has regexp and transform', remedy: 'make one step for each' }]
  if (regexp) return groupDrafts(`${path}.regexp.target`, regexp)
  return transform ? [] : [{ path, message: 'names no way to rename', remedy: 'give it a regexp or a transform' }]
}

const storeDrafts = (path: string, ref: PushStoreRef, known: ReadonlySet<string>): Draft[] => {
  const wrong = storeRefDrafts(path, ref)
  if (!ref.name || ref.labelSelector || known.has(`${ref.kind}/${ref.name}`)) return wrong
  const message = `${ref.kind} ${show(ref.name)} is none of spec.secretStoreRefs`
  return [...wrong, { path: `${path}.name`, message, remedy: 'add it there, or name one of them' }]
}

const entryDrafts = (path: string, { storeRef, remoteKey, rewrite = [] }: PushTo, known: ReadonlySet<string>) => {
  const drafts: Draft[] = storeRef
    ? storeDrafts(`${path}.storeRef`, storeRef, known)
    : [{ path: `${path}.storeRef`, message: 'is missing', remedy: 'name one of the stores of secretStoreRefs' }]
  if (remoteKey && rewrite.length > 0) {
    const message = 'has no key to rename: with remoteKey all of them go into one item'
    drafts.push({ path: `${path}.rewrite`, message, remedy: 'remove it, or remoteKey' })
  }
  return [...drafts, ...rewrite.flatMap((step, index) => stepDrafts(`${path}.rewrite[${index}]`, step))]
}

export const pushTo: Rule<PushSecret> = {
  id: 'push-to',
  doc: 'Each entry of dataTo names a store of secretStoreRefs; it has remoteKey or steps to rename, each a regexp or a transform.',
  warns: true,
  check: ({ spec }) => {
    const known = new Set(spec.secretStoreRefs.map(({ kind, name }) => `${kind}/${name}`))
    return (spec.dataTo ?? []).flatMap((entry, index) => entryDrafts(`spec.dataTo[${index}]`, entry, known))
  },
}

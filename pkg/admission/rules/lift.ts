import type { Draft, Rule } from '../findings.ts'

/** An object that is part of another one, or would be made of it. */
export interface Part<Whole, Inner> {
  readonly of: (whole: Whole) => Inner
  /** Where a field of the part stands in the whole. */
  readonly at: (path: string) => string
}

/** Moves a spec, and the metadata beside it, to other fields. */
export const moved =
  ({ spec, metadata }: { readonly spec: string; readonly metadata: string }) =>
  (path: string): string =>
    path.startsWith('metadata') ? path.replace(/^metadata\b/, metadata) : path.replace(/^spec\b/, spec)

// what stands in quotes is somebody's name, whatever it looks like
const mention = /"(?:\\.|[^"\\])*"|\b(?:spec|metadata)\.[\w.[\]]+/g

const retold = (text: string, at: (path: string) => string): string =>
  text.replaceAll(mention, found => (found.startsWith('"') ? found : at(found)))

const moveDraft = (draft: Draft, at: (path: string) => string): Draft => ({
  ...draft,
  path: at(draft.path),
  message: retold(draft.message, at),
  remedy: draft.remedy === undefined ? undefined : retold(draft.remedy, at),
})

/** A rule about a part, as one about the whole: what it says is the same, and each field is named by where it stands. */
export const lift =
  <Whole, Inner>({ of, at }: Part<Whole, Inner>) =>
  (rule: Rule<Inner>): Rule<Whole> => ({
    ...rule,
    check: (whole, context) => rule.check(of(whole), context).map(draft => moveDraft(draft, at)),
  })

import { judge } from '#admission'
import { Fault } from '#core'
import type { Deps } from '../ports.ts'
import { draft, type Fan } from './draft.ts'

/** The rules of one kind; a kind that has none denies nothing. */
const denialsOf = (object: unknown, { objects, policy }: Deps) =>
  judge(object, undefined, { genericTargets: objects !== undefined, policy }).denials.filter(
    ({ path }) => path !== 'kind',
  )

/** Where a field of the child stands in its maker. */
const inMaker = (path: string, { traits }: Fan): string =>
  path === 'spec' || /^spec[.[]/.test(path) ? `spec.${traits.specField}${path.slice('spec'.length)}` : path

/**
 * The same rules as at admission, for the object and for what would be made of it, so that nothing acts that got past the webhook
 * (decision 29). What they deny is made in no namespace, and what is there stays as it is.
 */
export const refusalsOf = (fan: Fan, deps: Deps): readonly Fault[] => {
  if (fan.object.unreadable) {
    const remedy = 'apply it again: the answer names the field'
    return [new Fault('SpecInvalid', `cannot be read as a ${fan.object.kind}`, { path: 'spec', remedy })]
  }
  const own = denialsOf(fan.object, deps)
  const childs = denialsOf(draft(fan, 'default'), deps).map(found => ({ ...found, path: inMaker(found.path, fan) }))
  const faults = [...own, ...childs].map(
    ({ path, message, remedy }) => new Fault('SpecInvalid', message, { path, remedy }),
  )
  const said = new Set<string>()
  return faults.filter(fault => !said.has(fault.line()) && said.add(fault.line()))
}

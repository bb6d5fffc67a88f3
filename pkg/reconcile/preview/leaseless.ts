import { type Identity, type Leasable, refKey } from '#api'
import { Fault } from '#core'
import type { Items, TemplateEngine } from '#materialize'
import type { ItemSource } from '../ports.ts'
import type { ItemInspector } from './ports.ts'

/** The token of a universal identity is rotated by use, and nothing changes at admission: so it is not used. */
export const changesWithUse = ({ login }: Identity): boolean => login.type === 'universal_identity'

const mark = Symbol('not read')

/** Stands where a value would, for items that are not read at admission; nobody is told of it. */
const unread = new Fault('Unexpected', 'is not read at admission', { cause: mark })

const unasked = 'is not looked up at admission'

export const isUnread = ({ cause, message }: Fault): boolean => cause === mark || message === unasked

/**
 * The engine without gjson's patterns: they compare values, and an answer that hangs on a comparison tells the value bit by bit to
 * who got hold of the path token (docs/adr/0009). Plain paths never come here, and tell names alone.
 */
export const withoutPatterns = ({ renderEach }: TemplateEngine): Pick<TemplateEngine, 'get' | 'renderEach'> => ({
  renderEach,
  get: async questions => ({
    problems: questions.map((_, index) => ({ index, blame: 'engine', message: unasked, remedy: undefined })),
  }),
})

/** A source that leases nothing and reads only what is named: what a search finds is known by its name then. */
export const leaseless = (
  source: ItemInspector,
  named: ReadonlySet<string>,
  leased: Map<string, Leasable>,
): Pick<ItemSource, 'read' | 'list'> => ({
  list: source.list,
  read: async (identity, refs, options, signal) => {
    const wanted = refs.filter(ref => named.has(refKey(ref)))
    const seen = wanted.length === 0 ? undefined : await source.inspect(identity, wanted, options, signal)
    const values = refs.map(ref => {
      const found = seen?.get(refKey(ref))
      if (found instanceof Fault || (found && 'text' in found)) return [refKey(ref), found] as const
      if (found) leased.set(ref.path, found)
      return [refKey(ref), unread] as const
    })
    return new Map(values)
  },
})

/** For a store that gave nothing: its refs count as unread. */
export const nothingRead = (refs: Parameters<ItemSource['read']>[1]): Items =>
  new Map(refs.map(ref => [refKey(ref), unread]))

import type { PushEntry, PushTo } from '#api'
import { Fault } from '#core'
import type { TemplateEngine, Values } from '../engine.ts'
import { compileExpression } from '../expression.ts'
import { rewrite } from '../rewrite/rewrite.ts'
import type { Work } from '../rewrite/work.ts'
import { membersOf, type PushSource, wholeOf } from './entries.ts'
import { convertedKeys } from './keys.ts'
import type { PushPart } from './part.ts'

/** What renaming asks for and may cost, for all of one PushSecret. */
export interface Renaming {
  readonly engine: Pick<TemplateEngine, 'renderEach'>
  readonly work: Work
}

type Parts = readonly (PushPart | Fault)[]

const matching = (values: Values, source: string | undefined, path: string, { work }: Renaming): Values | Fault => {
  if (!source) return values
  const at = `${path}.match.regexp`
  const expression = compileExpression(source)
  if ('message' in expression) {
    return new Fault('SpecInvalid', expression.message, { path: at, remedy: expression.remedy })
  }
  const found = new Map(values)
  for (const key of values.keys()) {
    if (!work.search(expression.programSize(), key.length)) {
      return new Fault('SecretTooLarge', 'the expressions are too much work for these keys', {
        path: at,
        remedy: 'write a simpler expression, or begin it with ^',
      })
    }
    if (!expression.matcher(key).find()) found.delete(key)
  }
  return found
}

const entryOf = ({ metadata, conversionStrategy }: PushTo, remoteKey: string, secretKey?: string): PushEntry => ({
  match: { ...(secretKey === undefined ? {} : { secretKey }), remoteRef: { remoteKey } },
  ...(metadata === undefined ? {} : { metadata }),
  conversionStrategy,
})

const bundled = (to: PushTo, remoteKey: string, values: Values, path: string): Parts => {
  if (values.size === 0) return []
  const given = membersOf(values, to.metadata, path)
  return 'is' in given ? [{ path, entry: entryOf(to, remoteKey), gives: given }] : given
}

/** A key each, to the item that bears its name after the rewrite. */
const apart = async (to: PushTo, values: Values, path: string, renaming: Renaming): Promise<Parts> => {
  const renamed = await rewrite(to.rewrite ?? [], values, `${path}.rewrite`, renaming.engine, renaming.work)
  if (Array.isArray(renamed)) return renamed
  // a rewrite keeps the order, and two keys that become one are a fault
  const names = [...renamed.keys()]
  return [...values].flatMap(([key, value], index): Parts => {
    const given = wholeOf([key, value], to.metadata, path)
    return 'is' in given ? [{ path, entry: entryOf(to, names[index] ?? key, key), gives: given }] : given
  })
}

/** One entry of spec.dataTo for one Secret. `taken`: keys that spec.data names, which wins (compatibility.md §5). */
export const dataToParts = async (
  { values }: PushSource,
  { to, path }: { readonly to: PushTo; readonly path: string },
  taken: ReadonlySet<string>,
  renaming: Renaming,
): Promise<Parts> => {
  const converted = convertedKeys(values, to.conversionStrategy, path)
  if (converted instanceof Fault) return [converted]
  const found = matching(converted, to.match?.regexp, path, renaming)
  if (found instanceof Fault) return [found]
  if (to.remoteKey) return bundled(to, to.remoteKey, found, path)
  const free = new Map([...found].filter(([key]) => !taken.has(key)))
  return apart(to, free, path, renaming)
}

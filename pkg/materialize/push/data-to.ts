import type { RE2JS } from 're2js'
import type { PushEntry, PushTo } from '#api'
import { Fault, type Sensitive } from '#core'
import type { TemplateEngine, Values } from '../engine.ts'
import { compileExpression, type ExpressionProblem } from '../expression.ts'
import { rewrite } from '../rewrite/rewrite.ts'
import type { Work } from '../rewrite/work.ts'
import { convertedKey } from './keys.ts'
import type { PushPart } from './part.ts'
import type { Room } from './room.ts'
import type { Supply } from './supply.ts'

/** What renaming asks for and may cost, for all of one PushSecret. */
export interface Renaming {
  readonly engine: Pick<TemplateEngine, 'renderEach'>
  readonly work: Work
  readonly room: Room
  /** Compiled once for all Secrets. */
  readonly expressions: Map<string, RE2JS | ExpressionProblem>
}

/** An entry of spec.dataTo, and how many stores it is for. */
interface Site {
  readonly to: PushTo
  readonly path: string
  readonly stores: number
}

type Parts = readonly (PushPart | Fault)[]

// a step is compiled again for each Secret, which takes as long as some keys do
const stepWeight = 10

const compiled = (source: string, { expressions }: Renaming): RE2JS | ExpressionProblem => {
  const made = expressions.get(source) ?? compileExpression(source)
  expressions.set(source, made)
  return made
}

const matching = (values: Values, source: string | undefined, path: string, renaming: Renaming): Values | Fault => {
  if (!source) return values
  const at = `${path}.match.regexp`
  const expression = compiled(source, renaming)
  if ('message' in expression) {
    return new Fault('SpecInvalid', expression.message, { path: at, remedy: expression.remedy })
  }
  const found = new Map<string, Sensitive>()
  for (const [key, value] of values) {
    if (!renaming.work.search(expression.programSize(), key.length)) {
      return new Fault('SecretTooLarge', 'the expressions are too much work for these keys', {
        path: at,
        remedy: 'write a simpler expression, or begin it with ^',
      })
    }
    if (expression.matcher(key).find()) found.set(key, value)
  }
  return found
}

const entryOf = ({ metadata, conversionStrategy }: PushTo, remoteKey: string, secretKey?: string): PushEntry => ({
  match: { ...(secretKey === undefined ? {} : { secretKey }), remoteRef: { remoteKey } },
  ...(metadata === undefined ? {} : { metadata }),
  conversionStrategy,
})

const bundled = (supply: Supply, { to, path }: Site, remoteKey: string, values: Values): Parts => {
  if (values.size === 0) return []
  const given = supply.members(values, to.metadata, path)
  return 'is' in given ? [{ path, entry: entryOf(to, remoteKey), gives: given }] : given
}

/** A key each, to the item that bears its name after the rewrite. */
const apart = async (supply: Supply, { to, path }: Site, values: Values, renaming: Renaming): Promise<Parts> => {
  const renamed = await rewrite(to.rewrite ?? [], values, `${path}.rewrite`, renaming.engine, renaming.work)
  if (Array.isArray(renamed)) return renamed
  // a rewrite keeps the order, and two keys that become one are a fault
  const names = [...renamed.keys()]
  const originals = supply.originals(to.conversionStrategy)
  return [...values].flatMap(([key, value], index): Parts => {
    const given = supply.whole([key, value], to.metadata, path)
    if (!('is' in given)) return given
    // the status keeps the key of the Secret, as ESO
    return [{ path, entry: entryOf(to, names[index] ?? key, originals.get(key) ?? key), gives: given }]
  })
}

/** One entry of spec.dataTo for one Secret. `taken`: keys that spec.data names, which wins (compatibility.md §5). */
export const dataToParts = async (
  supply: Supply,
  site: Site,
  taken: ReadonlySet<string>,
  renaming: Renaming,
): Promise<Parts> => {
  const { to, path, stores } = site
  const { room } = renaming
  if (!room.members(1 + stepWeight * (to.rewrite?.length ?? 0))) return []
  const converted = supply.keys(to.conversionStrategy, path)
  if (converted instanceof Fault) return [converted]
  const found = matching(converted, to.match?.regexp, path, renaming)
  if (found instanceof Fault) return [found]
  if (to.remoteKey) return bundled(supply, site, to.remoteKey, found)
  const named = new Set([...taken].map(key => convertedKey(key, to.conversionStrategy)))
  const free = [...found].filter(([key]) => !taken.has(key) && !named.has(key))
  return room.items(free.length * stores) ? apart(supply, site, new Map(free), renaming) : []
}

import type { Find, RemoteRef } from '#api'
import { Fault, type Sensitive, show } from '#core'
import { convertKey, keyProblem } from './keys.ts'
import { toValue } from './value.ts'

type Values = ReadonlyMap<string, Sensitive>

/** Names and values that one entry of dataFrom gives, before they are keys of a Secret. */
export interface Given {
  /** Field path of the extract or find. */
  readonly path: string
  /** Field path of what gives the names. */
  readonly namesAt: string
  /** What the names come from, as `item "/db"` or `the found items`. */
  readonly source: string
  readonly wishes: Pick<RemoteRef & Find, 'conversionStrategy' | 'decodingStrategy' | 'nullBytePolicy'>
  /** Keys given to certain names, whatever the strategy. */
  readonly renamed: ReadonlyMap<string, string> | undefined
  /** After a rewrite, names are keys already (compatibility.md §2.3). */
  readonly rewritten: boolean
  readonly values: Values
}

/** Two names that become one key would hide each other: both are named. */
const collision = ({ path, source }: Given, [first, second]: readonly [string, string], key: string): Fault =>
  new Fault('KeyCollision', `${show(first)} and ${show(second)} of ${source} both become the key ${show(key)}`, {
    path: `${path}.conversionStrategy`,
    remedy: 'rename one of them in the item, or write conversionStrategy: Unicode',
  })

const badKey = ({ path, namesAt, source, rewritten }: Given, key: string, problem: string): Fault =>
  new Fault('KeyInvalid', `${rewritten ? 'rewrite' : source} gives the key ${show(key)}, which ${problem}`, {
    path: rewritten ? path.replace(/\.\w+$/, '.rewrite') : namesAt,
    remedy: rewritten ? 'correct the rewrite' : 'rename it by a rewrite, or take it with data under another secretKey',
  })

// more help nobody
const mostFaults = 100

const keyOf = ({ renamed, rewritten, wishes }: Given, name: string): string =>
  renamed?.get(name) ?? (rewritten ? name : convertKey(name, wishes.conversionStrategy))

const valueFor = (given: Given, { name, key, earlier }: { name: string; key: string; earlier: string | undefined }) => {
  if (earlier !== undefined) return collision(given, [earlier, name], key)
  const problem = keyProblem(key)
  if (problem !== undefined) return badKey(given, key, problem.what)
  const value = given.values.get(name)
  return value && toValue(value, given, `the value of ${show(name)} in ${given.source}`)
}

/**
 * Names made into keys, values decoded and checked (compatibility.md §2.3); or what is wrong, up to a hundred faults. A member
 * without a name is dropped, as in ESO.
 */
export const keysOf = (given: Given): Map<string, Sensitive> | Fault[] => {
  const sources = new Map<string, string>()
  const data = new Map<string, Sensitive>()
  const faults: Fault[] = []
  for (const name of given.values.keys()) {
    const key = keyOf(given, name)
    if (key === '') continue
    const value = valueFor(given, { name, key, earlier: sources.get(key) })
    sources.set(key, name)
    if (value instanceof Fault) {
      if (faults.push(value) === mostFaults) break
    } else if (value) data.set(key, value)
  }
  return faults.length > 0 ? faults : data
}

import type { Rewrite } from '#api'
import { Fault, Sensitive, show } from '#core'
import type { Values } from '../engine.ts'
import { type ByteText, toByteText } from '../json/cursor.ts'
import { isJson, type Members, members, unquoteStrictly } from '../json/members.ts'
import { repaired } from '../repaired.ts'
import { plainNumber } from './number.ts'
import { isDeeper, printed, printedObject } from './printed.ts'
import { mostFaults } from './work.ts'

type Merge = NonNullable<Rewrite['merge']>

/** Far deeper than configuration is; Go stops at 10,000. */
const deepest = 1_000

const sensitive = (text: ByteText): Sensitive => Sensitive.bytes(Buffer.from(text, 'latin1'))

const missing = (key: string, index: number, data: Values, path: string): Fault => {
  const known = [...data.keys()].sort().slice(0, 12).map(show).join(', ')
  return new Fault('PropertyNotFound', `there is no key ${show(key)} to merge`, {
    path: `${path}.priority[${index}]`,
    remedy: `write priorityPolicy: IgnoreNotFound, or name one that is there${known && `: ${known}`}`,
  })
}

/** Of a key that priority names twice the last place counts, unless its members are to be told as conflicts with themselves. */
const lastPlaces = ({ priority = [], conflictPolicy }: Merge): readonly string[] =>
  conflictPolicy === 'Error' ? priority : [...new Set(priority.toReversed())].toReversed()

/** Keys in the order of their bytes, those with priority last, so that they win. */
const inOrder = (spec: Merge, data: Values): readonly string[] => {
  const last = new Set(spec.priority)
  const first = [...data.keys()].filter(key => !last.has(key)).map(key => ({ key, bytes: toByteText(key) }))
  first.sort((a, b) => (a.bytes < b.bytes ? -1 : 1))
  return [...first.map(({ key }) => key), ...lastPlaces(spec).filter(key => data.has(key))]
}

const unmet = ({ priority = [], priorityPolicy }: Merge, data: Values, path: string): Fault[] => {
  if (priorityPolicy === 'IgnoreNotFound') return []
  const absent = [...priority.entries()].filter(([, key]) => !data.has(key)).slice(0, mostFaults)
  return absent.map(([index, key]) => missing(key, index, data, path))
}

const notAnObject = (key: string, what: string, path: string): Fault =>
  new Fault('NotJson', `${show(key)} holds ${what}`, {
    path,
    remedy: 'store a JSON object in the item, or read it in a dataFrom entry without merge',
  })

const objectAt = (key: string, value: Sensitive | undefined, path: string): Members | Fault => {
  const text = repaired(value?.reveal().toString('latin1') ?? '')
  const found = members(text)
  if (!found) return notAnObject(key, isJson(text) ? 'JSON that is not an object' : 'plain text', path)
  return isDeeper(text, deepest) ? notAnObject(key, `JSON that is nested deeper than ${deepest} levels`, path) : found
}

const conflict = (name: string, [first, second]: readonly [string, string], path: string): Fault =>
  new Fault('KeyCollision', `${show(name)} is in ${show(first)} and in ${show(second)}`, {
    path: `${path}.conflictPolicy`,
    remedy: 'rename one of them, or write Ignore and name the key that wins in priority',
  })

/** All members, of those with one name the last; or what is wrong. */
const merged = (spec: Merge, data: Values, path: string): Members | Fault[] => {
  const all = new Map<string, ByteText>()
  const origins = new Map<string, string>()
  const faults: Fault[] = []
  const add = (name: string, raw: ByteText, key: string) => {
    const earlier = origins.get(name)
    if (earlier !== undefined && spec.conflictPolicy === 'Error') faults.push(conflict(name, [earlier, key], path))
    origins.set(name, key)
    all.set(name, raw)
  }
  // each value is read once, however often priority names it
  const read = new Map<string, Members | Fault>()
  for (const key of inOrder(spec, data)) {
    const found = read.get(key) ?? objectAt(key, data.get(key), path)
    read.set(key, found)
    if (found instanceof Fault) faults.push(found)
    else for (const [name, raw] of found) if (faults.length < mostFaults) add(name, raw, key)
    if (faults.length >= mostFaults) break
  }
  return faults.length > 0 ? faults : all
}

/** compatibility.md §2.3, row value→bytes. */
const valueText = (raw: ByteText): ByteText => {
  if (raw.startsWith('"')) return toByteText(unquoteStrictly(raw))
  if (/^[{[]/.test(raw)) return printed(raw, 'html')
  if (/^[-\d]/.test(raw)) return plainNumber(raw)
  return raw === 'null' ? '' : raw
}

/**
 * The members of all values, each of which must be a JSON object, as keys (Extract) or as one JSON object beside the keys that
 * were there (JSON). `path` is that of the merge. Equal to ESO but for numbers that a float64 would cut: see number.ts.
 */
export const merge = (spec: Merge, data: Values, path: string): Values | Fault[] => {
  if (spec.strategy === 'JSON' && spec.into === '') {
    const remedy = 'name the key that takes the merged object, or write strategy: Extract'
    return [new Fault('SpecInvalid', 'strategy JSON needs into', { path: `${path}.into`, remedy })]
  }
  const absent = unmet(spec, data, path)
  if (absent.length > 0) return absent
  const all = merged(spec, data, path)
  if (Array.isArray(all)) return all
  if (spec.strategy === 'JSON') return new Map([...data, [spec.into, sensitive(printedObject(all, 'plain'))]])
  return new Map([...all].map(([name, raw]) => [name, sensitive(valueText(raw))]))
}

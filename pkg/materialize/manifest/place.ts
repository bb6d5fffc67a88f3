import type { Template } from '#api'
import { Fault, never, type Sensitive, show } from '#core'
import type { TemplateEngine, Values } from '../engine.ts'
import { asText } from '../template/bytes.ts'
import { mostFaults } from '../template/limits.ts'
import { metadataText } from '../template/metadata.ts'
import type { Part } from '../template/parts.ts'
import { replacesFetched } from '../template/shape.ts'
import { type Fields, fieldOf, isFields, sizeOf } from './json.ts'
import { type Leaf, readLeaves } from './leaves.ts'
import { readTarget, type Step, type Target } from './target.ts'
import { Clash, pathText, setAt } from './tree.ts'

/** The object with everything in its place, or all that is wrong. */
export type Placed = { readonly object: Fields } | { readonly faults: readonly Fault[] }

/** etcd takes 1.5 MiB with everything around it; a Secret may hold as much as this. UTF-16 units of JSON. */
const largest = 1024 * 1024

interface Work {
  readonly part: Part
  readonly target: Target
  /** What is read as YAML: the document, or each value that goes to a path. */
  readonly leaves: readonly Leaf[]
}

const leavesOf = ({ path, document, pairs }: Part, target: Target): readonly Leaf[] => {
  if (document) return [{ yaml: document, path, otherwise: 'refuse' }]
  return target.is === 'path' ? [...pairs.values()].map(yaml => ({ yaml, path, otherwise: 'text' })) : []
}

const workOf = (part: Part): Work | Fault => {
  const target = readTarget(part.target)
  if ('is' in target) return { part, target, leaves: leavesOf(part, target) }
  return new Fault('SpecInvalid', target.message, { path: part.path, remedy: target.remedy })
}

/** Keys of a text that printed them may be made of a value: they are told by their number. */
const naming = ({ scope }: Part, key: string, index: number): string =>
  scope === 'Values' ? show(key) : `key ${index + 1} that the template makes`

const notText = (named: string, path: string): Fault =>
  new Fault('ValueInvalid', `the value of ${named} is not UTF-8 text`, {
    path,
    remedy: 'encode it in a template, as with b64enc: only a Secret holds other bytes',
  })

const textOf = (part: Part, place: string, [key, value]: readonly [string, Sensitive], index: number) => {
  const { path } = part
  const named = naming(part, key, index)
  if (place === 'labels' || place === 'annotations') return metadataText(place, { key, value }, { path, named })
  return asText(value) ?? notText(named, path)
}

const textsOf = (part: Part, place: string): Fields => {
  const texts = [...part.pairs].map((pair, index): [string, string] => {
    const text = textOf(part, place, pair, index)
    if (text instanceof Fault) throw text
    return [pair[0], text]
  })
  return Object.fromEntries(texts)
}

const mergeTexts = (root: unknown, at: readonly Step[], texts: Fields): unknown =>
  setAt(root, at, before => {
    if (before !== undefined && before !== null && !isFields(before)) throw new Clash('map', at)
    return { ...(before ?? {}), ...texts }
  })

/** A tree at the path. Maps become one; what is a single field is replaced whole (compatibility.md §2.8). */
const mergeTree = (root: unknown, at: readonly Step[], tree: unknown): unknown =>
  setAt(root, at, before => (at.length > 1 && isFields(before) && isFields(tree) ? { ...before, ...tree } : tree))

const apply = (root: unknown, { part, target, leaves }: Work, values: ReadonlyMap<Leaf, unknown>): unknown => {
  const put = (at: readonly Step[], merge: boolean): unknown =>
    leaves.reduce<unknown>(
      (tree, leaf) => (merge ? mergeTree(tree, at, values.get(leaf)) : setAt(tree, at, () => values.get(leaf))),
      root,
    )
  switch (target.is) {
    case 'map':
      return mergeTexts(root, target.at, textsOf(part, target.at.at(-1) ?? ''))
    case 'spec':
      return part.document ? put(['spec'], true) : mergeTexts(root, ['spec'], textsOf(part, 'spec'))
    case 'path':
      return put(target.steps, part.document !== undefined)
    default:
      return never(target)
  }
}

const isTexts = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (isFields(value) && Object.values(value).every(text => typeof text === 'string'))

/** A path into metadata can put a tree where only texts may be. */
const checkMetadata = (root: Fields): void => {
  const metadata = fieldOf(root, 'metadata')
  if (metadata === undefined) return
  if (!isFields(metadata)) throw new Clash('map', ['metadata'])
  for (const name of ['labels', 'annotations']) {
    if (!isTexts(fieldOf(metadata, name))) throw new Clash('texts', ['metadata', name])
  }
}

const needs = { map: 'no map', list: 'no list', texts: 'not a map of texts alone' } as const

const clashFault = ({ needs: need, steps }: Clash, path: string): Fault =>
  new Fault('TemplateInvalid', `${show(pathText(steps))} is ${needs[need]}`, {
    path,
    remedy: 'correct the target, or what stands there',
  })

const applied = (root: Fields, work: Work, values: ReadonlyMap<Leaf, unknown>): Fields | Fault => {
  const { path } = work.part
  try {
    const next = apply(root, work, values)
    if (!isFields(next)) throw new Clash('map', [])
    checkMetadata(next)
    if (sizeOf(next) <= largest) return next
    return new Fault('SecretTooLarge', 'the object would be larger than 1 MiB', { path })
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown
    if (thrown instanceof Clash) return clashFault(thrown, path)
    throw thrown
  }
}

const applyAll = (base: Fields, works: readonly Work[], values: ReadonlyMap<Leaf, unknown>): Placed => {
  const faults: Fault[] = []
  let object = base
  for (const work of works) {
    const next = applied(object, work, values)
    if (next instanceof Fault) faults.push(next)
    else object = next
  }
  return faults.length > 0 ? { faults: faults.slice(0, mostFaults) } : { object }
}

/** The fetched values as texts of `data` in a ConfigMap, of `spec.data` in any other kind, even a Secret. */
const fetchedWork = (base: Fields, fetched: Values): Work => {
  const at = fieldOf(base, 'kind') === 'ConfigMap' ? ['data'] : ['spec', 'data']
  const part: Part = { target: at.join('.'), scope: 'Values', path: 'spec.target.manifest', pairs: fetched }
  return { part, target: { is: 'map', at }, leaves: [] }
}

/**
 * Puts the fetched values, where no template takes their place, and then what templates made into an object, lowest precedence
 * first (compatibility.md §2.8); the base stays as it is. The engine is asked only where a target is a path or a text is a tree.
 */
export const place = async (
  base: Fields,
  template: Template | undefined,
  fetched: Values,
  parts: readonly Part[],
  engine: Pick<TemplateEngine, 'json'>,
): Promise<Placed> => {
  const works: Work[] = replacesFetched(template ?? {}) ? [] : [fetchedWork(base, fetched)]
  const faults: Fault[] = []
  for (const part of parts) {
    const work = workOf(part)
    if (work instanceof Fault) faults.push(work)
    else works.push(work)
  }
  if (faults.length > 0) return { faults: faults.slice(0, mostFaults) }
  const leaves = await readLeaves(
    works.flatMap(work => work.leaves),
    engine,
  )
  return 'faults' in leaves ? leaves : applyAll(base, works, leaves.values)
}

import type { Template } from '#api'
import { Fault, type Sensitive, show } from '#core'
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
/** Each is laid into the tree by itself, which copies what is on its way. */
const mostTrees = 1_000
/** Of lists that paths make longer, all together: each place takes five bytes as `null,`. */
const mostPlaces = largest / 5

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
  const merge = part.document !== undefined
  const at = target.is === 'path' ? target.steps : ['spec']
  return leaves.reduce<unknown>(
    (tree, leaf) => (merge ? mergeTree(tree, at, values.get(leaf)) : setAt(tree, at, () => values.get(leaf))),
    root,
  )
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

/** Runs one step of the work; what is wrong with it is told at its field. */
const attempt = <T>(path: string, step: () => T): T | Fault => {
  try {
    return step()
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown
    if (thrown instanceof Clash) return clashFault(thrown, path)
    throw thrown
  }
}

/** The place of a work that lays texts over a map; undefined for trees. */
const mapOf = ({ part, target }: Work): readonly Step[] | undefined => {
  if (target.is === 'map') return target.at
  return target.is === 'spec' && !part.document ? ['spec'] : undefined
}

const sameMap = (a: Work, b: Work): boolean => {
  const [at, other] = [mapOf(a), mapOf(b)]
  return at !== undefined && other !== undefined && at.join('.') === other.join('.')
}

/** Neighbours that fill one map, together: laid over it one by one, thousands of keys would copy it thousands of times. */
const runsOf = (works: readonly Work[]): readonly (readonly Work[])[] => {
  const runs: Work[][] = []
  for (const work of works) {
    const last = runs.at(-1)
    if (last?.[0] && sameMap(last[0], work)) last.push(work)
    else runs.push([work])
  }
  return runs
}

const asObject = (root: unknown): Fields => {
  if (!isFields(root)) throw new Clash('map', [])
  checkMetadata(root)
  return root
}

/** The texts of a whole run, later ones over earlier ones, or what is wrong with any of them. */
const gather = (run: readonly Work[], place: string): Fields | Fault[] => {
  const texts = new Map<string, unknown>()
  const faults: Fault[] = []
  for (const { part } of run) {
    const made = attempt(part.path, () => textsOf(part, place))
    if (made instanceof Fault) faults.push(made)
    else for (const [key, text] of Object.entries(made)) texts.set(key, text)
    if (faults.length >= mostFaults) break
  }
  return faults.length > 0 ? faults : Object.fromEntries(texts)
}

const applyRun = (root: Fields, run: readonly Work[], values: ReadonlyMap<Leaf, unknown>): Fields | Fault[] => {
  const [first] = run
  const at = first && mapOf(first)
  if (!first) return root
  const { path } = first.part
  if (!at) {
    const next = attempt(path, () => asObject(apply(root, first, values)))
    return next instanceof Fault ? [next] : next
  }
  const texts = gather(run, at.at(-1) === undefined ? '' : String(at.at(-1)))
  if (Array.isArray(texts)) return texts
  const next = attempt(path, () => asObject(mergeTexts(root, at, texts)))
  return next instanceof Fault ? [next] : next
}

const tooLarge = (works: readonly Work[]): Fault =>
  new Fault('SecretTooLarge', 'the object would be larger than 1 MiB', { path: works.at(-1)?.part.path })

/** How many places of lists the paths ask for at most. */
const placesOf = (works: readonly Work[]): number =>
  works
    .flatMap(({ target }) => (target.is === 'path' ? target.steps : []))
    .reduce<number>((sum, step) => sum + (typeof step === 'number' ? step : 0), 0)

const applyAll = (base: Fields, works: readonly Work[], values: ReadonlyMap<Leaf, unknown>): Placed => {
  if (placesOf(works) > mostPlaces) return { faults: [tooLarge(works)] }
  const faults: Fault[] = []
  let object = base
  for (const run of runsOf(works)) {
    const next = applyRun(object, run, values)
    if (Array.isArray(next)) faults.push(...next.slice(0, mostFaults))
    else object = next
    if (faults.length >= mostFaults) break
  }
  if (faults.length > 0) return { faults: faults.slice(0, mostFaults) }
  return sizeOf(object) <= largest ? { object } : { faults: [tooLarge(works)] }
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
  const trees = works.flatMap(work => work.leaves)
  if (trees.length > mostTrees) {
    const what = `puts ${trees.length} values at paths, ${mostTrees} are allowed`
    faults.push(new Fault('SpecInvalid', what, { path: 'spec.target.template', remedy: 'put them together as YAML' }))
  }
  if (faults.length > 0) return { faults: faults.slice(0, mostFaults) }
  const leaves = await readLeaves(trees, engine)
  return 'faults' in leaves ? leaves : applyAll(base, works, leaves.values)
}

import { Fault, type Sensitive } from '#core'
import { type EngineProblem, problemFault, type TemplateEngine } from '../engine.ts'
import { asText } from '../template/bytes.ts'
import { parseJson } from './json.ts'

/** A text that is to be read as YAML. */
export interface Leaf {
  readonly yaml: Sensitive
  /** Field path of the template that made it. */
  readonly path: string
  /** What the text counts as where it is no YAML: itself, or a fault. */
  readonly otherwise: 'text' | 'refuse'
}

/** The values of the leaves in their order, or what is wrong. */
export type Leaves = { readonly values: ReadonlyMap<Leaf, unknown> } | { readonly faults: readonly Fault[] }

const unread = (path: string): Fault => new Fault('Unexpected', 'a YAML text was not read', { path })

const valueIn = (json: Sensitive | undefined, { path }: Leaf): { readonly value: unknown } | Fault => {
  const text = json && asText(json)
  if (text === undefined) return unread(path)
  const remedy = 'make a flatter structure'
  return parseJson(text) ?? new Fault('TemplateInvalid', 'makes YAML that nests deeper than 100', { path, remedy })
}

const collect = (leaves: readonly Leaf[], results: readonly Sensitive[]): Leaves => {
  const faults: Fault[] = []
  const values = new Map<Leaf, unknown>()
  leaves.forEach((leaf, index) => {
    const read = valueIn(results[index], leaf)
    if (read instanceof Fault) faults.push(read)
    else values.set(leaf, read.value)
  })
  return faults.length > 0 ? { faults } : { values }
}

const asFaults = (problems: readonly EngineProblem[], leaves: readonly Leaf[]): readonly Fault[] =>
  problems.map(problem => problemFault(problem, leaves[problem.index]?.path ?? 'spec.target.template'))

/** Go's YAML would take UTF-16 too, and a field could not hold the rest. */
const notUtf8 = (leaves: readonly Leaf[]): readonly Fault[] =>
  leaves
    .filter(({ yaml }) => asText(yaml) === undefined)
    .map(
      ({ path }) =>
        new Fault('ValueInvalid', 'makes bytes that are not UTF-8', { path, remedy: 'encode them, as with b64enc' }),
    )

/** Reads all texts with one question; with a second one where some are no YAML and may stay texts (compatibility.md §2.8). */
export const readLeaves = async (leaves: readonly Leaf[], engine: Pick<TemplateEngine, 'json'>): Promise<Leaves> => {
  if (leaves.length === 0) return { values: new Map() }
  const unreadable = notUtf8(leaves)
  if (unreadable.length > 0) return { faults: unreadable }
  const answer = await engine.json(leaves.map(({ yaml }) => yaml))
  if ('results' in answer) return collect(leaves, answer.results)
  const fatal = answer.problems.filter(({ blame, index }) => blame === 'engine' || leaves[index]?.otherwise !== 'text')
  if (fatal.length > 0) return { faults: asFaults(fatal, leaves) }
  const bad = new Set(answer.problems.map(({ index }) => index))
  const texts = leaves.filter((_, index) => bad.has(index)).map((leaf): [Leaf, unknown] => [leaf, asText(leaf.yaml)])
  const good = leaves.filter((_, index) => !bad.has(index))
  if (good.length === 0) return { values: new Map(texts) }
  const again = await engine.json(good.map(({ yaml }) => yaml))
  if ('problems' in again) return { faults: asFaults(again.problems, good) }
  const read = collect(good, again.results)
  return 'faults' in read ? read : { values: new Map([...texts, ...read.values]) }
}

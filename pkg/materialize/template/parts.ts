import type { Template } from '#api'
import { Fault, Sensitive } from '#core'
import { problemFault, type RenderedText, type TemplateEngine, type TemplateText, type Values } from '../engine.ts'
import { decoded, hasActions } from './bytes.ts'
import { mostFaults } from './limits.ts'
import type { Sources } from './sources.ts'
import { type Text, textsOf } from './texts.ts'

/** What one text of a template made. */
export interface Part {
  /** Data, Labels, Annotations in any case, or a path in a manifest: as written. */
  readonly target: string
  readonly scope: 'Values' | 'KeysAndValues'
  /** Field path of the text. */
  readonly path: string
  /** What it puts under the target. Values: one key. Empty where there is a document. */
  readonly pairs: Values
  /** KeysAndValues for a path in a manifest: the YAML as printed, which may be more than texts. Never decoded. */
  readonly document?: Sensitive
}

export type Parts = { readonly parts: readonly Part[] } | { readonly faults: readonly Fault[] }

const empty: Values = new Map()
const root = 'spec.target.template'

/** The places of a Secret that templates fill; undefined for a path in a manifest. */
export const placeOf = (target: string): 'data' | 'labels' | 'annotations' | undefined =>
  (['data', 'labels', 'annotations'] as const).find(place => place === target.toLowerCase())

const givesOf = ({ scope, target }: Text): TemplateText['gives'] =>
  scope === 'KeysAndValues' && placeOf(target) !== undefined ? 'pairs' : 'text'

/** What a text makes without the engine: itself, where Go would only print it and nobody has to read YAML. */
const plain = (text: Text): RenderedText | undefined => {
  const size = typeof text.text === 'string' ? text.text.length : text.text.size
  if (givesOf(text) === 'pairs') return size === 0 ? { is: 'pairs', pairs: empty } : undefined
  if (hasActions(text.text)) return undefined
  return { is: 'text', text: typeof text.text === 'string' ? Sensitive.text(text.text) : text.text }
}

const askFor = (text: Text): TemplateText => ({ name: text.key, text: text.text, gives: givesOf(text) })

/**
 * Values are decoded after their YAML is read, keys never (compatibility.md §3, Values). Keys that a text printed are told by their
 * number: they may be made of a value.
 */
const decodeAll = ({ scope, decoding: { strategy, path } }: Text, pairs: Values): Values | Fault => {
  if (strategy === 'None') return pairs
  const values = new Map<string, Sensitive>()
  for (const [key, value] of pairs) {
    const bytes = decoded(value, strategy)
    if (bytes === undefined) {
      const which =
        scope === 'Values'
          ? 'what the template makes'
          : `a value that the template makes (no. ${values.size + 1} by name)`
      return new Fault('ValueInvalid', `${which} is not ${strategy}`, {
        path,
        remedy: 'leave valuesDecodingStrategy out to take it as it is, or correct the template or its values',
      })
    }
    values.set(key, bytes)
  }
  return values
}

const partOf = (text: Text, rendered: RenderedText | undefined): Part | Fault => {
  const { target, scope, path } = text
  if (rendered === undefined) return new Fault('Unexpected', 'was not rendered', { path })
  if (rendered.is === 'text' && scope === 'KeysAndValues') {
    return { target, scope, path, pairs: empty, document: rendered.text }
  }
  const pairs = decodeAll(text, rendered.is === 'pairs' ? rendered.pairs : new Map([[text.key, rendered.text]]))
  return pairs instanceof Fault ? pairs : { target, scope, path, pairs }
}

interface Work {
  readonly text: Text
  /** Undefined: the engine has to say. */
  readonly done: RenderedText | undefined
}

/** One question for all texts that need the engine, so that its time limit holds for the whole object. */
const ask = async (
  works: readonly Work[],
  fetched: Values,
  engine: Pick<TemplateEngine, 'render'>,
): Promise<readonly (Work | Fault)[]> => {
  const asked = works.filter(({ done }) => done === undefined)
  if (asked.length === 0) return works
  const answer = await engine.render(
    fetched,
    asked.map(({ text }) => askFor(text)),
  )
  if ('problems' in answer) {
    return answer.problems.map(problem => problemFault(problem, asked[problem.index]?.text.path ?? root))
  }
  const results = new Map(asked.map((work, index) => [work, answer.results[index]]))
  return works.map(work => ({ text: work.text, done: work.done ?? results.get(work) }))
}

/** What was made, and what was not. */
const sort = <T extends object>(outcomes: readonly (T | Fault)[]): { made: T[]; faults: Fault[] } => {
  const made: T[] = []
  const faults: Fault[] = []
  for (const outcome of outcomes) {
    if (outcome instanceof Fault) faults.push(outcome)
    else made.push(outcome)
  }
  return { made, faults }
}

/**
 * Everything that a template makes of the fetched values, lowest precedence first, so that later parts win (compatibility.md §3);
 * or all that is wrong, up to a hundred faults. The engine is asked once, and only if a text has actions or holds keys.
 */
export const renderParts = async (
  template: Template | undefined,
  fetched: Values,
  sources: Sources,
  engine: Pick<TemplateEngine, 'render'>,
): Promise<Parts> => {
  const texts = sort(template ? textsOf(template, sources) : [])
  const works = texts.made.map(text => ({ text, done: plain(text) }))
  const rendered = sort<Part>(
    (await ask(works, fetched, engine)).map(work => (work instanceof Fault ? work : partOf(work.text, work.done))),
  )
  const faults = [...texts.faults, ...rendered.faults].slice(0, mostFaults)
  return faults.length > 0 ? { faults } : { parts: rendered.made }
}

import type { Rewrite } from '#api'
import { Fault, Sensitive } from '#core'
import { problemFault, type RenderedText, type TemplateEngine, type Values } from '../engine.ts'
import { renamed } from './renamed.ts'

type Transform = NonNullable<Rewrite['transform']>

/** Each key is handed over with a copy of the template. Characters. */
const mostText = 8 * 1024 * 1024

const keyOf = (rendered: RenderedText): string =>
  rendered.is === 'text' ? rendered.text.reveal().toString('utf8') : ''

/** Keys renamed by a template that sees the old one as .value. `path` is that of the transform. */
export const renameByTemplate = async (
  { template: text }: Transform,
  data: Values,
  path: string,
  engine: Pick<TemplateEngine, 'renderEach'>,
): Promise<Values | Fault[]> => {
  const at = `${path}.template`
  if (text.length * data.size > mostText) {
    const remedy = 'shorten it, or split the item'
    return [new Fault('SecretTooLarge', `the template is too long for ${data.size} keys`, { path: at, remedy })]
  }
  const template = { name: 'transform', text, gives: 'text', missing: 'print' } as const
  const jobs = [...data.keys()].map(key => ({ values: new Map([['value', Sensitive.text(key)]]), template }))
  const answer = await engine.renderEach(jobs)
  if ('results' in answer) return renamed(data, answer.results.map(keyOf), at)
  // one text for all keys: what is wrong with it is said once
  const faults = new Map(answer.problems.map(problem => [problem.message, problemFault(problem, at)]))
  return [...faults.values()]
}

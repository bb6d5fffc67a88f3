import type { Rewrite } from '#api'
import type { Fault } from '#core'
import type { TemplateEngine, Values } from '../engine.ts'
import { merge } from './merge.ts'
import { renameByRegexp } from './regexp.ts'
import { renameByTemplate } from './transform.ts'
import type { Work } from './work.ts'

type Engine = Pick<TemplateEngine, 'renderEach'>

const taken = async (
  step: Rewrite,
  data: Values,
  path: string,
  engine: Engine,
  work: Work,
): Promise<Values | Fault[]> => {
  if (step.merge) return merge(step.merge, data, `${path}.merge`)
  if (step.regexp) return renameByRegexp(step.regexp, data, `${path}.regexp`, work)
  if (step.transform) return renameByTemplate(step.transform, data, `${path}.transform`, engine)
  return data
}

/**
 * The keys of one dataFrom entry after its rewrite steps, in their order (compatibility.md §2.3). `path` is that of the steps, as
 * `spec.dataFrom[0].rewrite`. The first step that cannot be taken ends it with its faults, up to a hundred. Keys are not checked
 * here: what a Secret refuses may be mended by a later step. `work` is paid by all entries of one ExternalSecret.
 */
export const rewrite = async (
  steps: readonly Rewrite[],
  data: Values,
  path: string,
  engine: Engine,
  work: Work,
): Promise<Values | Fault[]> => {
  let current = data
  for (const [index, step] of steps.entries()) {
    const made = await taken(step, current, `${path}[${index}]`, engine, work)
    if (Array.isArray(made)) return made
    current = made
  }
  return current
}

import type { Template } from '#api'
import { Fault } from '#core'
import type { TemplateEngine, Values } from '../engine.ts'
import { renderParts } from '../template/parts.ts'
import { shapeSecret } from '../template/shape.ts'
import type { Sources } from '../template/sources.ts'

/** A fault of a template, told where a PushSecret has it. */
const relocated = (fault: Fault): Fault =>
  fault.at((fault.path ?? 'spec').replace(/^spec\.target\.template/, 'spec.template'))

const tooLarge = ({ code, message }: Fault): Fault | undefined =>
  code === 'SecretTooLarge'
    ? new Fault(code, message, { path: 'spec.template', remedy: 'make fewer or smaller keys' })
    : undefined

/**
 * What is pushed of a Secret: its keys, and over them those that the template makes; mergePolicy means nothing here, as in ESO
 * (compatibility.md §5). Or all that is wrong, up to a hundred faults.
 */
export const templated = async (
  template: Template | undefined,
  values: Values,
  sources: Sources,
  engine: Pick<TemplateEngine, 'render'>,
): Promise<{ readonly values: Values } | { readonly faults: readonly Fault[] }> => {
  if (template === undefined) return { values }
  const rendered = await renderParts(template, values, sources, engine)
  if ('faults' in rendered) return { faults: rendered.faults.map(relocated) }
  const target = {
    creationPolicy: 'Merge',
    deletionPolicy: 'Retain',
    template: { ...template, mergePolicy: 'Merge' },
  } as const
  const shaped = shapeSecret({ target, refreshInterval: '0' }, {}, values, rendered.parts)
  if ('faults' in shaped) return { faults: shaped.faults.map(fault => tooLarge(fault) ?? relocated(fault)) }
  return { values: shaped.data }
}

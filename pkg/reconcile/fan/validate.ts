import { judge, templateFindings } from '#admission'
import { Fault } from '#core'
import type { Deps } from '../ports.ts'
import type { Fan } from './draft.ts'

/**
 * The same rules as at admission, which are about what would be made of it too, so that nothing acts that got past the webhook
 * (decision 29). What they deny is made in no namespace, and what is there stays as it is.
 */
export const refusalsOf = async (fan: Fan, deps: Deps): Promise<readonly Fault[]> => {
  if (fan.object.unreadable) {
    const remedy = 'apply it again: the answer names the field'
    return [new Fault('SpecInvalid', `cannot be read as a ${fan.object.kind}`, { path: 'spec', remedy })]
  }
  const { objects, policy, controllerClass } = deps
  const { denials } = judge(fan.object, undefined, { genericTargets: objects !== undefined, policy, controllerClass })
  const templates = (await templateFindings(fan.object, deps.engine.of(''))) ?? []
  return [
    ...denials.map(({ path, message, remedy }) => new Fault('SpecInvalid', message, { path, remedy })),
    ...templates.flatMap(({ level, path, message, remedy }) =>
      level === 'deny' ? [new Fault('TemplateInvalid', message, { path, remedy })] : [],
    ),
  ]
}

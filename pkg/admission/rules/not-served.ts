import { kinds } from '#api'
import type { Rule } from '../findings.ts'
import { foreignDraft } from '../foreign.ts'

const idle = new Map(kinds.map(({ kind, idle }) => [kind, idle]))

export const notServed: Rule<{ readonly kind: string }> = {
  id: 'not-served',
  doc: 'Latchkey acts on the kind; a warning where it only judges it, unless the object is another operator’s.',
  warns: true,
  check: (object, context) => {
    const lack = idle.get(object.kind)
    if (!lack || context.reconciledElsewhere || foreignDraft(object, context)) return []
    const message = `Latchkey does not act on ${object.kind} yet: ${lack}`
    return [{ path: 'kind', message, remedy: 'keep ESO for it, or remove it', level: 'warn' }]
  },
}

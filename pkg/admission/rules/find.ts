import type { ExternalSecret } from '#api'
import { findProblem } from '#materialize'
import { type Draft, fromFault, type Rule } from '../findings.ts'

export const find: Rule<ExternalSecret> = {
  id: 'find',
  doc: 'Each find says what to look for: name, tags or path; beside name, tags have no effect, and that is a warning.',
  warns: true,
  check: ({ spec }) =>
    (spec.dataFrom ?? []).flatMap((entry, index): Draft[] => {
      if (!entry.find) return []
      const path = `spec.dataFrom[${index}].find`
      const problem = findProblem(entry.find, path)
      if (problem) return [fromFault(problem)]
      if (!entry.find.name || Object.keys(entry.find.tags ?? {}).length === 0) return []
      const message = 'have no effect beside name'
      return [{ path: `${path}.tags`, message, remedy: 'leave them out, or make another entry', level: 'warn' }]
    }),
}

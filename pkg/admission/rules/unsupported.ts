import type { ExternalSecret } from '#api'
import { unsupported as faultsOf } from '#materialize'
import { fromFault, type Rule } from '../findings.ts'
import { policies } from './policies.ts'

export const unsupported: Rule<ExternalSecret> = {
  id: 'unsupported',
  doc: 'The manifest asks for nothing that this version would have to pass over in silence.',
  check: (object, context) => {
    // a policy that is wrong in every version is told by its own rule
    const said = new Set(policies.check(object, context).map(({ path }) => path))
    return faultsOf(object.spec)
      .map(fromFault)
      .filter(({ path }) => !said.has(path))
      .map(draft => (context.reconciledElsewhere ? { ...draft, level: 'warn' as const } : draft))
  },
}

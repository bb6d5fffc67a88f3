import type { ExternalSecret } from '#api'
import { unsupported as faultsOf } from '#materialize'
import { fromFault, type Rule } from '../findings.ts'

export const unsupported: Rule<ExternalSecret> = {
  id: 'unsupported',
  doc: 'The manifest asks for nothing that this version would have to pass over in silence.',
  check: ({ spec }) => faultsOf(spec).map(fromFault),
}

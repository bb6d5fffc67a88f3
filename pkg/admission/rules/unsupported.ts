import type { ExternalSecret } from '#api'
import { unsupported as faultsOf } from '#materialize'
import { fromFault, type Rule } from '../findings.ts'

export const unsupported: Rule<ExternalSecret> = {
  id: 'unsupported',
  doc: 'The manifest asks for nothing that Latchkey would have to pass over in silence, as a generator.',
  check: ({ spec }, { reconciledElsewhere }) =>
    faultsOf(spec).map(fault => ({ ...fromFault(fault), level: reconciledElsewhere ? 'warn' : 'deny' })),
}

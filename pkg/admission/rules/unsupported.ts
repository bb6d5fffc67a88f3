import type { ExternalSecret, PushSecret } from '#api'
import { unsupported as faultsOf, unsupportedPush } from '#materialize'
import { fromFault, type Rule } from '../findings.ts'

const described = {
  id: 'unsupported',
  doc: 'The manifest asks for nothing that Latchkey would have to pass over in silence, as a generator.',
} as const

export const unsupported: Rule<ExternalSecret> = {
  ...described,
  check: ({ spec }, { reconciledElsewhere }) =>
    faultsOf(spec).map(fault => ({ ...fromFault(fault), level: reconciledElsewhere ? 'warn' : 'deny' })),
}

export const pushUnsupported: Rule<PushSecret> = {
  ...described,
  check: ({ spec }, { reconciledElsewhere }) =>
    unsupportedPush(spec).map(fault => ({ ...fromFault(fault), level: reconciledElsewhere ? 'warn' : 'deny' })),
}

import type { PushSecret } from '#api'
import { Fault } from '#core'
import { encodingOf } from '#materialize'
import { type Draft, fromFault, type Rule } from '../findings.ts'

export const pushEncoding: Rule<PushSecret> = {
  id: 'push-encoding',
  doc: 'metadata.encoding of an entry is base64 or none; what else metadata says is for other providers, and means nothing here.',
  check: ({ spec }) =>
    (['data', 'dataTo'] as const).flatMap(field =>
      (spec[field] ?? []).flatMap(({ metadata }, index): Draft[] => {
        const encoding = encodingOf(metadata, `spec.${field}[${index}]`)
        return encoding instanceof Fault ? [fromFault(encoding)] : []
      }),
    ),
}
